# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the role metrics, typed, and what follows from them alone. No I/O."""

from __future__ import annotations

import dataclasses
import posixpath
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import OverlayError
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import parse_version

TEXTFILE = "overlay.prom"


@dataclasses.dataclass(frozen=True)
class MetricsSettings:
    """The options of the role without their prefix; meta/argument_specs.yml explains them. A switch that is off needs the first three only."""

    enabled: bool
    dir: str
    python: str
    interval: int = 60
    overlay: bool = False
    address: str = ""
    network: dict[str, t.Any] = dataclasses.field(default_factory=dict, repr=False)
    flannel_version: str = ""
    certificates: list[str] = dataclasses.field(default_factory=list)
    key_pairs: list[dict[str, str]] = dataclasses.field(default_factory=list)
    etcd_member: bool = False
    etcd_endpoints: list[str] = dataclasses.field(default_factory=list)
    etcd_prefix: str = ""
    etcd_ca_cert: str = ""
    etcd_client_cert: str = ""
    etcd_client_key: str = ""
    etcd_username: str = ""
    etcd_timeout: int = 5
    host_info: dict[str, t.Any] = dataclasses.field(default_factory=dict, repr=False)

    @property
    def textfile(self) -> str:
        return posixpath.join(self.dir, TEXTFILE)

    @property
    def reads_etcd(self) -> bool:
        """The API v3 alone, and by certificate or without a user: the exporter keeps no password."""
        release = self.flannel_version.lstrip("v")
        try:
            return not self.etcd_username and (not release or parse_version(release) >= (0, 18))
        except OverlayError:
            return False
