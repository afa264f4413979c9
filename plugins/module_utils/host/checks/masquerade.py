# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check who masquerades: one of flannel and docker, and never packets between containers of the overlay. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import network_of
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import ERROR, WARNING, Finding
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.packet_paths import (
    BRIDGE,
    OUTSIDE,
    own_container,
    packet_paths,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.routing_table import RoutingTable
from ansible_collections.overlay.flannel.plugins.module_utils.host.iptables.rules import Packet
from ansible_collections.overlay.flannel.plugins.module_utils.host.iptables.traversal import Verdict, verdicts

STEPS = (("nat", "POSTROUTING"),)
MASQUERADES = ("MASQUERADE", "SNAT")
LOST = (
    "the other side sees an address of this host instead of the container's, and limits and rules for containers fail"
)
FLANNEL_DOES = "flanneld with --ip-masq (flannel_ip_masq: true), and docker with --ip-masq=false"


def check_masquerade(context: HostContext) -> t.Iterator[Finding]:
    """Only where docker sits on the subnet and the rules could be read: otherwise that is what has to be mended first."""
    docker = context.facts["docker"]
    if not context.subnet or docker["docker0"] != context.subnet or context.facts["firewall"]["forward_policy"] is None:
        return
    overlay = next((hit for path in packet_paths(context) for hit in masquerading(context, path.outgoing)), None)
    if overlay:
        yield masqueraded(context, overlay)
    elif docker["firewall_backend"] != "nftables" and not by_nftables(context) and not leaves(context):
        yield missing(context)


def masquerading(context: HostContext, packet: Packet) -> list[Verdict]:
    """Sure ones only."""
    found = verdicts(context.facts["firewall"]["chains"], STEPS, packet)
    return [hit for hit in found if hit.verdict in MASQUERADES and not hit.uncertain_rule]


def leaves(context: HostContext) -> bool:
    """Packets to the outside are masqueraded, or it is unknown."""
    route = RoutingTable(context.facts["routes"]).towards(OUTSIDE)
    if route is None:
        return True
    packet = Packet(source=own_container(context), target=OUTSIDE, comes=BRIDGE, goes=route["dev"])
    found = verdicts(context.facts["firewall"]["chains"], STEPS, packet)
    return any(hit.verdict in MASQUERADES or hit.uncertain_rule for hit in found)


def by_nftables(context: HostContext) -> bool:
    """flannel's table for EnableNFTables; it has this chain only when it masquerades (pkg/trafficmngr/nftables of v0.28.10)."""
    return any(
        (chain["table"], chain["hook"]) == ("flannel-ipv4", "postrouting")
        for chain in context.facts["firewall"]["nft_chains"]
    )


def is_of_docker(context: HostContext, hit: Verdict) -> bool:
    return f"-s {network_of(context.subnet)} ! -o {BRIDGE} -j" in hit.rule


def masqueraded(context: HostContext, hit: Verdict) -> Finding:
    subnet_env = context.facts["flannel"]["subnet_env"]
    twice = is_of_docker(context, hit) and bool(subnet_env and subnet_env["ipmasq"])
    seen = f"packets to other hosts' containers are masqueraded by the rule {hit.rule} of iptables ({hit.variant})"
    if not is_of_docker(context, hit):
        own = hit.chain.startswith("FLANNEL")
        fix = "systemctl restart flanneld" if own else f"iptables -w -t nat -D {hit.rule[len('-A ') :]}"
        return Finding(
            code="masquerade_overlay", seen=f"{seen}: {LOST}", expected="no masquerading inside the overlay", fix=fix
        )
    if not twice:
        seen += ", as flannel does not masquerade and docker does"
    return Finding(
        code="masquerade_twice" if twice else "masquerade_docker",
        seen=f"{seen}{', though flannel masquerades already' if twice else ''}: {LOST}",
        expected=FLANNEL_DOES,
        fix=docker_fix(context) if twice else "set flannel_ip_masq: true and run the site playbook",
    )


def docker_fix(context: HostContext) -> str:
    """The file that docker should run with is right as a rule: then a restart is enough."""
    given = (context.facts["flannel"]["docker_options"] or {}).get("ip_masq")
    if given == "false":
        return "remove --ip-masq=true from docker's own options, then systemctl restart docker"
    if given == "true":
        return "systemctl restart flanneld; systemctl restart docker"
    return "call mk-docker-opts.sh without -m, or start docker with --ip-masq=false"


def missing(context: HostContext) -> Finding:
    """Who should? Possibly neither, where outside hosts route to containers."""
    subnet_env, options = context.facts["flannel"]["subnet_env"], context.facts["docker"]["options"]
    by_flannel = bool(subnet_env and subnet_env["ipmasq"])
    by_docker = options.get("ip_masq", "true") == "true" and options.get("iptables") != "false"
    who = "flannel" if by_flannel else "docker" if by_docker else "neither flannel nor docker"
    return Finding(
        code="masquerade_missing",
        severity=ERROR if by_flannel or by_docker else WARNING,
        seen=f"no rule masquerades packets of containers to the outside; by its options {who} should",
        expected="a rule that does: otherwise containers reach nothing outside the overlay, unless the outside routes to them",
        fix="systemctl restart flanneld" if by_flannel else "systemctl restart docker" if by_docker else FLANNEL_DOES,
    )
