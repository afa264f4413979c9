# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge the way to the other hosts: route, neighbour and forwarding entry for every lease, none for absent ones. No I/O."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.findings import WARNING, Finding
from ansible_collections.overlay.flannel.plugins.module_utils.host_case import (
    IPV4,
    IPV6,
    Case,
    Lease,
    backend_value,
    version_of,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host_types import Route

SHOWN = 5
VXLAN = "vxlan"
ONE_ROUTE_EACH = (0, 9)
RESTART = "systemctl restart flanneld"
MISSING = ("peer_route_missing", "peer_neighbour_missing", "peer_fdb_missing")


@dataclasses.dataclass(frozen=True)
class Peer:
    """One lease in one address family, as flanneld 0.9 and later sets it up for vxlan."""

    subnet: str
    gateway: str
    mac: str
    public: str
    device: str
    direct: bool = False

    def __str__(self) -> str:
        return f"{self.subnet} ({self.public})"


def judge_peers(case: Case) -> list[Finding]:
    """Nothing without a lease of one's own, or while the device is missing: then everything is."""
    if case.own is None:
        return []
    if case.backend == VXLAN and (case.interface is None or before_routes(case)):
        return covered_only(case) if case.interface else []
    if case.backend == VXLAN:
        return [*judge_vxlan(case, IPV4), *judge_vxlan(case, IPV6)]
    return covered_only(case)


def before_routes(case: Case) -> bool:
    """flannel 0.8 and older has one route to the whole network and answers questions of the kernel."""
    version = version_of(case.look["flannel"]["version"])
    return bool(version) and version < ONE_ROUTE_EACH


def peer_of(lease: Lease, device: str, family: int) -> Peer | None:
    subnet = str(lease.get("subnet" if family == IPV4 else "ipv6_subnet") or "")
    public = str(lease.get("public_ip") or "")
    return (
        subnet
        and Peer(
            subnet=subnet,
            gateway=subnet.partition("/")[0],
            mac=str(backend_value(lease, "VtepMAC", family) or "").lower(),
            public=public if family == IPV4 else str(lease.get("public_ipv6") or public),
            device=device,
        )
        or None
    )


def peers_of(case: Case, family: int) -> list[Peer]:
    device = case.device_of(family)
    found = [peer_of(lease, device, family) for lease in case.peers]
    return [dataclasses.replace(peer, direct=goes_direct(case, peer)) for peer in found if peer]


def goes_direct(case: Case, peer: Peer) -> bool:
    """DirectRouting: an ordinary route to the host itself."""
    return any(route["dst"] == peer.subnet and route["via"] == peer.public for route in case.look["routes"])


def judge_vxlan(case: Case, family: int) -> list[Finding]:
    peers = peers_of(case, family)
    return [
        *missing(
            "peer_route_missing",
            "no route over the overlay to",
            "a route to the subnet of every lease",
            [peer for peer in peers if not peer.direct and not has_route(case, peer)],
        ),
        *missing(
            "peer_neighbour_missing",
            "no permanent neighbour entry with the right MAC for",
            "one for every lease",
            [peer for peer in peers if not peer.direct and not has_neighbour(case, peer)],
        ),
        *missing(
            "peer_fdb_missing",
            "no forwarding entry with the right MAC and public address for",
            "one for every lease",
            [peer for peer in peers if not peer.direct and not has_entry(case, peer)],
        ),
        *judge_left_over(case, peers, family),
    ]


def missing(code: str, seen: str, expected: str, peers: t.Sequence[Peer], fix: str = RESTART) -> list[Finding]:
    if not peers:
        return []
    return [Finding(code=code, seen=f"{seen} {listed(peers)}", expected=expected, fix=fix)]


def listed(things: t.Sequence[object]) -> str:
    more = len(things) - SHOWN
    return ", ".join(map(str, things[:SHOWN])) + (f" and {more} more" if more > 0 else "")


def has_route(case: Case, peer: Peer) -> bool:
    return any(
        (route["dst"], route["via"], route["dev"]) == (peer.subnet, peer.gateway, peer.device)
        for route in case.look["routes"]
    )


def has_neighbour(case: Case, peer: Peer) -> bool:
    return any(
        (entry["address"], entry["mac"].lower(), entry["dev"]) == (peer.gateway, peer.mac, peer.device)
        and entry["permanent"]
        for entry in case.look["neighbours"]
    )


def has_entry(case: Case, peer: Peer) -> bool:
    return any(
        (entry["mac"].lower(), entry["dst"], entry["dev"]) == (peer.mac, peer.public, peer.device)
        for entry in case.look["fdb"]
    )


def judge_left_over(case: Case, peers: t.Sequence[Peer], family: int) -> t.Iterator[Finding]:
    """An old MAC of a host that is still there is harmless: only public addresses without a lease count."""
    device = case.device_of(family)
    subnets, gateways = {peer.subnet for peer in peers}, {peer.gateway for peer in peers}
    routes = [
        route["dst"] for route in case.look["routes"] if route["dev"] == device and is_peer_route(case, route, family)
    ]
    left = [dst for dst in routes if dst not in subnets]
    if left:
        yield Finding(
            code="stale_route",
            seen=f"routes on {device} to subnets that nobody holds: {listed(left)}",
            expected="routes to the subnets of the leases only",
            fix="; ".join(f"ip route del {dst} dev {device}" for dst in left[:SHOWN]),
        )
    near = [e["address"] for e in case.look["neighbours"] if e["dev"] == device and e["permanent"]]
    left = [address for address in near if address not in gateways]
    if left:
        yield stale_entry(
            "stale_neighbour",
            f"neighbours on {device} without a lease: {listed(left)}",
            f"ip neigh del ADDRESS dev {device}",
        )
    known = {peer.public for peer in peers}
    left = sorted({entry["dst"] for entry in case.look["fdb"] if entry["dev"] == device} - known)
    if left:
        fix = f"bridge fdb del MAC dev {device} dst ADDRESS"
        yield stale_entry("stale_fdb", f"forwarding entries on {device} to hosts without a lease: {listed(left)}", fix)


def stale_entry(code: str, seen: str, fix: str) -> Finding:
    return Finding(code=code, severity=WARNING, seen=seen, expected="entries for the leases only", fix=fix)


def is_peer_route(case: Case, route: Route, family: int) -> bool:
    """A route by a gateway, inside of the overlay's network as far as that is known."""
    inside = overlay_network(case, family)
    return bool(route["via"]) and (not inside or contains(inside, route["dst"]))


def overlay_network(case: Case, family: int) -> str:
    subnet_env = case.look["flannel"]["subnet_env"]
    if subnet_env is None:
        return ""
    return subnet_env["network"] if family == IPV4 else subnet_env["ipv6_network"]


def contains(outer: str, inner: str) -> bool:
    """False as well for what is no network, and between address families."""
    try:
        large, small = ipaddress.ip_network(outer, strict=False), ipaddress.ip_network(inner, strict=False)
    except ValueError:
        return False
    return large.version == small.version and int(large[0]) <= int(small[0]) and int(small[-1]) <= int(large[-1])


def covered_only(case: Case) -> list[Finding]:
    """For other backends: some route, other than the default route, leads to every subnet."""
    routes = [route["dst"] for route in case.look["routes"] if not route["dst"].endswith("/0")]
    peers = [peer for lease in case.peers for peer in [peer_of(lease, "", IPV4)] if peer]
    lost = [peer for peer in peers if not any(contains(dst, peer.subnet) for dst in routes)]
    return missing("peer_route_missing", "no route to", "a route to the subnet of every lease", lost)
