# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of the network devices that flannel makes. No I/O."""

from __future__ import annotations

import re
from typing import Any, Mapping

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import (
    BACKENDS,
    DEFAULT_TYPE,
    Device,
    backend_of,
)

FLANNEL_DEVICE = re.compile(r"flannel(\d+|(-v6)?\.\d+|\.ipip|-wg(-v6)?)\Z")


def field(config: Mapping[str, Any], name: str) -> Any:
    """Read a field as flannel does: by its name in any case."""
    return next((value for key, value in config.items() if str(key).lower() == name.lower()), None)


def backend_field(network: Mapping[str, Any], name: str) -> Any:
    return field(field(network, "backend") or {}, name)


def backend_type(network: Mapping[str, Any]) -> str:
    return str(backend_field(network, "type") or DEFAULT_TYPE).lower()


def overlay_device(network: Mapping[str, Any], uplink: str = "") -> str:
    """Name the device that flannel makes for packets of other hosts' containers.

    `network` is flannel's configuration. Backends without a device of their own (host-gw, alloc, ...) use `uplink`.
    """
    backend = backend_of(backend_type(network))
    if backend.device is None:
        return uplink
    key = backend.device.number_key
    return (
        f"{backend.device.name}{backend_field(network, key) or backend.keys[key].default}"
        if key
        else backend.device.name
    )


def overlay_devices(network: Mapping[str, Any], uplink: str, ipv6: bool = False) -> list[str]:
    """Name all devices by which packets of other hosts' containers arrive: with DirectRouting plain ones by the uplink as well."""
    device = overlay_device(network, uplink)
    own = ipv6_device(device, backend_of(backend_type(network)).device, mode_of(network)) if ipv6 else device
    return [own, uplink] if direct_routing(network) else [own]


def mode_of(network: Mapping[str, Any]) -> str:
    """Mode of the backend; empty where the default counts."""
    return str(backend_field(network, "mode") or "")


def ipv6_device(name: str, device: Device | None, mode: str) -> str:
    """Name the device that carries IPv6 beside the one with this name; it is the same where one carries both."""
    if not name or device is None or not device.ipv6_name:
        return name
    if device.split_mode and mode not in ("", device.split_mode):
        return name
    return device.ipv6_name + name[len(device.name) :]


def direct_routing(network: Mapping[str, Any]) -> bool:
    """Say whether hosts in the same network reach each other without the device, where the backend knows that."""
    is_known = backend_of(backend_type(network)).has_direct_routing
    return is_known and str(backend_field(network, "directrouting")).lower() == "true"


def is_flannels(name: str) -> bool:
    """Say whether flannel, with whatever configuration, names a device so."""
    return FLANNEL_DEVICE.match(name) is not None


def accepts_anybody(name: str) -> bool:
    """Say whether the device of this name takes packets from whoever sends them, unless a rule drops these."""
    known = [backend.device for backend in BACKENDS.values() if backend.device and backend.device.accepts_anybody]
    names = [one for device in known for one in (device.name, device.ipv6_name) if one]
    return any(name == one or (one.endswith(".") and name.startswith(one)) for one in names)
