# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How flanneld leads packets to every other host: what has to be on this host, and what is. No I/O.

Source: pkg/backend of flannel v0.28.10, files vxlan/vxlan_network.go, hostgw/hostgw.go, ipip/ipip.go, route_network.go,
udp/udp_network_amd64.go and wireguard/wireguard_network.go.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.devices import direct_routing, is_flannels
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import (
    IPV4,
    HostContext,
    Lease,
    backend_value,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.routing_table import RoutingTable
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Route


@dataclasses.dataclass(frozen=True)
class Peer:
    """One lease in one address family.

    `gateway` and `device` are those of the route by flannel's device, `mac` stands in the neighbour and the forwarding entry
    that vxlan needs. `direct` says whether the route leads to the host itself instead; None: either is right.
    """

    subnet: str
    public: str
    gateway: str
    device: str
    mac: str | None
    direct: bool | None

    def __str__(self) -> str:
        return f"{self.subnet} ({self.public})"

    def is_direct(self, route: Route) -> bool:
        return route["via"] == self.public and not is_flannels(route["dev"])

    def is_by_device(self, route: Route) -> bool:
        return (route["via"], route["dev"]) == (self.gateway, self.device)


class Seen:
    """What is on this host, indexed."""

    def __init__(self, context: HostContext) -> None:
        self.routes = RoutingTable(context.facts["routes"])
        self.near = {(e["dev"], e["address"]): e["mac"].lower() for e in context.facts["neighbours"] if e["permanent"]}
        self.entries = {(e["dev"], e["mac"].lower(), e["dst"]) for e in context.facts["fdb"]}

    def has_neighbour(self, peer: Peer) -> bool:
        return self.near.get((peer.device, peer.gateway)) == peer.mac

    def has_entry(self, peer: Peer) -> bool:
        return (peer.device, peer.mac, peer.public) in self.entries


def peers_of(context: HostContext, family: int, seen: Seen) -> list[Peer]:
    """Those that take part with this address family; the others are left to the other one."""
    device, is_vtep = context.device_of(family), bool(context.kind.device and context.kind.device.is_vtep)
    wants_direct = wanted_directness(context, seen)
    return [
        peer_of(lease, is_vtep, device, family, wants_direct)
        for lease in context.peers
        if lease.get("subnet" if family == IPV4 else "ipv6_subnet")
    ]


def peer_of(
    lease: Lease, is_vtep: bool, device: str, family: int, wants_direct: t.Callable[[str], bool | None]
) -> Peer:
    subnet = str(lease["subnet" if family == IPV4 else "ipv6_subnet"])
    public = str(lease.get("public_ip" if family == IPV4 else "public_ipv6") or "")
    return Peer(
        subnet=subnet,
        public=public,
        gateway=subnet.partition("/")[0] if is_vtep else public,
        device=device,
        mac=str(backend_value(lease, "VtepMAC", family) or "").lower() if is_vtep else None,
        direct=wants_direct(public),
    )


def wanted_directness(context: HostContext, seen: Seen) -> t.Callable[[str], bool | None]:
    """A function of the public address. No lease has DirectRouting: without the configuration both kinds of routes are right."""
    kind = context.kind
    if not kind.has_direct_routing:
        return lambda public: kind.is_direct
    if context.network is None:
        return lambda public: None
    if not direct_routing(context.network):
        return lambda public: False
    return seen.routes.is_adjacent
