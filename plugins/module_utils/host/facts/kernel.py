# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what the kernel does to packets of the overlay beside routing and firewall."""

from __future__ import annotations

import array
import fcntl
import os
import socket
import struct
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.files import read_text
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Interface, Kernel

IPV4_CONF = "/proc/sys/net/ipv4/conf"
BRIDGE_NETFILTER = "/proc/sys/net/bridge/bridge-nf-call-iptables"
FORWARDING = "/proc/sys/net/ipv4/ip_forward"
SIOCETHTOOL = 0x8946
ETHTOOL_GTXCSUM = 0x16  # include/uapi/linux/ethtool.h: any checksum of outgoing packets is left to the device


def filter_of(interface: str) -> int:
    text = (read_text(f"{IPV4_CONF}/{interface}/rp_filter") or "").strip()
    return int(text) if text.isdigit() else 0


def reverse_path_filter(interfaces: t.Mapping[str, Interface]) -> dict[str, int]:
    """What counts is the greater one of the interface's and that of all (Documentation/networking/ip-sysctl of Linux)."""
    of_all = filter_of("all")
    own = (name for name, link in interfaces.items() if not link["master"])
    return {name: max(of_all, filter_of(name)) for name in own}


def leaves_checksums(interface: str) -> bool | None:
    """As `ethtool -k` shows tx-checksumming; None where the device does not report it."""
    value = array.array("B", struct.pack("II", ETHTOOL_GTXCSUM, 0))
    request = struct.pack("16sP", interface.encode(), value.buffer_info()[0])
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
            fcntl.ioctl(channel, SIOCETHTOOL, request)
    except OSError:
        return None
    return bool(struct.unpack("II", value.tobytes())[1])


def read_kernel(interfaces: t.Mapping[str, Interface]) -> Kernel:
    found = {name: leaves_checksums(name) for name in interfaces if name.startswith("flannel")}
    return Kernel(
        forwarding_can_be_set=os.access(FORWARDING, os.W_OK),
        bridge_netfilter=os.path.exists(BRIDGE_NETFILTER),
        reverse_path_filter=reverse_path_filter(interfaces),
        transmit_checksum={name: value for name, value in found.items() if value is not None},
    )
