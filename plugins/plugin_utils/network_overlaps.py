# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Overlaps of flannel's network with networks that a host uses already. No I/O; runs on the controller."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import (
    Network,
    as_network,
    is_inside,
    overlaps,
)
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import ERROR, WARNING, Finding
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.devices import field

HostFacts = t.Mapping[str, t.Any]

# docker0 is about to get its address from flannel.
OF_THE_OVERLAY = re.compile(r"lo\Z|docker0\Z|veth|flannel|cni0\Z")
# docker itself reports the bridges of its other networks while it runs.
OF_DOCKER = re.compile(r"br-[0-9a-f]{12}\Z")
DOCKERS_OWN_POOLS = ("172.17.0.0/16", "172.18.0.0/15", "172.20.0.0/14", "172.24.0.0/13", "192.168.0.0/16")


class Taken(t.NamedTuple):
    """One range that is in use."""

    network: Network
    code: str
    seen: str
    fix: str
    severity: str = ""


def network_conflicts(facts: HostFacts, network: t.Mapping[str, t.Any]) -> list[Finding]:
    wanted = wanted_networks(network)
    taken = [*by_interfaces(facts), *by_routes(facts, wanted), *by_docker(facts), *by_pools(facts)]
    return [finding(own, other) for own in wanted for other in taken if overlaps(own, other.network)]


def wanted_networks(network: t.Mapping[str, t.Any]) -> list[Network]:
    texts = [field(network, "network"), field(network, "ipv6network") if field(network, "enableipv6") else None]
    return [found for found in map(as_network, texts) if found]


def finding(own: Network, taken: Taken) -> Finding:
    return Finding(
        code=taken.code,
        severity=taken.severity,
        seen=f"{'IPv6Network' if own.version == 6 else 'Network'} = {own} overlaps with {taken.seen}",
        expected="a network that nothing else on this host uses",
        fix=taken.fix,
    )


def by_interfaces(facts: HostFacts) -> t.Iterator[Taken]:
    return (taken for taken, _device in connections(facts))


def connections(facts: HostFacts) -> t.Iterator[tuple[Taken, str]]:
    """The networks of the interfaces' addresses, each with its interface."""
    for name, interface in (facts.get("interfaces") or {}).items():
        for item in interface["addresses"] if not is_known(facts, name) else []:
            network = as_network(f"{item['address']}/{item['prefixlen']}")
            if network and not network.is_link_local:
                seen = f"{item['address']}/{item['prefixlen']} on {name}"
                fix = "use another Network, or another interface address"
                yield Taken(network, "network_overlaps_host", seen, fix), name


def is_known(facts: HostFacts, device: str) -> bool:
    docker_tells = (facts.get("docker") or {}).get("networks")
    return bool(OF_THE_OVERLAY.match(device) or (docker_tells and OF_DOCKER.match(device)))


def by_routes(facts: HostFacts, wanted: t.Sequence[Network]) -> t.Iterator[Taken]:
    """A wider route, for example to a VPN, loses only a part: a warning, not a refusal."""
    connected = [(taken.network, device) for taken, device in connections(facts)]
    for route in facts.get("routes") or []:
        network = as_network(route["dst"])
        if network is None or is_known(facts, route["dev"]) or of_flannel(facts, route, network):
            continue
        yield from by_gateway(route, [near for near, _device in connected])
        if not network.prefixlen or network.is_link_local or (network, route["dev"]) in connected:
            continue
        wider = any(is_inside(own, network) for own in wanted)
        via = f" via {route['via']}" if route["via"] else ""
        seen = f"the route to {network}{via} on {route['dev'] or 'no device'}"
        fix = "use another Network, or remove the route"
        yield Taken(network, "network_overlaps_route", seen, fix, WARNING if wider else ERROR)


def by_gateway(route: t.Mapping[str, t.Any], near: t.Sequence[Network]) -> t.Iterator[Taken]:
    """Clouds give a gateway outside of the interface's network; the overlay would take the route to it."""
    gateway = as_network(route["via"])
    if gateway and not gateway.is_link_local and not any(overlaps(gateway, network) for network in near):
        seen = f"the gateway {route['via']} of the route to {route['dst']}"
        fix = "use another Network, or another gateway"
        yield Taken(gateway, "network_overlaps_gateway", seen, fix)


def of_flannel(facts: HostFacts, route: t.Mapping[str, t.Any], network: Network) -> bool:
    """host-gw and DirectRouting lead to a peer's subnet by the uplink.

    Until all hosts follow a change of SubnetLen, a peer's subnet has another length than this host's. Whether a lease explains what has a
    gateway inside of the network that flannel runs is checked by host_info (stale_route), which knows the leases.
    """
    written = (facts.get("flannel") or {}).get("subnet_env") or {}
    for kind in ("", "ipv6_"):
        whole, own = as_network(written.get(kind + "network")), as_network(written.get(kind + "subnet"))
        inside = whole and overlaps(whole, network) and network.prefixlen > whole.prefixlen
        if inside and own and (route["via"] or network.prefixlen == own.prefixlen):
            return True
    return False


def by_docker(facts: HostFacts) -> t.Iterator[Taken]:
    for item in (facts.get("docker") or {}).get("networks") or []:
        network = as_network(item["subnet"]) if item["subnet"] and item["name"] != "bridge" else None
        if network:
            seen = f"{item['subnet']} of docker's network {item['name']}"
            fix = "use another Network, or recreate that docker network with another --subnet"
            yield Taken(network, "network_overlaps_docker", seen, fix)


def by_pools(facts: HostFacts) -> t.Iterator[Taken]:
    """Docker takes the subnets of its next networks from these pools."""
    keys = ((facts.get("docker") or {}).get("daemon_json") or {}).get("keys") or {}
    pools = keys.get("default-address-pools")
    given = [str(pool.get("base", "")) for pool in pools if isinstance(pool, dict)] if isinstance(pools, list) else []
    for text in given or DOCKERS_OWN_POOLS:
        network = as_network(text)
        if network:
            whose = "default-address-pools in daemon.json" if given else "docker's built-in address pools"
            fix = "use another Network, or set default-address-pools in /etc/docker/daemon.json to ranges outside of it"
            severity = ERROR if given else WARNING
            yield Taken(network, "network_overlaps_docker_pools", f"{text} of {whose}", fix, severity)
