# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much room a network has: which of its subnets no lease reaches. No I/O.

flannel's rule (allocateSubnet in pkg/subnet/etcd/local_manager.go at v0.28.10): a subnet is free if it overlaps with no
lease, whatever length that has; the two families are chosen independently.
"""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import NetworkConfig, Prefix, Range
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease import Lease, are_aligned


class Usage(t.NamedTuple):
    """Numbers of subnets. A subnet that a lease of another length covers is neither used, reserved nor free."""

    total: int
    used: int
    reserved: int
    free: int


def usage(config: NetworkConfig, taken: t.Sequence[Lease], reserved: t.Sequence[Lease]) -> list[Usage]:
    """One for each family that is switched on, IPv4 first."""
    return [
        _usage(family, prefixes_of(taken, family), prefixes_of(reserved, family))
        for family in (config.ipv4, config.ipv6)
        if family
    ]


def _usage(family: Range, taken: list[Prefix], reserved: list[Prefix]) -> Usage:
    used, promised = sum(map(family.fits, taken)), sum(map(family.fits, reserved))
    return Usage(family.capacity(), used, promised, free_subnets(family, taken + reserved))


def are_usual(family: Range, prefixes: list[Prefix]) -> bool:
    """Quick also for thousands: each of them is one of the subnets that the family is split into."""
    if {prefix.length for prefix in prefixes} != {family.subnet_len} or family.low % _size(family):
        return False
    values = [prefix.value for prefix in prefixes]
    return family.low <= min(values) and max(values) <= family.high and are_aligned(prefixes)


def prefixes_of(leases: t.Iterable[Lease], family: Range) -> list[Prefix]:
    if family.network.bits == 32:
        return [lease.subnets.ipv4 for lease in leases]
    return [lease.subnets.ipv6 for lease in leases if lease.subnets.ipv6]


def free_subnets(family: Range, prefixes: t.Iterable[Prefix]) -> int:
    total = free = family.capacity()
    behind = 0
    for first, final in _places(family, prefixes):
        new = min(final + 1, total) - max(first, behind)
        if new > 0:
            free, behind = free - new, final + 1
    return free


def first_free(family: Range, prefixes: t.Iterable[Prefix]) -> Prefix | None:
    """The first in flannel's order, which begins at SubnetMin; None if there is none."""
    place = 0
    for first, final in _places(family, prefixes):
        if first > place:
            break
        place = max(place, final + 1)
    if place >= family.capacity():
        return None
    return Prefix(family.low + place * _size(family), family.subnet_len, family.network.bits)


def _places(family: Range, prefixes: t.Iterable[Prefix]) -> list[tuple[int, int]]:
    """The first and the last subnet that each prefix reaches, counted from SubnetMin; sorted, none below 0."""
    size, low = _size(family), family.low
    spans = []
    for prefix in prefixes:
        start, end = prefix.span()
        final = (end - 1 - low) // size
        if final >= 0:
            spans.append((max((start - low) // size, 0), final))
    return sorted(spans)


def _size(family: Range) -> int:
    return 1 << max(family.network.bits - family.subnet_len, 0)


def misfit(config: NetworkConfig, lease: Lease) -> str:
    """Why flannel would delete this lease and take another subnet; empty when it keeps it."""
    return _misfit4(config.ipv4, lease) or _misfit6(config.ipv6, lease)


def _misfit4(wanted: Range | None, lease: Lease) -> str:
    if wanted is None or wanted.fits(lease.subnets.ipv4):
        return ""
    return _why(wanted, lease.subnet, lease.subnets.ipv4.length, "")


def _misfit6(wanted: Range | None, lease: Lease) -> str:
    subnet = lease.subnets.ipv6
    if wanted is None:
        return "it has an IPv6 subnet, and IPv6 is switched off" if subnet else ""
    if subnet is None:
        return "it has no IPv6 subnet"
    return "" if wanted.fits(subnet) else _why(wanted, str(subnet), subnet.length, "IPv6")


def _why(wanted: Range, subnet: str, length: int, prefix: str) -> str:
    if length != wanted.subnet_len:
        return f"{subnet} is not of {prefix}SubnetLen {wanted.subnet_len}"
    bounds = wanted.to_dict("")
    return (
        f"{subnet} is not between {prefix}SubnetMin {bounds['SubnetMin']} and {prefix}SubnetMax {bounds['SubnetMax']}"
    )
