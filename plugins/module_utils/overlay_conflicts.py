# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does flannel's network overlap with what a host uses already? Judges a look. No I/O; runs on the controller."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from .devices import field
from .findings import ERROR, WARNING, Finding

Look = t.Mapping[str, t.Any]
Net = t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

# docker0 is about to get its address from flannel; the bridges of docker's other networks are told by docker itself.
OF_THE_OVERLAY = re.compile(r"lo\Z|docker0\Z|br-[0-9a-f]{12}\Z|veth|flannel|cni0\Z")
DOCKERS_OWN_POOLS = ("172.17.0.0/16", "172.18.0.0/15", "172.20.0.0/14", "172.24.0.0/13", "192.168.0.0/16")


class Taken(t.NamedTuple):
    """One range that somebody uses."""

    network: Net
    code: str
    seen: str
    fix: str
    severity: str = ERROR


def network_conflicts(look: Look, network: t.Mapping[str, t.Any]) -> list[Finding]:
    wanted = wanted_networks(network)
    taken = [*by_interfaces(look), *by_routes(look, wanted), *by_docker(look), *by_pools(look)]
    return [finding(own, other) for own in wanted for other in taken if overlaps(own, other.network)]


def wanted_networks(network: t.Mapping[str, t.Any]) -> list[Net]:
    texts = [field(network, "network"), field(network, "ipv6network") if field(network, "enableipv6") else None]
    return [found for found in map(as_network, texts) if found]


def as_network(text: t.Any) -> Net | None:
    try:
        return ipaddress.ip_network(str(text), strict=False)
    except ValueError:
        return None


def overlaps(one: Net, other: Net) -> bool:
    return one.version == other.version and one.overlaps(other)


def finding(own: Net, taken: Taken) -> Finding:
    return Finding(
        code=taken.code,
        severity=taken.severity,
        seen=f"{'IPv6Network' if own.version == 6 else 'Network'} = {own} overlaps with {taken.seen}",
        expected="a network that nothing else on this host uses",
        fix=taken.fix,
    )


def by_interfaces(look: Look) -> t.Iterator[Taken]:
    for name, interface in (look.get("interfaces") or {}).items():
        for item in interface["addresses"] if not OF_THE_OVERLAY.match(name) else []:
            network = as_network(f"{item['address']}/{item['prefixlen']}")
            if network and not network.is_link_local:
                seen = f"{item['address']}/{item['prefixlen']} on {name}"
                yield Taken(
                    network, "network_overlaps_host", seen, "take another Network, or another interface address"
                )


def by_routes(look: Look, wanted: t.Sequence[Net]) -> t.Iterator[Taken]:
    """A wider route, for example to a VPN, loses only a part: that is told, not refused."""
    for route in look.get("routes") or []:
        network = as_network(route["dst"])
        if network is None or not route["via"] or not network.prefixlen or of_flannel(look, route, network):
            continue
        wider = any(own.version == network.version and own.subnet_of(network) for own in wanted)  # type: ignore[arg-type]
        seen = f"the route to {network} via {route['via']} on {route['dev']}"
        fix = "take another Network, or remove the route"
        yield Taken(network, "network_overlaps_route", seen, fix, WARNING if wider else ERROR)


def of_flannel(look: Look, route: t.Mapping[str, t.Any], network: Net) -> bool:
    """By its device; host-gw and DirectRouting lead to a peer's subnet by the uplink."""
    if OF_THE_OVERLAY.match(route["dev"]):
        return True
    written = (look.get("flannel") or {}).get("subnet_env") or {}
    for kind in ("", "ipv6_"):
        whole, own = as_network(written.get(kind + "network")), as_network(written.get(kind + "subnet"))
        if whole and own and overlaps(whole, network) and network.prefixlen == own.prefixlen:
            return True
    return False


def by_docker(look: Look) -> t.Iterator[Taken]:
    for item in (look.get("docker") or {}).get("networks") or []:
        network = as_network(item["subnet"]) if item["subnet"] and item["name"] != "bridge" else None
        if network:
            seen = f"{item['subnet']} of docker's network {item['name']}"
            fix = "take another Network, or make that docker network anew with another --subnet"
            yield Taken(network, "network_overlaps_docker", seen, fix)


def by_pools(look: Look) -> t.Iterator[Taken]:
    """Docker takes the subnets of its next networks from these pools."""
    keys = ((look.get("docker") or {}).get("daemon_json") or {}).get("keys") or {}
    pools = keys.get("default-address-pools")
    given = [str(pool.get("base", "")) for pool in pools if isinstance(pool, dict)] if isinstance(pools, list) else []
    for text in given or DOCKERS_OWN_POOLS:
        network = as_network(text)
        if network:
            whose = "default-address-pools in daemon.json" if given else "docker's built-in address pools"
            fix = (
                "take another Network, or set default-address-pools in /etc/docker/daemon.json to ranges outside of it"
            )
            severity = ERROR if given else WARNING
            yield Taken(network, "network_overlaps_docker_pools", f"{text} of {whose}", fix, severity)
