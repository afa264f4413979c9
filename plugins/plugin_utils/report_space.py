# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The address space of the overlay as a grid of subnets: free, used, reserved, foreign. No I/O."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import as_network

CELLS = 1024  # more subnets than that share cells
OUTSIDE, FREE, USED, RESERVED, FOREIGN = "outside", "free", "used", "reserved", "foreign"
ORDER = (OUTSIDE, FREE, USED, RESERVED, FOREIGN)  # the last one of a cell is drawn
Leases = t.Sequence[t.Mapping[str, t.Any]]


class Square(t.NamedTuple):
    """One cell: its first subnet, what is drawn, how many of its subnets are taken, and whose."""

    subnet: str
    kind: str
    taken: int
    whose: str


class Space(t.NamedTuple):
    """`each` is how many subnets a cell has. `beyond` are the leases that no cell shows."""

    squares: list[Square]
    each: int
    beyond: list[str]


def space(normalized: t.Mapping[str, t.Any] | None, leases: Leases) -> Space:
    network = as_network((normalized or {}).get("Network"))
    length = int((normalized or {}).get("SubnetLen") or 0)
    if not isinstance(network, ipaddress.IPv4Network) or not network.prefixlen <= length <= 32:
        return Space([], 1, [str(lease["subnet"]) for lease in leases])
    count, step = 2 ** (length - network.prefixlen), 2 ** (32 - length)
    each = max(1, count // CELLS)
    start = int(network.network_address)
    held, beyond = held_in(leases, start, step, count, each)
    low = bound(normalized, "SubnetMin", start, step)
    high = bound(normalized, "SubnetMax", start + (count - 1) * step, step)
    squares = []
    for number in range(count // each):
        first = start + number * each * step
        kind = FREE if first + (each - 1) * step >= low and first <= high else OUTSIDE
        squares.append(square(f"{ipaddress.ip_address(first)}/{length}", kind, held.get(number, [])))
    return Space(squares, each, beyond)


def bound(normalized: t.Mapping[str, t.Any] | None, name: str, default: int, step: int) -> int:
    try:
        return int(ipaddress.IPv4Address((normalized or {}).get(name) or default)) // step * step
    except ValueError:
        return default


Held = t.Dict[int, t.List[t.Mapping[str, t.Any]]]


def held_in(leases: Leases, start: int, step: int, count: int, each: int) -> tuple[Held, list[str]]:
    """The leases of each cell, and those that are in none. A lease of another length is in each cell that it covers."""
    held: Held = {}
    beyond = []
    for lease in leases:
        subnet = as_network(lease["subnet"])
        first = (int(subnet.network_address) - start) // step if subnet and subnet.version == 4 else -1
        if not subnet or not 0 <= first < count:
            beyond.append(str(lease["subnet"]))
            continue
        last = min((int(subnet.broadcast_address) - start) // step, count - 1)
        for number in range(first // each, last // each + 1):
            held.setdefault(number, []).append(lease)
    return held, beyond


def square(subnet: str, kind: str, held: Leases) -> Square:
    kinds = [str(lease["kind"]) for lease in held] + [kind]
    whose = ", ".join(str(lease["host"] or lease["public_ip"]) for lease in held[:3])
    more = f" and {len(held) - 3} more" if len(held) > 3 else ""
    return Square(subnet, max(kinds, key=ORDER.index), len(held), whose + more)
