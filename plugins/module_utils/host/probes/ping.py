# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ping peers through the overlay: one full-size packet each that must not be fragmented, all at once, for a bounded time."""

from __future__ import annotations

import os
import select
import socket
import struct
import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Ping

ECHO_REQUEST, ECHO_REPLY = 8, 0
HEADERS = 28
SMALLEST = 56
IP_MTU_DISCOVER, NEVER_FRAGMENT = 10, 2
IDENTITY = os.getpid() & 0xFFFF


def checksum(data: bytes) -> int:
    """RFC 1071; `data` has an even length."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def echo_request(number: int, size: int) -> bytes:
    body = bytes(size + size % 2)
    plain = struct.pack("!BBHHH", ECHO_REQUEST, 0, 0, IDENTITY, number)
    return (struct.pack("!BBHHH", ECHO_REQUEST, 0, checksum(plain + body), IDENTITY, number) + body)[: size + 8]


def answered(packet: bytes) -> int | None:
    """The number of the request that this packet answers, if it is ours."""
    start = (packet[0] & 0x0F) * 4
    if len(packet) < start + 8:
        return None
    kind, _code, _sum, identity, number = struct.unpack("!BBHHH", packet[start : start + 8])
    return int(number) if kind == ECHO_REPLY and identity == IDENTITY else None


def open_socket(source: str) -> socket.socket:
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    raw.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, NEVER_FRAGMENT)
    if source:
        raw.bind((source, 0))
    return raw


def ping(addresses: t.Sequence[str], source: str, mtu: int, timeout: float) -> list[Ping]:
    """Raises OSError when this host cannot ping at all (not root, or no such source address)."""
    results = [Ping(address=address, ok=False, ms=None) for address in addresses]
    size = max(mtu - HEADERS, SMALLEST)
    with open_socket(source) as raw:
        sent = {}
        for number, address in enumerate(addresses):
            try:
                raw.sendto(echo_request(number, size), (address, 0))
                sent[number] = time.monotonic()
            except OSError:
                continue
        collect(raw, sent, results, time.monotonic() + timeout)
    return results


def collect(raw: socket.socket, sent: dict[int, float], results: list[Ping], deadline: float) -> None:
    while sent and time.monotonic() < deadline:
        ready, _write, _error = select.select([raw], [], [], max(deadline - time.monotonic(), 0))
        number = answered(raw.recv(65535)) if ready else None
        if number is not None and number in sent:
            results[number].update({"ok": True, "ms": round((time.monotonic() - sent.pop(number)) * 1000, 2)})
