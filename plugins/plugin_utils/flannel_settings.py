# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the role flannel, typed, and what follows from them alone. No I/O."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import Version, parse_version

RELEASE = re.compile(r"[0-9]+[.][0-9]+[.][0-9]+([-+~].*)?")
NEWEST_WITHOUT_V3: Version = (0, 17)


@dataclasses.dataclass(frozen=True)
class FlannelSettings:
    """The options of the role without their prefix; meta/argument_specs.yml explains them."""

    install_method: str
    version: str
    archive_url: str
    archive_checksum: str
    cache_dir: str
    file_dir: str
    etcd_endpoints: list[str]
    etcd_prefix: str
    etcd_ca_cert: str
    etcd_client_cert: str
    etcd_client_key: str
    pki_dir: str
    etcd_username: str
    etcd_password: str = dataclasses.field(repr=False)
    etcd_timeout: int
    psk_over_http: bool
    interface: str
    public_ip: str
    ip_masq: bool
    options: dict[str, t.Any]
    docker_options_key: str
    start_timeout: int
    network: dict[str, t.Any] = dataclasses.field(repr=False)
    allow_extension: bool
    hosts: list[str]
    without_lease: int
    adopt: bool
    firewall: str
    host_info: dict[str, t.Any] = dataclasses.field(default_factory=dict, repr=False)

    @property
    def release(self) -> str:
        """The version as flannel's archives and messages have it."""
        return self.version[1:] if self.version.startswith("v") else self.version

    @property
    def is_release(self) -> bool:
        return RELEASE.fullmatch(self.release) is not None

    @property
    def parsed(self) -> Version:
        """(0,) for a version that the checks refuse."""
        return parse_version(self.release)[:3] if self.is_release else (0,)

    @property
    def reads_v2(self) -> bool:
        """flannel before 0.18 reads only etcd's API v2, and newer ones only v3."""
        return self.is_release and self.parsed[:2] <= NEWEST_WITHOUT_V3

    @property
    def changes_subnet_at_runtime(self) -> bool:
        """Without its lease flannel 0.7 takes another subnet and goes on; 0.8 and newer end, and start anew."""
        return self.parsed < (0, 8)

    @property
    def by_package(self) -> bool:
        return self.install_method == "package"

    @property
    def certificates(self) -> list[str]:
        """Paths on the host."""
        return [path for path in (self.etcd_ca_cert, self.etcd_client_cert, self.etcd_client_key) if path]

    @property
    def secure_endpoints(self) -> list[str]:
        return [url for url in self.etcd_endpoints if url.startswith("https://")]
