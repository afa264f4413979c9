# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge whether this host forwards packets between its containers and those of other hosts. No I/O."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import WARNING, Finding
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import Case, version_of
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.packet_paths import BRIDGE, Way, ways
from ansible_collections.overlay.flannel.plugins.module_utils.host.iptables.rules import Packet, fits, parse_rule
from ansible_collections.overlay.flannel.plugins.module_utils.host.iptables.traversal import ACCEPT, DROPS, Hit, hits
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Chain, NftChain

STEPS = (("raw", "PREROUTING"), ("mangle", "PREROUTING"), ("mangle", "FORWARD"), ("filter", "FORWARD"))
PROTECTS_BRIDGES = (28,)
OURS = "--comment overlay.flannel "
PASS = "packets of the overlay are accepted"
FLANNEL_FORWARD = "systemctl restart flanneld, which sets its rules again (flannel before 0.9.1 has none: iptables -w -P FORWARD ACCEPT)"
FIREWALLD = "firewall-cmd --permanent --zone=trusted --add-interface={0}; firewall-cmd --reload"
UFW = "ufw route allow in on {0}; ufw route allow out on {0}"
FRONT_ENDS = (("ufw", UFW), ("FWD", FIREWALLD), ("FORWARD_", FIREWALLD))


@dataclasses.dataclass(frozen=True)
class Drop:
    way: Way
    packet: Packet
    hit: Hit

    @property
    def text(self) -> str:
        what = f"a packet from {self.packet.source} ({self.packet.comes}) to {self.packet.target} ({self.packet.goes})"
        hit = self.hit
        place = f"iptables ({hit.variant}), table {hit.table}, chain {hit.chain}"
        return f"{what} is dropped in {place}, by " + (f"the rule {hit.rule}" if hit.rule else "its policy")


def judge_forwarding(case: Case) -> t.Iterator[Finding]:
    if case.look["sysctls"].get("net.ipv4.ip_forward") == "0":
        yield Finding(
            code="ip_forward_off",
            seen="net.ipv4.ip_forward is 0",
            expected="1: else no packet passes between docker0 and the overlay",
            fix="sysctl -w net.ipv4.ip_forward=1, and a file in /etc/sysctl.d",
        )
    yield from judge_path(case)
    yield from judge_variants(case.look["firewall"]["chains"])
    yield from (nft_drop(chain) for chain in case.look["firewall"]["nft_chains"] if drops_overlay(case, chain))


def judge_path(case: Case) -> t.Iterator[Finding]:
    """One finding for the first place where a packet is dropped, and one for rules that docker 28 and newer needs."""
    found = ways(case)
    drop = blocked(case.look["firewall"]["chains"], found)
    if drop and not is_of_docker(drop.hit):
        yield explain(case, drop)
        drop = None
    lacking = [place for way in found for place in missing_accepts(case, way)]
    if lacking or drop:
        yield rules_missing(case, lacking, drop)


def blocked(chains: t.Sequence[Chain], found: t.Sequence[Way]) -> Drop | None:
    """The first drop on the way of a peer's packet to a container here, then of one of a container here to a peer."""
    for way, packet in [*((way, way.incoming) for way in found), *((way, way.outgoing) for way in found)]:
        for hit in hits(chains, STEPS, packet):
            if hit.verdict in DROPS:
                return Drop(way, packet, hit)
    return None


def is_of_docker(hit: Hit) -> bool:
    """Docker 28 and newer drops what comes to docker0 from outside, in raw and in chain DOCKER; so does the docker role's guard."""
    guard = OURS in hit.rule.replace('"', "")
    protection = hit.table == "raw" and f"! -i {BRIDGE} " in hit.rule
    return guard or protection or (hit.chain.startswith("DOCKER") and hit.chain != "DOCKER-USER")


def explain(case: Case, drop: Drop) -> Finding:
    seen, fix, doubt = drop.text, fix_of(case, drop), drop.hit.doubt
    if doubt:
        seen = f"whether the overlay passes cannot be told: the rule {doubt} is not understood; unless it lets it through, {seen}"
        return Finding(
            code="forward_unknown", severity=WARNING, seen=seen, expected=PASS, fix=f"where nothing passes: {fix}"
        )
    return Finding(code="forward_blocked" if drop.hit.rule else "forward_drop", seen=seen, expected=PASS, fix=fix)


def fix_of(case: Case, drop: Drop) -> str:
    """What front ends manage is changed by them."""
    for prefix, fix in FRONT_ENDS:
        if drop.hit.chain.startswith(prefix):
            return fix.format(drop.way.device)
    command = f"{program(case, drop.hit.variant)} -w -t {drop.hit.table}"
    if drop.hit.rule:
        return f"{command} -D {drop.hit.rule[len('-A ') :]}"
    of_flannel = command == "iptables -w -t filter"
    return FLANNEL_FORWARD if of_flannel else f"{command} -P {drop.hit.chain} {ACCEPT}"


