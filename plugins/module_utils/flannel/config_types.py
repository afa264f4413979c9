# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values of flannel's network configuration, and addresses as Go parses them."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import OverlayError
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding

Address = t.Union[ipaddress.IPv4Address, ipaddress.IPv6Address]


class NetworkError(OverlayError):
    """flannel refuses this configuration: its own reason, and our hint."""

    def __init__(self, key: str, value: object, reason: str, allowed: str, fix: str) -> None:
        self.finding = Finding(
            code=f"bad_{snake(key)}",
            seen=f"{key} = {value}: {reason}",
            expected=allowed,
            fix=fix,
        )
        details = {"key": key, "value": str(value), "reason": reason, "allowed": allowed, "fix": fix}
        super().__init__(f"{key} = {value}: {reason}. Allowed: {allowed}. Fix: {fix}", **details)


def snake(key: str) -> str:
    """`Backend.IPv6SubnetLen` -> `backend_ipv6_subnet_len`."""
    text = key.replace("IPv", "Ipv").replace("NFT", "Nft").replace(".", "_")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower()


class Prefix(t.NamedTuple):
    """Address and length as numbers; flannel allows lengths that the family does not have."""

    value: int
    length: int
    bits: int = 32

    def __str__(self) -> str:
        return f"{address_text(self.value, self.bits)}/{self.length}"

    def mask(self) -> int:
        return mask_of(self.length, self.bits)

    def is_empty(self) -> bool:
        """What flannel takes for no network at all."""
        return not self.value and not self.length

    def contains(self, address: int) -> bool:
        """flannel compares IPv6 addresses as texts, and so takes ::a.b.c.d for ::ffff:a.b.c.d (pkg/ip/ip6net.go)."""
        own, other = self.value & self.mask(), address & self.mask()
        return own == other or address_text(own, self.bits) == address_text(other, self.bits)

    def end(self) -> int:
        """The first address behind it."""
        return self.value + (1 << max(self.bits - self.length, 0))

    def span(self) -> tuple[int, int]:
        """Its first address and the first one behind it, for a length that the family has."""
        size = 1 << (self.bits - self.length)
        start = self.value & -size
        return start, start + size


def mask_of(length: int, bits: int) -> int:
    """Go's shift: a length beyond the width leaves nothing."""
    everything = (1 << bits) - 1
    return (everything << (bits - length)) & everything if length <= bits else 0


def address_text(value: int, bits: int) -> str:
    """As flannel writes it: an IPv6 address of just four bytes looks like an IPv4 address (IP6.ToIP in ip6net.go)."""
    if bits == 32:
        return f"{value >> 24}.{value >> 16 & 255}.{value >> 8 & 255}.{value & 255}"
    address = ipaddress.IPv6Address(value)
    return str(address.ipv4_mapped or (ipaddress.IPv4Address(value) if 1 << 24 <= value < 1 << 32 else address))


@dataclasses.dataclass(frozen=True)
class Range:
    """Where the subnets of one family lie: first addresses of the first and the last one."""

    network: Prefix
    subnet_len: int
    low: int
    high: int

    def fits(self, subnet: Prefix) -> bool:
        """Whether flannel takes this subnet for one of its own."""
        return self.low <= subnet.value <= self.high and subnet.length == self.subnet_len

    def capacity(self) -> int:
        size = 1 << max(self.network.bits - self.subnet_len, 0)
        return max((self.high - self.low) // size + 1, 0)

    def to_dict(self, prefix: str) -> dict[str, t.Any]:
        bits = self.network.bits
        return {
            prefix + "Network": str(self.network),
            prefix + "SubnetLen": self.subnet_len,
            prefix + "SubnetMin": address_text(self.low, bits),
            prefix + "SubnetMax": address_text(self.high, bits),
        }


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
    """What flannel makes of the text; two texts mean the same when these are equal."""

    ipv4: Range | None
    ipv6: Range | None
    nftables: bool
    backend_type: str
    backend: t.Mapping[str, t.Any]
    findings: tuple[Finding, ...] = dataclasses.field(default=(), compare=False)

    def to_dict(self) -> dict[str, t.Any]:
        """In flannel's spelling, with every default filled in."""
        return {
            "EnableIPv4": self.ipv4 is not None,
            **(self.ipv4.to_dict("") if self.ipv4 else {}),
            "EnableIPv6": self.ipv6 is not None,
            **(self.ipv6.to_dict("IPv6") if self.ipv6 else {}),
            "EnableNFTables": self.nftables,
            "Backend": {"Type": self.backend_type, **self.backend},
        }

    def capacity(self) -> int:
        """How many hosts can have a subnet."""
        return min((family.capacity() for family in (self.ipv4, self.ipv6) if family), default=0)


def parse_address(text: str) -> Address | None:
    """Go's net.ParseIP: no zone, no zeros in front of an octet, no blanks."""
    octets = text.rpartition(":")[2].split(".")
    if "%" in text or (len(octets) > 1 and any(len(octet) > 1 and octet[0] == "0" for octet in octets)):
        return None
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def to_ipv4(address: Address) -> int | None:
    """The IPv4 address in it, also when written as ::ffff:a.b.c.d."""
    if isinstance(address, ipaddress.IPv4Address):
        return int(address)
    return int(address.ipv4_mapped) if address.ipv4_mapped else None


def to_ipv6(address: Address) -> int:
    return int(address) | (0xFFFF << 32 if isinstance(address, ipaddress.IPv4Address) else 0)


def parse_cidr(text: str) -> tuple[Address, int] | None:
    """Go's net.ParseCIDR: the masked address and the length; zeros may lead in the length."""
    head, slash, tail = text.partition("/")
    address = parse_address(head)
    if not slash or address is None or not re.fullmatch(r"[0-9]+", tail):
        return None
    bits = address.max_prefixlen
    length = int(tail) if len(tail.lstrip("0")) < 4 else bits + 1
    if length > bits:
        return None
    return type(address)(int(address) & mask_of(length, bits)), length
