# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways of the overlay's packets on a host: by which interfaces, from and to which addresses. No I/O."""

from __future__ import annotations

import dataclasses
import ipaddress
import re

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import as_network, contains
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import IPV4, IPV6, HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.routing_table import RoutingTable
from ansible_collections.overlay.flannel.plugins.module_utils.host.iptables.rules import Packet

BRIDGE = "docker0"
OUTSIDE = "198.51.100.1"  # RFC 5737: no rule names it


@dataclasses.dataclass(frozen=True)
class PacketPath:
    """Two containers, and the interface of this host by which packets of the other one come."""

    device: str
    own: str
    peer: str

    @property
    def family(self) -> int:
        return ipaddress.ip_address(self.own).version

    @property
    def incoming(self) -> Packet:
        return Packet(source=self.peer, target=self.own, comes=self.device, goes=BRIDGE)

    @property
    def outgoing(self) -> Packet:
        return Packet(source=self.own, target=self.peer, comes=BRIDGE, goes=self.device)


def uplink(context: HostContext) -> str:
    """The interface that carries this host's public address; else that by which it reaches a peer. Empty when unknown."""
    public = context.address or str((context.own or {}).get("public_ip") or "")
    for name, link in context.facts["interfaces"].items():
        if public and any(item["address"] == public for item in link["addresses"]):
            return name
    routes = RoutingTable(context.facts["routes"])
    found = (routes.towards(str(peer["public_ip"])) for peer in context.peers)
    return next((route["dev"] for route in found if route), "")


def own_container(context: HostContext, family: int = IPV4) -> str:
    """An address that docker has given away, as its rules in raw show; else the first that it would give."""
    subnet = as_network(context.subnet_of(family))
    if subnet is None:
        return ""
    for rule in context.facts["firewall"]["raw_prerouting"] if family == IPV4 else []:
        found = re.search(r" -d (\S+)/32 ", rule)
        if found and ipaddress.ip_address(found.group(1)) in subnet:
            return found.group(1)
    return str(subnet[2])


def peer_containers(context: HostContext, family: int = IPV4) -> list[str]:
    """One of each peer; without leases one of the range that is not this host's."""
    name = "subnet" if family == IPV4 else "ipv6_subnet"
    subnets = [as_network(str(peer.get(name) or "")) for peer in context.peers]
    if any(subnets):
        return [str(subnet[2]) for subnet in subnets if subnet]
    own, whole = as_network(context.subnet_of(family)), as_network(context.range_of(family))
    if own is None or whole is None:
        return []
    return [str(address) for address in (whole[2], whole[-3]) if address not in own][:1]


def packet_paths(context: HostContext, family: int = IPV4) -> list[PacketPath]:
    """One for each interface by which packets of peers come: that by which this host sends to them."""
    own, routes = own_container(context, family), RoutingTable(context.facts["routes"])
    found: dict[str, PacketPath] = {}
    for peer in peer_containers(context, family) if own else []:
        route = routes.towards(peer)
        in_overlay = route is not None and contains(context.range_of(family), route["dst"])
        device = route["dev"] if route and in_overlay else context.device_of(family)
        if device:
            found.setdefault(device, PacketPath(device, own, peer))
    return list(found.values())


def every_path(context: HostContext) -> list[PacketPath]:
    """Of both families, where the overlay has both."""
    six = packet_paths(context, IPV6) if IPV6 in context.families else []
    return [*packet_paths(context), *six]