def program(case: Case, variant: str) -> str:
    """The first variant is the one that the plain name stands for."""
    return "iptables" if case.look["firewall"]["chains"][0]["variant"] == variant else f"iptables-{variant}"


def needed(case: Case, way: Way) -> list[tuple[str, str]]:
    """Table and rule of what lets this way through docker's protection. Devices of flannel carry nothing but the overlay."""
    source = "" if way.device.startswith("flannel") else f"-s {case.range} "
    return [
        ("raw", f"PREROUTING {source}-d {case.range} -i {way.device} -j {ACCEPT}"),
        ("filter", f"DOCKER-USER {source}-i {way.device} -o {BRIDGE} -j {ACCEPT}"),
    ]


def missing_accepts(case: Case, way: Way) -> list[tuple[str, str]]:
    firewall = case.look["firewall"]
    there = {"raw": firewall["raw_prerouting"], "filter": firewall["docker_user"]}
    if not protects_bridges(case):
        return []
    unneeded = "raw" if open_to_all(case) else ""
    wanted = [place for place in needed(case, way) if place[0] != unneeded]
    return [(table, rule) for table, rule in wanted if not accepts(there[table], way.incoming)]


def protects_bridges(case: Case) -> bool:
    docker = case.look["docker"]
    by_iptables = docker["options"].get("iptables") != "false" and docker["firewall_backend"] != "nftables"
    seen = docker["running"] and case.look["firewall"]["forward_policy"] is not None
    return seen and by_iptables and version_of(docker["version"]) >= PROTECTS_BRIDGES


def open_to_all(case: Case) -> bool:
    """With this option docker has no rules in raw."""
    docker = case.look["docker"]
    by_file = docker["daemon_json"]["keys"].get("allow-direct-routing") is True
    return by_file or docker["options"].get("allow_direct_routing") == "true"


def accepts(rules: t.Sequence[str], packet: Packet) -> bool:
    """Some rule accepts it; what may come before that is seen by the walk."""
    return any(rule.target == ACCEPT and fits(rule, packet) for rule in map(parse_rule, rules))


def rules_missing(case: Case, lacking: t.Sequence[tuple[str, str]], drop: Drop | None) -> Finding:
    """`drop` without `lacking`: the guard of the docker role drops with older dockers as well."""
    seen = [f"no rule accepts what comes from the overlay in {table} {rule.split()[0]}" for table, rule in lacking]
    wanted = list(lacking)
    if drop:
        seen.insert(0, drop.text)
        wanted = wanted or [place for place in needed(case, drop.way) if place[0] == drop.hit.table]
    commands = [f"iptables -w -t {table} -I {rule}" for table, rule in wanted]
    return Finding(
        code="docker_rules_missing",
        seen="; ".join(seen),
        expected="rules that accept the overlay before docker 28 and newer, or the guard of the docker role, drops it",
        fix="; ".join(commands) + " (the docker role has docker set them at each start)",
    )


def judge_variants(chains: t.Sequence[Chain]) -> t.Iterator[Finding]:
    """The kernel asks both; who looks at one does not see the other."""
    owned: dict[str, list[str]] = {}
    for chain in chains:
        if chain["chain"].startswith(("DOCKER", "FLANNEL")) and chain["rules"]:
            owned.setdefault(chain["variant"], []).append(chain["chain"])
    if len(owned) > 1:
        yield Finding(
            code="iptables_mixture",
            severity=WARNING,
            seen="; ".join(
                f"iptables ({variant}) has {', '.join(sorted(set(names)))}" for variant, names in owned.items()
            ),
            expected="rules of docker and flannel in one variant of iptables",
            fix="update-alternatives --set iptables to the same variant for all, then reboot, which forgets the rules of the other",
        )


def drops_overlay(case: Case, chain: NftChain) -> bool:
    """Its policy drops and no rule of it names the overlay: an accept in another table does not count."""
    if chain["hook"] != "forward" or chain["policy"] != "drop":
        return False
    names = [case.range, *(f'"{way.device}"' for way in ways(case))]
    return not any(name in rule for rule in chain["rules"] for name in names)


def nft_drop(chain: NftChain) -> Finding:
    place = f"{chain['family']} {chain['table']} {chain['chain']}"
    return Finding(
        code="forward_nft_drop",
        severity=WARNING,
        seen=f"the policy of the nftables chain {place} is drop, and no rule there names the overlay; such rules are not followed here",
        expected=PASS,
        fix=f"accept the overlay in that chain: nft insert rule {place} iifname flannel.1 accept, and oifname alike",
    )
