# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the routes to the other hosts: everything that flanneld sets up for every lease exists. No I/O.

What has one cause is one finding: a peer without a route is not reported twice because its neighbour entry is missing too.
"""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import contains
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import ERROR, WARNING, Finding, listed
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import Routes
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import IPV6, HostContext, version_of
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.devices import RESTART, is_fit, left_devices
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.expected_peers import (
    Peer,
    Seen,
    peers_of,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.leftovers import (
    check_leftovers,
    delete_route,
    path,
)

LACKS = {
    "peer_route_missing": ("no route to", "a route to the subnet of every lease", RESTART),
    "peer_neighbour_missing": (
        "no permanent neighbour entry with the MAC of the lease for",
        "one on the overlay's device for every lease",
        RESTART,
    ),
    "peer_fdb_missing": (
        "no forwarding entry with the MAC and the public address of the lease for",
        "one on the overlay's device for every lease",
        RESTART,
    ),
    "peer_not_adjacent": (
        "no route to hosts behind a router:",
        "all hosts in one network, as host-gw needs it",
        "use the backend vxlan, or put the hosts into one network",
    ),
}


def check_peers(context: HostContext) -> list[Finding]:
    """Nothing without a lease of this host, nor where flannel does not set the routes."""
    if context.own is None or context.kind.routes is Routes.UNMANAGED:
        return []
    if has_single_route_release(context) or context.kind.routes is Routes.UNKNOWN:
        return check_any_route(context)
    seen = Seen(context)
    check = {Routes.PER_PEER: check_route_per_peer, Routes.SINGLE: check_single_route}.get(context.kind.routes)
    found = check_ipv4_only_flanneld(context)
    if check and not found:
        found = [finding for family in context.families for finding in check(context, family, seen)]
    return [*found, *check_leftovers(context)]


def check_ipv4_only_flanneld(context: HostContext) -> list[Finding]:
    """An IPv4-only flanneld hangs at the first lease with IPv6: it panics, and its deferred wait never ends.

    Seen with 0.28.10, vxlan and host-gw: the process stays, takes no more changes, and stops by SIGKILL only.
    ipip shares the code of host-gw, and never has IPv6.
    """
    both = [lease for lease in context.peers if lease.get("ipv6_subnet")]
    if not both or IPV6 in context.families or context.kind.routes is not Routes.PER_PEER:
        return []
    return [
        Finding(
            code="peer_ipv6",
            seen="flanneld runs without IPv6, and has not followed changes since it met leases with IPv6: "
            + listed([f"{lease['subnet']} ({lease.get('public_ip')})" for lease in both]),
            expected="IPv6 on all hosts or on none",
            fix="restart flanneld on the hosts that run with a former configuration, then on this one",
        )
    ]


def has_single_route_release(context: HostContext) -> bool:
    """vxlan of flannel 0.8 and older has one route to the whole network and answers questions of the kernel."""
    version = version_of(context.facts["flannel"]["version"])
    return bool(version) and version < context.kind.single_route_until


def check_route_per_peer(context: HostContext, family: int, seen: Seen) -> t.Iterator[Finding]:
    """vxlan, ipip and host-gw: one route to every peer."""
    if context.device and not is_fit(context, family):
        return
    lacking: dict[str, list[Peer]] = {}
    for peer in peers_of(context, family, seen):
        lacking.setdefault(missing_part(peer, seen), []).append(peer)
    for code, (what, expected, fix) in LACKS.items():
        if code in lacking:
            yield Finding(code=code, seen=f"{what} {listed(lacking[code])}", expected=expected, fix=fix)
    wrong = lacking.get("peer_route_wrong", [])
    yield from wrong_routes(context, wrong, expected_way(wrong[0]) if wrong else "", seen)
    yield from needless_encapsulation(lacking.get("detour", []))


def count_incomplete(context: HostContext) -> dict[str, int]:
    """How many peers lack which part of the way to them, by the code of the finding, in all address families.

    A check reports a device that is not fit instead; here its peers count all the same.
    """
    per_peer = context.kind.routes is Routes.PER_PEER and not has_single_route_release(context)
    if not per_peer:
        lost = any(one.code == "peer_route_missing" for one in check_peers(context))
        return {"peer_route_missing": len(context.peers)} if lost else {}
    found: dict[str, int] = {}
    seen = Seen(context)
    for peer in (peer for family in context.families for peer in peers_of(context, family, seen)):
        code = missing_part(peer, seen)
        found[code] = found.get(code, 0) + 1
    return found


def missing_part(peer: Peer, seen: Seen) -> str:
    """The code of what is wrong with the way to a peer; empty when nothing is."""
    route = seen.routes.to(peer.subnet)
    if route is None:
        far = not peer.device and not seen.routes.is_adjacent(peer.public)
        return "peer_not_adjacent" if far else "peer_route_missing"
    if peer.is_direct(route):
        return "peer_route_wrong" if peer.direct is False else ""
    if not peer.is_by_device(route):
        return "peer_route_wrong"
    if peer.mac is not None and not seen.has_neighbour(peer):
        return "peer_neighbour_missing"
    if peer.mac is not None and not seen.has_entry(peer):
        return "peer_fdb_missing"
    return "detour" if peer.direct else ""


def wrong_routes(context: HostContext, peers: t.Sequence[Peer], expected: str, seen: Seen) -> t.Iterator[Finding]:
    """Those by a device that is left over go with it."""
    left = left_devices(context)
    pairs = [(peer, route) for peer in peers for route in [seen.routes.to(peer.subnet)] if route]
    pairs = [(peer, route) for peer, route in pairs if route["dev"] not in left]
    if pairs:
        yield Finding(
            code="peer_route_wrong",
            seen="routes that do not belong to this configuration: "
            + listed([f"{peer} {path(route)}" for peer, route in pairs]),
            expected=expected,
            fix="; ".join([*(delete_route(route) for _peer, route in pairs), RESTART]),
        )


def expected_way(peer: Peer) -> str:
    direct = peer.direct or not peer.device
    return f"via {peer.public}, not by a device of flannel" if direct else f"via {peer.gateway} dev {peer.device}"


def needless_encapsulation(peers: t.Sequence[Peer]) -> t.Iterator[Finding]:
    if peers:
        yield Finding(
            code="peer_route_wrong",
            severity=WARNING,
            seen=f"routes by {peers[0].device}, to hosts in the same network as this one: {listed(peers)}",
            expected=f"{expected_way(peers[0])}: the network has DirectRouting",
            fix=RESTART,
        )


def check_single_route(context: HostContext, family: int, seen: Seen) -> t.Iterator[Finding]:
    """udp and wireguard: one route to everybody, and none to a single peer beside it."""
    device, network = context.device_of(family), context.range_of(family)
    if not network or not is_fit(context, family):
        return
    expected = f"one route to the whole network, as {context.backend} has it"
    route = seen.routes.to(network)
    if route is None or route["dev"] != device:
        seen_text = f"no route to {network} by {device}"
        yield Finding(code="peer_route_missing", seen=seen_text, expected=expected, fix=RESTART)
    found = ((peer, seen.routes.to(peer.subnet)) for peer in peers_of(context, family, seen))
    strays = [peer for peer, route in found if route and route["dev"] != device]
    yield from wrong_routes(context, strays, f"{expected}, by {device}", seen)


def check_any_route(context: HostContext) -> list[Finding]:
    """Where flannel does not say how: some route, other than the default route, leads to every subnet."""
    old = has_single_route_release(context)
    if old and context.interface is None:
        return []
    routes = [route["dst"] for route in context.facts["routes"] if not route["dst"].endswith("/0")]
    subnets = {str(lease["subnet"]): str(lease.get("public_ip")) for lease in context.peers if lease.get("subnet")}
    lost = [
        f"{subnet} ({public})" for subnet, public in subnets.items() if not any(contains(dst, subnet) for dst in routes)
    ]
    if not lost:
        return []
    what, expected, _fix = LACKS["peer_route_missing"]
    severity = ERROR if old else WARNING
    fix = RESTART if old else f"find out why the commands of the network's Backend did not set it; {RESTART}"
    return [
        Finding(code="peer_route_missing", severity=severity, seen=f"{what} {listed(lost)}", expected=expected, fix=fix)
    ]
