# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the address by which a host takes part in the overlay. No I/O; runs on the controller.

A card may have several addresses, and a floating one may come first. So the order in which the host lists them decides last:
an address that is the host's own in the inventory comes first, then the one that the daemon already uses.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

HostFacts = t.Mapping[str, t.Any]
IPV4 = 4
NOT_AN_UPLINK = re.compile(r"lo\Z|docker0\Z|br-[0-9a-f]{12}\Z|veth|flannel|cni")


class Choice(t.TypedDict):
    interface: str
    address: str
    prefixlen: int
    problem: str


def choices(facts: HostFacts) -> list[Choice]:
    """Every IPv4 address of the host."""
    return [
        Choice(interface=name, address=item["address"], prefixlen=item["prefixlen"], problem="")
        for name, found in (facts.get("interfaces") or {}).items()
        for item in found.get("addresses") or []
        if item["family"] == IPV4
    ]


def failed(problem: str, there: t.Sequence[Choice]) -> Choice:
    names = ", ".join(f"{one['interface']} {one['address']}/{one['prefixlen']}" for one in there) or "no address at all"
    return Choice(interface="", address="", prefixlen=0, problem=f"{problem}; there is: {names}")


def as_address(text: str) -> ipaddress.IPv4Address | None:
    try:
        return ipaddress.IPv4Address(text)
    except ValueError:
        return None


def as_target(text: str) -> ipaddress.IPv4Address | None:
    """An address, or a URL with one. A name is none: the controller may know it differently."""
    found = re.search(r"(?:\A|//|@)([0-9.]+)(?:[:/]|\Z)", text)
    return as_address(found.group(1)) if found else None


def as_network(text: str) -> ipaddress.IPv4Network | None:
    try:
        return ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        return None


def network_of(choice: Choice) -> ipaddress.IPv4Network:
    return ipaddress.IPv4Network((choice["address"], choice["prefixlen"]), strict=False)


def host_address(
    facts: HostFacts,
    interface: str = "",
    towards: t.Sequence[str] | str = (),
    own: t.Sequence[str] = (),
    running: str = "",
) -> Choice:
    """By name, address, network or pattern; without one, the host's own address, or else by where the other hosts are.

    `own` are what the inventory calls this host (ansible_host, its name), `running` is the address that the daemon uses now.
    """
    there = in_order(choices(facts), own, running)
    if interface:
        return named(interface, there)
    targets = [found for found in map(as_target, [towards] if isinstance(towards, str) else towards) if found]
    usable = [one for one in there if not NOT_AN_UPLINK.match(one["interface"])]
    found = by_inventory(own, usable) or in_same_network(targets, usable) or by_route(targets, facts, usable)
    return found or failed("no interface leads to " + (", ".join(map(str, targets)) or "the default route"), there)


def in_order(found: t.Iterable[Choice], own: t.Sequence[str], running: str) -> list[Choice]:
    """The host's own addresses, then the one in use, then the others as the host lists them."""
    preferred = [*own, running]
    return sorted(
        found, key=lambda one: preferred.index(one["address"]) if one["address"] in preferred else len(preferred)
    )


def by_inventory(own: t.Sequence[str], usable: t.Sequence[Choice]) -> Choice | None:
    return next((one for name in own for one in usable if one["address"] == name), None)


def named(wanted: str, there: t.Sequence[Choice]) -> Choice:
    if as_address(wanted):
        return only(wanted, [one for one in there if one["address"] == wanted], there)
    network = as_network(wanted) if "/" in wanted else None
    if network:
        return only(wanted, [one for one in there if as_address(one["address"]) in network], there)
    exact = [one for one in there if one["interface"] == wanted]
    try:
        return only(wanted, exact or [one for one in there if re.search(wanted, one["interface"])], there)
    except re.error as error:
        return failed(f"{wanted} is no interface, address, network or pattern ({error})", there)


def only(wanted: str, found: t.Sequence[Choice], there: t.Sequence[Choice]) -> Choice:
    """The first address of the one interface that fits; two interfaces that fit are a problem."""
    if not found:
        return failed(f"no interface fits {wanted}", there)
    if len({one["interface"] for one in found}) > 1:
        return failed(f"more than one interface fits {wanted}", found)
    return found[0]


def in_same_network(targets: t.Sequence[ipaddress.IPv4Address], usable: t.Sequence[Choice]) -> Choice | None:
    return next((one for target in targets for one in usable if target in network_of(one)), None)


def by_route(targets: t.Sequence[ipaddress.IPv4Address], facts: HostFacts, usable: t.Sequence[Choice]) -> Choice | None:
    """The address of the route to the first target; without a target, of the default route."""
    goals: t.Sequence[ipaddress.IPv4Address | None] = targets or [None]
    for target in goals:
        for route in routes_to(target, facts):
            fitting = [one for one in usable if one["interface"] == route["dev"]]
            preferred = [one for one in fitting if one["address"] == route["src"]]
            if fitting:
                return (preferred or fitting)[0]
    return None


def routes_to(target: ipaddress.IPv4Address | None, facts: HostFacts) -> list[t.Mapping[str, t.Any]]:
    """The most exact first, then the cheapest."""
    found = []
    for route in facts.get("routes") or []:
        network = as_network(route["dst"])
        if network and (target in network if target else network.prefixlen == 0):
            found.append((-network.prefixlen, route["metric"], route))
    return [route for _length, _metric, route in sorted(found, key=lambda item: item[:2])]
