# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pings to peers, and TCP checksums that get lost below the overlay."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import contains, network_of
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding, listed
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.routing_table import RoutingTable
from ansible_collections.overlay.flannel.plugins.module_utils.host.probes.ping import ping
from ansible_collections.overlay.flannel.plugins.module_utils.host.probes.tcp_syn import (
    SECONDS,
    offload_breaks,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Ping

OFF = "ethtool -K {0} tx-checksum-ip-generic off, and a udev rule that does so for each new {0}"


def check_checksums(context: HostContext, pings: t.Sequence[Ping], source: str) -> t.Iterator[Finding]:
    """Only where the device leaves checksums to others, and a peer answers pings: one peer is enough."""
    device = context.device
    answered = [found["address"] for found in pings if found["ok"]]
    if not source or not answered or not context.facts["kernel"]["transmit_checksum"].get(device):
        return
    if offload_breaks(source, answered[0], SECONDS):
        yield Finding(
            code="checksum_offload",
            seen=f"{answered[0]} answers pings of full size, and a TCP segment whose checksum this module computed, but none of the kernel: "
            f"{device} leaves checksums to the network card, which does not fill them in",
            expected="TCP through the overlay",
            fix=OFF.format(device),
        )


def targets(context: HostContext, count: int) -> list[str]:
    """docker0 of the next peers in the order of the subnets, so that the hosts together ping everybody.

    Without the leases the peers are those to which flannel has set routes.
    """
    if context.leases is None:
        own, others = network_of(context.subnet), routed_subnets(context)
    else:
        own, others = str((context.own or {}).get("subnet", "")), [str(peer["subnet"]) for peer in context.peers]
    if not own:
        return []
    mine = place(own)
    ring = sorted(others, key=lambda subnet: (place(subnet) < mine, place(subnet)))
    return [gateway(subnet) for subnet in ring[:count]]


def routed_subnets(context: HostContext) -> list[str]:
    """Those with a route of their own by a gateway. Some backends have one route to the whole network: then there are none."""
    network, own = context.range, network_of(context.subnet)
    found = [route["dst"] for route in context.facts["routes"] if route["via"] and route["dst"] not in (network, own)]
    return [subnet for subnet in dict.fromkeys(found) if contains(network, subnet)]


def place(subnet: str) -> int:
    return int(ipaddress.ip_network(subnet, strict=False)[0])


def gateway(subnet: str) -> str:
    """The address of docker0 there."""
    return str(ipaddress.ip_network(subnet, strict=False)[1])


def ping_peers(context: HostContext, count: int, timeout: float) -> tuple[list[Ping], list[Finding]]:
    subnet_env = context.facts["flannel"]["subnet_env"]
    peers = targets(context, count)
    if not peers or subnet_env is None:
        return [], []
    source = (context.facts["docker"]["docker0"] or "").partition("/")[0]
    try:
        pings = ping(peers, source, subnet_env["mtu"], timeout)
    except OSError as error:
        return [], [cannot_ping(source, error)]
    findings = [*lost_pings(pings, source, subnet_env["mtu"]), *check_checksums(context, pings, source)]
    direct = by_direct_routes(context, peers) if source else []
    if direct:
        own = ping(direct, "", subnet_env["mtu"], timeout)
        pings, findings = [*pings, *own], [*findings, *lost_pings(own, "", subnet_env["mtu"])]
    return pings, findings


def by_direct_routes(context: HostContext, peers: t.Sequence[str]) -> list[str]:
    """Those that this host reaches without a device of flannel: there the kernel's own source address is the uplink's."""
    routes = RoutingTable(context.facts["routes"])
    found = ((peer, routes.towards(peer)) for peer in peers)
    return [peer for peer, route in found if route and not route["dev"].startswith("flannel")]


def lost_pings(pings: t.Sequence[Ping], source: str, mtu: int) -> list[Finding]:
    lost = [found["address"] for found in pings if not found["ok"]]
    return [ping_lost(lost, source, mtu)] if lost else []


def cannot_ping(source: str, error: OSError) -> Finding:
    return Finding(
        code="ping_impossible",
        seen=f"this host cannot ping from {source or 'itself'}: {error}",
        expected="a raw socket, which root may open",
        fix="become: true",
    )


def ping_lost(lost: t.Sequence[str], source: str, mtu: int) -> Finding:
    return Finding(
        code="ping_lost",
        seen=f"no answer from {listed(lost)} to a packet of {mtu} bytes from {source or 'this host itself'}",
        expected="an answer from docker0 of every peer",
        fix="check the findings of both hosts; open the overlay's UDP port (8472) between them, also for packets of full size",
    )
