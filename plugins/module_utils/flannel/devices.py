# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of the network devices that flannel makes. No I/O."""

from __future__ import annotations

import re
from typing import Any, Mapping

DEFAULT_VNI = 1
FIXED = {"udp": "flannel0", "wireguard": "flannel-wg", "ipip": "flannel.ipip"}
DIRECT = ("vxlan", "ipip")  # backends with DirectRouting
KINDS = {"vxlan": "vxlan", "udp": "tun", "wireguard": "wireguard", "ipip": "ipip"}  # as `ip -d link` tells them
OURS = re.compile(r"flannel(\d+|(-v6)?\.\d+|\.ipip|-wg(-v6)?)\Z")


def field(config: Mapping[str, Any], name: str) -> Any:
    """Read a field as flannel does: by its name in any case."""
    return next((value for key, value in config.items() if str(key).lower() == name), None)


def backend_field(network: Mapping[str, Any], name: str) -> Any:
    return field(field(network, "backend") or {}, name)


def backend_type(network: Mapping[str, Any]) -> str:
    """An absent Backend is udp (pkg/subnet/config.go of flannel v0.28.10)."""
    return str(backend_field(network, "type") or "udp").lower()


def overlay_device(network: Mapping[str, Any], uplink: str = "") -> str:
    """Name the device that flannel makes for packets of other hosts' containers.

    `network` is flannel's configuration. Backends without a device of their own (host-gw, alloc, ...) use `uplink`.
    Source: pkg/backend/*/ of flannel v0.28.10.
    """
    kind = backend_type(network)
    if kind == "vxlan":
        return "flannel.{0}".format(backend_field(network, "vni") or DEFAULT_VNI)
    return FIXED.get(kind, uplink)


def overlay_devices(network: Mapping[str, Any], uplink: str, ipv6: bool = False) -> list[str]:
    """Name all devices by which packets of other hosts' containers arrive: with DirectRouting plain ones by the uplink as well."""
    device = overlay_device(network, uplink)
    own = ipv6_device(device, network) if ipv6 else device
    return [own, uplink] if direct_routing(network) else [own]


def ipv6_device(device: str, network: Mapping[str, Any]) -> str:
    """Name the one that carries IPv6 beside it; wireguard has a second one in its mode separate only, the default."""
    if device == FIXED["wireguard"]:
        mode = str(backend_field(network, "mode") or "separate")
        return device + "-v6" if mode == "separate" else device
    return re.sub(r"\Aflannel\.(?=\d)", "flannel-v6.", device)


def direct_routing(network: Mapping[str, Any]) -> bool:
    """Say whether hosts in the same network reach each other without the device, where the backend knows that."""
    return backend_type(network) in DIRECT and str(backend_field(network, "directrouting")).lower() == "true"


def is_flannels(name: str) -> bool:
    """Say whether flannel, with whatever configuration, names a device so."""
    return OURS.match(name) is not None
