# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import socket
import struct

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.probes import tcp_syn
from ansible_collections.overlay.flannel.plugins.module_utils.host.probes.ping import checksum

HERE, THERE = "10.43.69.1", "10.43.24.1"


def test_segment():
    """The sum over all, its own checksum included, is zero."""
    packet = tcp_syn.segment(HERE, THERE, 40001)
    pseudo = socket.inet_aton(HERE) + socket.inet_aton(THERE) + struct.pack("!BBH", 0, 6, len(packet))
    assert checksum(pseudo + packet) == 0
    assert struct.unpack("!HH", packet[:4]) == (40001, 9)


@pytest.mark.parametrize(
    ("source", "ports", "flags", "answer"),
    [
        (THERE, (9, 40001), tcp_syn.RST | tcp_syn.ACK, True),
        (THERE, (9, 40001), tcp_syn.SYN | tcp_syn.ACK, True),
        (THERE, (9, 40001), tcp_syn.SYN, False),
        (THERE, (9, 40002), tcp_syn.RST, False),
        (HERE, (9, 40001), tcp_syn.RST, False),
    ],
)
def test_answers(source, ports, flags, answer):
    packet = bytes([0x45]) + bytes(11) + socket.inet_aton(source) + socket.inet_aton(HERE)
    packet += struct.pack("!HHIIBB", *ports, 0, 0, 0x50, flags) + bytes(6)
    assert tcp_syn.answers(packet, THERE, 40001) == answer
    assert not tcp_syn.answers(packet[:30], THERE, 40001)


def test_a_refusal_is_an_answer():
    assert tcp_syn.kernel_answered("127.0.0.1", "127.0.0.1", 1)
