# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the role etcd as typed values. No I/O."""

from __future__ import annotations

import dataclasses
import typing as t

TLS_FILES = ("ca_cert", "cert", "key", "peer_ca_cert", "peer_cert", "peer_key")


@dataclasses.dataclass(frozen=True)
class EtcdSettings:
    """The role's variables without their prefix."""

    group: str
    members: t.List[str]
    address: str
    interface: str
    client_port: int
    peer_port: int
    cluster_token: str
    data_dir: str
    install_method: str
    version: str
    archive_url: str
    archive_checksum: str
    cache_dir: str
    file_dir: str
    enable_v2: bool
    flannel_version: str
    settings: t.Dict[str, t.Any]
    start_timeout: int
    rehearse: bool
    upgrade_path: t.List[t.Dict[str, t.Any]]
    backup: t.Dict[str, t.Any]
    flannel_prefix: str
    ca_cert: str
    cert: str
    key: str
    client_cert_auth: bool
    peer_ca_cert: str
    peer_cert: str
    peer_key: str
    pki_dir: str
    keep_plain: bool
    readers_group: str
    adopt: bool
    host_info: t.Dict[str, t.Any] = dataclasses.field(default_factory=dict)

    @property
    def tls_files(self) -> list[str]:
        """Paths on the host, each once."""
        return list(dict.fromkeys(filter(None, (getattr(self, name) for name in TLS_FILES))))

    @property
    def by_package(self) -> bool:
        return self.install_method == "package"

    @property
    def extra_names(self) -> list[str]:
        """The names in `etcd_settings` as etcd reads them from its environment."""
        names = (str(name).upper().replace("-", "_") for name in self.settings)
        return [name if name.startswith("ETCD_") else f"ETCD_{name}" for name in names]

    @property
    def extra(self) -> dict[str, str]:
        """`etcd_settings` as etcd reads them from its environment."""
        return dict(zip(self.extra_names, map(_text, self.settings.values())))


def _text(value: t.Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
