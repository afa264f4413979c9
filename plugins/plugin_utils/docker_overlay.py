# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docker's accept rules need of the network's configuration. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import OverlayError
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config import check_dict
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.devices import overlay_devices


def docker_overlay(network: t.Mapping[str, t.Any], flannel_version: str = "", uplink: str = "") -> dict[str, str]:
    """Networks and devices (several are separated by a comma), each empty where there is none.

    The configuration is read as flannel reads it: keys in any case, defaults filled in. All values are empty for a
    configuration that flannel cannot work with: the roles refuse it with the reason.
    """
    nothing = {"network": "", "device": "", "ipv6_network": "", "ipv6_device": ""}
    try:
        wanted = check_dict(network, flannel_version).to_dict()
    except OverlayError:
        return nothing
    found = dict(nothing, network=wanted.get("Network", ""), device=",".join(overlay_devices(wanted, uplink)))
    if wanted["EnableIPv6"]:
        found.update(
            ipv6_network=wanted["IPv6Network"], ipv6_device=",".join(overlay_devices(wanted, uplink, ipv6=True))
        )
    return found
