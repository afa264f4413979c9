# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Detect a broken checksum offload: a TCP segment with our own checksum is answered, the kernel's is not."""

from __future__ import annotations

import os
import select
import socket
import struct
import time

from ansible_collections.overlay.flannel.plugins.module_utils.host.probes.ping import checksum

PORT = 9  # discard, which hosts do not serve: the answer is a refusal
SYN, ACK, RST = 0x02, 0x10, 0x04
WINDOW = 1024
SECONDS = 1.5  # the kernel tries again after the first
REFUSALS = (ConnectionRefusedError, ConnectionResetError)


def kernel_answered(source: str, target: str, timeout: float) -> bool:
    """Say whether a connection of the kernel's is accepted or refused: both need a segment that arrived whole."""
    try:
        with socket.create_connection((target, PORT), timeout, (source, 0)):
            return True
    except REFUSALS:
        return True
    except OSError:
        return False


def segment(source: str, target: str, port: int) -> bytes:
    """The first segment of a connection, with its checksum in place (RFC 9293, 3.1)."""
    header = struct.pack("!HHIIBBHHH", port, PORT, 0, 0, 5 << 4, SYN, WINDOW, 0, 0)
    addresses = socket.inet_aton(source) + socket.inet_aton(target)
    pseudo = addresses + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(header))
    return header[:16] + struct.pack("!H", checksum(pseudo + header)) + header[18:]


def answers(packet: bytes, target: str, port: int) -> bool:
    """An IPv4 packet from the target to this port that accepts or refuses."""
    start = (packet[0] & 0x0F) * 4
    if len(packet) < start + 14 or packet[12:16] != socket.inet_aton(target):
        return False
    from_port, to_port = struct.unpack("!HH", packet[start : start + 4])
    return (from_port, to_port) == (PORT, port) and bool(packet[start + 13] & (ACK | RST))


def own_segment_answered(source: str, target: str, timeout: float) -> bool:
    """Raises OSError where this host may not open a raw socket."""
    port = 40000 + os.getpid() % 20000
    deadline = time.monotonic() + timeout
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as raw:
        raw.bind((source, 0))
        raw.sendto(segment(source, target, port), (target, 0))
        while time.monotonic() < deadline:
            ready, _write, _error = select.select([raw], [], [], max(deadline - time.monotonic(), 0))
            if ready and answers(raw.recv(65535), target, port):
                return True
    return False


def offload_breaks(source: str, target: str, timeout: float) -> bool:
    """Whatever else keeps TCP away, such as a firewall, keeps both away; what was lost by chance is not lost twice."""
    return (
        not kernel_answered(source, target, timeout)
        and own_segment_answered(source, target, timeout)
        and not kernel_answered(source, target, timeout)
    )
