# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host, the wanted settings of flannel and what the controller has: what every part of the plan needs. No I/O."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import OverlayError
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config import check_dict
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import NetworkConfig
from ansible_collections.overlay.flannel.plugins.plugin_utils.address_selection import Choice, host_address
from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import part
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_pki import with_pki
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_platforms import FlannelPlatform, platform_of
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_release import FlannelSource
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_settings import FlannelSettings
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Controller, HostFacts

UNIT = "flanneld.service"
# Through its loopback a host reaches only itself.
LOOPBACK = re.compile(r"(^|//)127[.]")


@dataclasses.dataclass(frozen=True)
class FlannelContext:
    """`config` is the network as this flannel reads it: its keys in any case, with every default; None for one that it refuses."""

    settings: FlannelSettings
    facts: HostFacts
    controller: Controller
    platform: FlannelPlatform
    choice: Choice
    config: t.Optional[NetworkConfig]
    source: FlannelSource

    @property
    def address(self) -> str:
        """The host's public address in the overlay."""
        return self.settings.public_ip or self.choice["address"]

    @property
    def systemd_version(self) -> int:
        return int(self.facts["platform"]["systemd_version"])

    def unit(self, name: str = UNIT) -> t.Mapping[str, t.Any]:
        return part(self.facts, "units").get(name) or {}

    def is_active(self, name: str = UNIT) -> bool:
        return self.unit(name).get("active_state") == "active"

    def file_exists(self, path: str) -> bool:
        return bool((part(self.facts, "files").get(path) or {}).get("exists"))


def flannel_context(settings: t.Mapping[str, t.Any], facts: HostFacts, controller: Controller) -> FlannelContext:
    wanted = with_pki(FlannelSettings(**settings))
    own, running = controller.names, part(facts, "flannel").get("public_ip") or ""
    towards = [text for text in (controller.ansible_host, *wanted.etcd_endpoints) if not LOOPBACK.search(text)]
    return FlannelContext(
        settings=wanted,
        facts=facts,
        controller=controller,
        platform=platform_of(facts["platform"]),
        choice=host_address(facts, wanted.interface, towards, own, running),
        config=normalised(wanted),
        source=FlannelSource(wanted, facts["platform"]["architecture"], controller),
    )


def normalised(settings: FlannelSettings) -> NetworkConfig | None:
    if not settings.network or not settings.is_release:
        return None
    try:
        return check_dict(settings.network, settings.release)
    except OverlayError:
        return None
