# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pings as pairs of hosts, and the map that is drawn of them. No I/O."""

from __future__ import annotations

import ipaddress
import statistics
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import as_network

WHOLE = 40  # hosts that are drawn one by one
Verdicts = t.Mapping[str, t.Mapping[str, t.Any]]


class Pair(t.TypedDict):
    """Pings of one host to one other. `ms` is the median of those that were timed."""

    source: str
    target: str
    sent: int
    lost: int
    ms: float | None


class Cell(t.NamedTuple):
    sent: int = 0
    lost: int = 0
    ms: float | None = None


class Mesh(t.NamedTuple):
    """`groups` are names of hosts, one or several in each; `cells` are by the numbers of the groups that send and answer."""

    groups: list[list[str]]
    cells: dict[tuple[int, int], Cell]


def pairs(verdicts: Verdicts) -> list[Pair]:
    hosts = Owners(verdicts)
    found: list[Pair] = []
    for source, verdict in verdicts.items():
        sent: dict[str, list[t.Mapping[str, t.Any]]] = {}
        for ping in verdict.get("pings") or []:
            sent.setdefault(hosts.owner(str(ping["address"])), []).append(ping)
        found += [pair(source, target, pings) for target, pings in sent.items()]
    return found


def pair(source: str, target: str, pings: t.Sequence[t.Mapping[str, t.Any]]) -> Pair:
    times = [ping["ms"] for ping in pings if ping["ok"] and ping.get("ms") is not None]
    return Pair(
        source=source,
        target=target,
        sent=len(pings),
        lost=sum(1 for ping in pings if not ping["ok"]),
        ms=round(statistics.median(times), 2) if times else None,
    )


class Owners:
    """Whose subnet an address is in: the length of subnets is the same in a network, or nearly."""

    def __init__(self, verdicts: Verdicts) -> None:
        self.names: dict[t.Any, str] = {}
        for name, verdict in verdicts.items():
            lease, docker = verdict.get("lease") or {}, verdict.get("docker") or {}
            for text in (docker.get("docker0"), lease.get("ipv6_subnet"), lease.get("subnet")):
                network = as_network(text) if text else None
                if network:
                    self.names[network] = name
        self.lengths = {(network.version, network.prefixlen) for network in self.names}

    def owner(self, address: str) -> str:
        """The address itself, if it is in no subnet that is known."""
        try:
            version = ipaddress.ip_address(address).version
        except ValueError:
            return address
        networks = (as_network(f"{address}/{length}") for family, length in self.lengths if family == version)
        return next((self.names[network] for network in networks if network in self.names), address)


def mesh(names: t.Sequence[str], found: t.Iterable[Pair]) -> Mesh:
    """All hosts one by one, or groups of neighbours in the order of names."""
    size = -(-len(names) // WHOLE) or 1
    groups = [list(names[start : start + size]) for start in range(0, len(names), size)]
    number = {name: at for at, group in enumerate(groups) for name in group}
    collected: dict[tuple[int, int], list[Pair]] = {}
    for one in found:
        if one["source"] in number and one["target"] in number:
            collected.setdefault((number[one["source"]], number[one["target"]]), []).append(one)
    return Mesh(groups, {place: cell(some) for place, some in collected.items()})


def cell(some: t.Sequence[Pair]) -> Cell:
    times = [one["ms"] for one in some if one["ms"] is not None]
    sent, lost = sum(one["sent"] for one in some), sum(one["lost"] for one in some)
    return Cell(sent, lost, statistics.median(times) if times else None)
