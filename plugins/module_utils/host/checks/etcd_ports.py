# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check whether containers of a host reach the etcd of that host. No I/O."""

from __future__ import annotations

import ipaddress
import typing as t
import urllib.parse

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import WARNING, Finding, listed
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.packet_paths import BRIDGE
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_nft import closes
from ansible_collections.overlay.flannel.plugins.module_utils.host.iptables.rules import Packet
from ansible_collections.overlay.flannel.plugins.module_utils.host.iptables.traversal import DROPS, verdicts

STEPS = (("raw", "PREROUTING"), ("mangle", "PREROUTING"), ("filter", "INPUT"))
OF_DOCKER = "br-"
UNKNOWN_ADDRESS = "192.0.2.2"


def check_etcd_ports(context: HostContext) -> t.Iterator[Finding]:
    """Only where docker runs beside etcd, and the rules could be read."""
    facts, etcd = context.facts, context.facts.get("etcd")
    if not facts["docker"]["running"] or not etcd or facts["firewall"]["forward_policy"] is None:
        return
    places = [place for url in etcd["client_urls"] for place in reachable(url)]
    found = [
        (bridge, address, port)
        for bridge in bridges(context)
        for address, port in places
        if is_open(context, bridge, address, port)
    ]
    if found:
        bridge, _address, port = found[0]
        yield Finding(
            code="etcd_open_to_containers",
            severity=WARNING,
            seen=f"containers reach etcd: {listed([f'{address}:{port} by {bridge}' for bridge, address, port in found])}",
            expected="a rule that drops their connections",
            fix=f"run the site playbook, or iptables -w -I INPUT -i {bridge} -p tcp --dport {port} -j DROP",
        )


def reachable(url: str) -> list[tuple[str, int]]:
    """An address that containers can reach, with the port; nothing for a name or a loopback address."""
    try:
        place = urllib.parse.urlsplit(url)
        address, port = ipaddress.ip_address(place.hostname or ""), place.port or 2379
    except ValueError:
        return []
    return [] if address.is_loopback or address.version != 4 else [(str(address), port)]


def bridges(context: HostContext) -> list[str]:
    """Those of docker's networks, which have a container's packets come in."""
    links = context.facts["interfaces"]
    return [
        name for name in links if name == BRIDGE or (name.startswith(OF_DOCKER) and links[name]["kind"] == "bridge")
    ]


def is_open(context: HostContext, bridge: str, address: str, port: int) -> bool:
    """A rule that is not understood may drop it. With docker's backend nftables the docker role's rules are there."""
    own_table = context.facts["firewall"].get("docker_nft")
    if own_table and closes(own_table, bridge, port):
        return False
    addresses = [item for item in context.facts["interfaces"][bridge]["addresses"] if item["family"] == 4]
    own = [ipaddress.ip_interface(f"{item['address']}/{item['prefixlen']}").network[2] for item in addresses]
    source = str(own[0]) if own else UNKNOWN_ADDRESS
    packet = Packet(source=source, target=address, comes=bridge, goes="", target_port=port, to_host=True)
    found = verdicts(context.facts["firewall"]["chains"], STEPS, packet)
    return not any(hit.verdict in DROPS or hit.uncertain_rule for hit in found)
