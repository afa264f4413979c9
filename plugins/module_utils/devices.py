# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of the network devices that flannel makes. No I/O."""

from __future__ import annotations

from typing import Any, Mapping

DEFAULT_VNI = 1
FIXED = {"udp": "flannel0", "wireguard": "flannel-wg", "ipip": "flannel.ipip"}


def field(config: Mapping[str, Any], name: str) -> Any:
    """Read a field as flannel does: by its name in any case."""
    return next((value for key, value in config.items() if str(key).lower() == name), None)


def overlay_device(network: Mapping[str, Any], uplink: str = "") -> str:
    """Name the device by which packets of other hosts' containers arrive.

    `network` is flannel's configuration. Backends without a device of their own (host-gw, alloc, ...) use `uplink`.
    Source: pkg/backend/*/ of flannel v0.28.10; an absent Backend is udp (pkg/subnet/config.go).
    """
    backend = field(network, "backend") or {}
    kind = str(field(backend, "type") or "udp").lower()
    if kind == "vxlan":
        return "flannel.{0}".format(field(backend, "vni") or DEFAULT_VNI)
    return FIXED.get(kind, uplink)
