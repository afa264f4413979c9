# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check what is left over from hosts that are gone: routes, neighbours and forwarding entries that no lease explains. No I/O.

flanneld takes away what goes while it runs, and nothing else (0.9 and newer).
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import contains
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding, listed
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.devices import (
    RESTART,
    left_devices,
    own_devices,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import FdbEntry, Neighbour, Route

MANY = 15  # more commands than anybody copies


@dataclasses.dataclass(frozen=True)
class Left:
    """What is left over on one device."""

    device: str
    routes: t.Sequence[Route]
    near: t.Sequence[Neighbour]
    entries: t.Sequence[FdbEntry]

    @property
    def code(self) -> str:
        """That of the worst."""
        if self.routes:
            return "stale_route"
        return "stale_neighbour" if self.near else "stale_fdb" if self.entries else ""

    def __str__(self) -> str:
        parts = {
            "routes to": [route["dst"] for route in self.routes],
            "neighbours": [entry["address"] for entry in self.near],
            "forwarding entries to": sorted({entry["dst"] for entry in self.entries}),
        }
        return "; ".join(f"{what} {listed(names)}" for what, names in parts.items() if names)

    def commands(self) -> list[str]:
        return [
            *(delete_route(route) for route in self.routes),
            *(f"ip neigh del {entry['address']} dev {self.device}" for entry in self.near),
            *(f"bridge fdb del {entry['mac']} dev {self.device} dst {entry['dst']}" for entry in self.entries),
        ]


def path(route: Route) -> str:
    """As ip-route(8) takes it."""
    parts = {"via": route["via"], "dev": route["dev"], "metric": route["metric"]}
    return " ".join(f"{word} {value}" for word, value in parts.items() if value)


def delete_route(route: Route) -> str:
    return f"ip route del {route['dst']} {path(route)}"


def check_leftovers(context: HostContext) -> list[Finding]:
    ours = list(own_devices(context).values())
    routes = stale_routes(context, ours)
    near, entries = stale_neighbours(context, ours), stale_entries(context, ours)
    devices = dict.fromkeys([*ours, *(route["dev"] for route in routes)])
    left = [
        Left(
            device,
            [route for route in routes if route["dev"] == device],
            [entry for entry in near if entry["dev"] == device],
            [entry for entry in entries if entry["dev"] == device],
        )
        for device in devices
    ]
    return [left_over(one, one.device in ours) for one in left if one.code]


def left_over(left: Left, ours: bool) -> Finding:
    commands = left.commands()
    return Finding(
        code=left.code,
        seen=f"on {left.device}, of subnets and hosts without a lease: {left}",
        expected="what belongs to the leases only",
        fix=f"ip link delete {left.device}; {RESTART}" if ours and len(commands) > MANY else "; ".join(commands),
    )


def subnets_of(context: HostContext, own: bool) -> set[str]:
    """Of all leases, also those of another backend; with or without the own ones."""
    leases = [lease for lease in context.leases or [] if own or lease is not context.own]
    return {str(lease[name]) for lease in leases for name in ("subnet", "ipv6_subnet") if lease.get(name)}


def stale_routes(context: HostContext, ours: t.Sequence[str]) -> list[Route]:
    """By a gateway and inside of the overlay's network, or, of a former network, as flannel sets them on its vxlan device."""
    held, left = subnets_of(context, own=False), left_devices(context)
    ranges = [context.range_of(family) for family in context.families]
    return [
        route
        for route in context.facts["routes"]
        if route["via"]
        and route["dst"] not in held
        and route["dev"] not in left
        and (is_vxlans(route, ours) or any(contains(network, route["dst"]) for network in ranges))
    ]


def is_vxlans(route: Route, ours: t.Sequence[str]) -> bool:
    return route["dev"] in ours and route["via"] == route["dst"].partition("/")[0]


def stale_neighbours(context: HostContext, ours: t.Sequence[str]) -> list[Neighbour]:
    gateways = {subnet.partition("/")[0] for subnet in subnets_of(context, own=True)}
    return [
        entry
        for entry in context.facts["neighbours"]
        if entry["dev"] in ours and entry["permanent"] and entry["address"] not in gateways
    ]


def stale_entries(context: HostContext, ours: t.Sequence[str]) -> list[FdbEntry]:
    """An old MAC of a host that is still there is harmless."""
    known = {lease.get(name) for lease in context.leases or [] for name in ("public_ip", "public_ipv6")}
    return [entry for entry in context.facts["fdb"] if entry["dev"] in ours and entry["dst"] not in known]
