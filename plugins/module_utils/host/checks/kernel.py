# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check settings of the kernel that drop the overlay's packets or stop flanneld. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import as_network
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.devices import field
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext, Lease, version_of
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.packet_paths import uplink
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.routing_table import RoutingTable

STRICT = 1
NEEDS_BRIDGE_NETFILTER = (0, 26)


def check_kernel(context: HostContext) -> list[Finding]:
    return [*check_bridge_netfilter(context), *check_reverse_path(context)]


def backend_key(context: HostContext, name: str) -> t.Any:
    return field(field(context.network or {}, "backend") or {}, name)


def check_bridge_netfilter(context: HostContext) -> t.Iterator[Finding]:
    """flannel 0.26 and newer ends at its start without it, and with EnableNFTables before 0.28 as well (main.go)."""
    version = version_of(context.facts["flannel"]["version"])
    unneeded = version >= (0, 28) and field(context.network or {}, "enablenftables") is True
    if version < NEEDS_BRIDGE_NETFILTER or unneeded or context.facts["kernel"]["bridge_netfilter"]:
        return
    yield Finding(
        code="bridge_netfilter_missing",
        seen="/proc/sys/net/bridge/bridge-nf-call-iptables is missing",
        expected="the kernel module br_netfilter, without which flanneld cannot restart",
        fix="modprobe br_netfilter, and a file in /etc/modules-load.d that names it",
    )


def check_reverse_path(context: HostContext) -> t.Iterator[Finding]:
    """A strict filter drops what comes by another interface than that by which this host would answer.

    A warning: where two interfaces are in one network, ARP may lead the packets to the other one.
    """
    comes, routes = uplink(context), RoutingTable(context.facts["routes"])
    if context.facts["kernel"]["reverse_path_filter"].get(comes) != STRICT:
        return
    for peer in context.peers:
        for source in sources(context, peer, comes, routes):
            route = routes.towards(source)
            if route and route["dev"] != comes:
                yield strict(source, comes, route["dev"])
                return


def sources(context: HostContext, peer: Lease, comes: str, routes: RoutingTable) -> list[str]:
    """Whose packets a peer sends to the public address of this host: its own, and plain ones of containers on a direct way."""
    subnet = as_network(str(peer["subnet"]))
    direct = subnet is not None and is_direct(context, peer, comes, routes)
    return [str(peer["public_ip"]), *([str(subnet[2])] if subnet is not None and direct else [])]


def is_direct(context: HostContext, peer: Lease, comes: str, routes: RoutingTable) -> bool:
    """DirectRouting sends plain packets to peers in the same network."""
    if context.kind.is_direct:
        return True
    route = routes.towards(str(peer["public_ip"]))
    adjacent = bool(route and route["dev"] == comes and not route["via"])
    return adjacent and backend_key(context, "directrouting") is True


def strict(source: str, comes: str, goes: str) -> Finding:
    return Finding(
        code="reverse_path_filter",
        seen=f"packets of peers from {source} arrive at {comes}, the route back uses {goes}, and rp_filter of {comes} is strict (1)",
        expected="loose (2): a strict filter drops them",
        fix=f"sysctl -w net/ipv4/conf/{comes}/rp_filter=2, and a file in /etc/sysctl.d",
    )
