# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random addresses and networks in many spellings, right and wrong."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from texts import Source

STARTS4 = ("10.5.0.0", "10.5.1.7", "172.16.0.0", "255.255.0.0", "0.0.0.0", "0.1.2.0", "127.0.0.0", "224.0.0.0")
STARTS6 = ("fd00:5::", "fd00:5:0:1::9", "::", "::1", "::a05:0", "::ffff:10.5.0.0", "::10.5.0.0", "ffff::", "64:ff9b::")
ODD = (
    "", " ", "010.5.0.0", "10.05.0.0", "10.5.0", "10.5.0.0.0", "10.5.0.256", "1.2.3.-4", "0x0a.5.0.0", "10.5.0.0 ", "168099840",
    "fd00::1%eth0", "fd00:::1", "fd00::1::2", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7::8", "fd00::0001",
    "fd00::00001", "FD00::A", "::ffff:010.5.0.0", "::ffff:10.5.0.0", "::10.5.0.7", "fd00::10.5.0.7", "fd00::1.2.3", "g::", "[fd00::]",
    ":", "::", "1::2:", ":1::", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4:5", "١٠.5.0.0", "10.5.0.0\udcff",
)  # fmt: skip
LENGTHS = (
    "016",
    "0000000000000000016",
    "+16",
    "-1",
    "",
    " 16",
    "16 ",
    "1e1",
    "33",
    "129",
    "99999999999999999999",
    "16/16",
)


class Family(NamedTuple):
    bits: int
    starts: tuple[str, ...]
    usual: tuple[int, int]  # lengths of networks that flannel accepts


V4 = Family(32, STARTS4, (8, 28))
V6 = Family(128, STARTS6, (32, 124))


class Net(NamedTuple):
    """A network and the length of its subnets; the numbers need not fit each other."""

    family: Family
    start: int
    length: int
    subnet_len: int

    def text(self) -> str:
        return f"{spelt(self.start, self.family.bits)}/{self.length}"


def spelt(value: int, bits: int) -> str:
    return str((ipaddress.IPv4Address if bits == 32 else ipaddress.IPv6Address)(value % (1 << bits)))


def some_net(source: Source, family: Family) -> Net:
    start = int(ipaddress.ip_address(source.choice(family.starts)))
    length = source.randint(0, family.bits) if source.oddly(0.25) else source.randint(*family.usual)
    longest = family.bits - 2
    subnet_len = source.randint(min(length + 2, longest), longest)
    if source.oddly(0.1):
        subnet_len = source.choice((0, 1, length, length + 1, longest + 1, longest + 2, family.bits + 1))
    elif source.often(0.4):
        subnet_len = min(length + source.choice((2, 2, 3, 8)), longest)
    return Net(family, start, length, subnet_len)


def network(source: Source, net: Net) -> str:
    """The value of Network or IPv6Network."""
    if not source.oddly(0.15):
        return source.text(net.text())
    if source.often(0.3):
        return source.anything()
    if source.often(0.2):
        return '"' + net.text() + source.choice(('\\"', "\\u002f", "\\\\", '\\"\\"')) + '"'
    head = source.choice((*ODD, *STARTS4, *STARTS6, spelt(net.start, net.family.bits)))
    tail = source.choice((*LENGTHS, str(net.length), str(96 + net.length)))
    return source.text(head + source.choice(("/", "/", "/", "", "-")) + tail)


def bound(source: Source, net: Net) -> str:
    """The value of SubnetMin or SubnetMax."""
    if source.oddly(0.1):
        return source.choice((source.anything(), source.text(source.choice(ODD)), "null", '""', '"0.0.0.0"', '"::"'))
    bits = net.family.bits
    size = 1 << max(bits - net.subnet_len, 0)
    masked = net.start >> max(bits - net.length, 0) << max(bits - net.length, 0)
    fits = max(net.subnet_len - net.length, 0)
    value = masked + size * source.choice((0, 1, 2, 3, (1 << fits) - 1))
    if source.oddly(0.2):
        value += source.choice((-size, size << fits, 1, -1, size // 2))
    written = spelt(value, bits)
    if source.often(0.06):
        written = source.choice(("::ffff:" + spelt(value, 32), "::" + spelt(value, 32), written.upper(), "0" + written))
    return source.text(written)


def subnet_len(source: Source, net: Net) -> str:
    return source.choice((source.anything(), source.numbers())) if source.oddly(0.08) else str(net.subnet_len)
