# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check whether this host forwards packets between its containers and those of other hosts. No I/O."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding, listed
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import (
    IPV4,
    IPV6,
    HostContext,
    version_of,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.forwarding_fixes import fix_of
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.packet_paths import (
    BRIDGE,
    PacketPath,
    every_path,
    packet_paths,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_state import NFTABLES, backend_of
from ansible_collections.overlay.flannel.plugins.module_utils.host.iptables.rules import Packet, fits, parse_rule
from ansible_collections.overlay.flannel.plugins.module_utils.host.iptables.traversal import (
    ACCEPT,
    DROPS,
    Verdict,
    verdicts,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Chain, NftChain

STEPS = (("raw", "PREROUTING"), ("mangle", "PREROUTING"), ("mangle", "FORWARD"), ("filter", "FORWARD"))
PROTECTS_BRIDGES = (28,)
OURS = "--comment overlay.flannel "
FORWARDING = {IPV4: "net.ipv4.ip_forward", IPV6: "net.ipv6.conf.all.forwarding"}
PROGRAMS = {IPV4: "iptables", IPV6: "ip6tables"}
PASS = "packets of the overlay are accepted"


@dataclasses.dataclass(frozen=True)
class Drop:
    path: PacketPath
    packet: Packet
    hit: Verdict

    @property
    def text(self) -> str:
        what = f"a packet from {self.packet.source} ({self.packet.comes}) to {self.packet.target} ({self.packet.goes})"
        hit = self.hit
        place = f"{PROGRAMS[self.path.family]} ({hit.variant}), table {hit.table}, chain {hit.chain}"
        return f"{what} is dropped in {place}, by " + (f"the rule {hit.rule}" if hit.rule else "its policy")


def check_forwarding(context: HostContext) -> t.Iterator[Finding]:
    for family, name in FORWARDING.items():
        if family in context.families and context.facts["sysctls"].get(name) == "0":
            yield Finding(
                code="ip_forward_off",
                seen=f"{name} is 0",
                expected="1: else no packet passes between docker0 and the overlay",
                fix=f"sysctl -w {name}=1, and a file in /etc/sysctl.d",
            )
    yield from check_unread(context)
    yield from check_path(context)
    yield from check_variants(context.facts["firewall"]["chains"])
    yield from (nft_drop(chain) for chain in context.facts["firewall"]["nft_chains"] if drops_overlay(context, chain))


def check_path(context: HostContext) -> t.Iterator[Finding]:
    """For each family one finding for the first place where a packet is dropped, and one for rules that docker 28 and newer needs."""
    found = every_path(context)
    for family in PROGRAMS:
        yield from check_family(context, [path for path in found if path.family == family])


def check_family(context: HostContext, found: t.Sequence[PacketPath]) -> t.Iterator[Finding]:
    """docker's own protection is read of IPv4 alone: of IPv6 it counts where it drops a packet."""
    drop = blocked(context, found)
    if drop and not is_of_docker(drop.hit):
        yield explain(context, drop)
        drop = None
    lacking = [place for path in found if path.family == IPV4 for place in missing_accepts(context, path)]
    if lacking or drop:
        yield rules_missing(context, lacking, drop)


def blocked(context: HostContext, found: t.Sequence[PacketPath]) -> Drop | None:
    """The first drop on the way of a peer's packet to a container here, then of one of a container here to a peer."""
    for path, packet in [*((path, path.incoming) for path in found), *((path, path.outgoing) for path in found)]:
        for hit in verdicts(chains_of(context, path.family), STEPS, packet):
            if hit.verdict in DROPS:
                return Drop(path, packet, hit)
    return None


def chains_of(context: HostContext, family: int) -> t.Sequence[Chain]:
    """Recorded facts of an earlier release have none of IPv6."""
    firewall = context.facts["firewall"]
    return firewall["chains"] if family == IPV4 else firewall.get("chains6") or []


def is_of_docker(hit: Verdict) -> bool:
    """Docker 28 and newer drops what comes to docker0 from outside, in raw and in chain DOCKER; so does the docker role's guard."""
    guard = OURS in hit.rule.replace('"', "")
    protection = hit.table == "raw" and f"! -i {BRIDGE} " in hit.rule
    return guard or protection or (hit.chain.startswith("DOCKER") and hit.chain != "DOCKER-USER")


def explain(context: HostContext, drop: Drop) -> Finding:
    seen, fix, uncertain_rule = (
        drop.text,
        fix_of(program_of(context, drop), drop.hit, drop.path.device),
        drop.hit.uncertain_rule,
    )
    if uncertain_rule:
        seen = f"the rule {uncertain_rule} is not understood; unless it accepts the packet, {seen}"
        return Finding(code="forward_unknown", seen=seen, expected=PASS, fix=f"if packets do not pass: {fix}")
    return Finding(code="forward_blocked" if drop.hit.rule else "forward_drop", seen=seen, expected=PASS, fix=fix)


def program_of(context: HostContext, drop: Drop) -> str:
    """The first variant is the one that the plain name stands for."""
    name, family = PROGRAMS[drop.path.family], drop.path.family
    return name if chains_of(context, family)[0]["variant"] == drop.hit.variant else f"{name}-{drop.hit.variant}"


def check_unread(context: HostContext) -> t.Iterator[Finding]:
    """What was not read may drop packets of the overlay. Another user than root may not read it: that is a finding of its own."""
    texts = context.facts["firewall"].get("unread") or []
    if texts and context.facts["platform"]["user"] == 0:
        yield Finding(
            code="firewall_unread",
            seen=f"the rules of the firewall are not known: {listed(texts)}",
            expected="rules that iptables-save prints, or rules of nft in a table of another name",
            fix="nft list ruleset shows which rules; move those of nft to a table of their own (inet and another name), or repair iptables",
        )


def needed(context: HostContext, path: PacketPath) -> list[tuple[str, str]]:
    """Table and rule of what lets this way through docker's protection. Devices of flannel carry nothing but the overlay."""
    network = context.range_of(path.family)
    source = "" if path.device.startswith("flannel") else f"-s {network} "
    return [
        ("raw", f"PREROUTING {source}-d {network} -i {path.device} -j {ACCEPT}"),
        ("filter", f"DOCKER-USER {source}-i {path.device} -o {BRIDGE} -j {ACCEPT}"),
    ]


def missing_accepts(context: HostContext, path: PacketPath) -> list[tuple[str, str]]:
    firewall = context.facts["firewall"]
    there = {"raw": firewall["raw_prerouting"], "filter": firewall["docker_user"]}
    if not protects_bridges(context):
        return []
    unneeded = "raw" if open_to_all(context) else ""
    wanted = [place for place in needed(context, path) if place[0] != unneeded]
    return [(table, rule) for table, rule in wanted if not accepts(there[table], path.incoming)]


def protects_bridges(context: HostContext) -> bool:
    docker = context.facts["docker"]
    by_iptables = docker["options"].get("iptables") != "false" and backend_of(docker) != NFTABLES
    seen = docker["running"] and context.facts["firewall"]["forward_policy"] is not None
    return seen and by_iptables and version_of(docker["version"]) >= PROTECTS_BRIDGES


def open_to_all(context: HostContext) -> bool:
    """With this option docker has no rules in raw."""
    docker = context.facts["docker"]
    by_file = docker["daemon_json"]["keys"].get("allow-direct-routing") is True
    return by_file or docker["options"].get("allow_direct_routing") == "true"


def accepts(rules: t.Sequence[str], packet: Packet) -> bool:
    """Some rule accepts it; what comes before is part of the traversal."""
    return any(rule.target == ACCEPT and fits(rule, packet) for rule in map(parse_rule, rules))


def rules_missing(context: HostContext, lacking: t.Sequence[tuple[str, str]], drop: Drop | None) -> Finding:
    """`drop` without `lacking`: the guard of the docker role drops with older dockers as well."""
    seen = [f"no rule accepts packets from the overlay in {table} {rule.split()[0]}" for table, rule in lacking]
    wanted = list(lacking)
    if drop:
        seen.insert(0, drop.text)
        wanted = wanted or [place for place in needed(context, drop.path) if place[0] == drop.hit.table]
    program = PROGRAMS[drop.path.family] if drop else "iptables"
    commands = [f"{program} -w -t {table} -I {rule}" for table, rule in wanted]
    return Finding(
        code="docker_rules_missing",
        seen="; ".join(seen),
        expected="rules that accept the overlay before docker 28 and newer, or the guard of the docker role, drops it",
        fix="; ".join(commands) + " (the docker role has docker set them at each start)",
    )


def check_variants(chains: t.Sequence[Chain]) -> t.Iterator[Finding]:
    """The kernel evaluates both; each program lists only its own."""
    owned: dict[str, list[str]] = {}
    for chain in chains:
        if chain["chain"].startswith(("DOCKER", "FLANNEL")) and chain["rules"]:
            owned.setdefault(chain["variant"], []).append(chain["chain"])
    if len(owned) > 1:
        yield Finding(
            code="iptables_mixture",
            seen="; ".join(
                f"iptables ({variant}) has {', '.join(sorted(set(names)))}" for variant, names in owned.items()
            ),
            expected="rules of docker and flannel in one variant of iptables",
            fix="use one variant for all (update-alternatives --set iptables), then reboot, which removes the rules of the other",
        )


def drops_overlay(context: HostContext, chain: NftChain) -> bool:
    """Its policy drops and no rule of it names the overlay: an accept in another table does not count."""
    if chain["hook"] != "forward" or chain["policy"] != "drop":
        return False
    names = [context.range, *(f'"{path.device}"' for path in packet_paths(context))]
    return not any(name in rule for rule in chain["rules"] for name in names)


def nft_drop(chain: NftChain) -> Finding:
    place = f"{chain['family']} {chain['table']} {chain['chain']}"
    return Finding(
        code="forward_nft_drop",
        seen=f"the policy of the nftables chain {place} is drop, and no rule there names the overlay; rules of nftables are not evaluated",
        expected=PASS,
        fix=f"accept the overlay in that chain: nft insert rule {place} iifname flannel.1 accept, and oifname alike",
    )
