# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the firewall as far as packets of the overlay pass it: iptables of both variants, and the other chains of nftables."""

from __future__ import annotations

import os
import re
import shutil
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import HostRunner, Output, search_path
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_nft import read_docker_nft
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.files import read_text
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Chain, Firewall, NftChain

NFT, LEGACY = "nft", "legacy"
LEGACY_TABLES = "/proc/net/ip_tables_names"
LEGACY_TABLES6 = "/proc/net/ip6_tables_names"
PASSED = (
    ("raw", "PREROUTING"),
    ("mangle", "PREROUTING"),
    ("mangle", "FORWARD"),
    ("filter", "FORWARD"),
    ("filter", "INPUT"),
    ("nat", "POSTROUTING"),
)
BY_IPTABLES = ("raw", "mangle", "nat", "filter", "security")
# What grows with every host: a packet that comes back out of these chains goes on as if they were not there.
OF_PEERS = "OVERLAY-PEERS"
TABLE = re.compile(r"table (\S+) (\S+) {")
CHAIN = re.compile(r"chain (\S+) {")
INCOMPATIBLE = re.compile(r"^# Table `(\w+)' is incompatible", re.MULTILINE)
HOOK = re.compile(r"type \S+ hook (\S+) .*policy (\w+)")


def nothing() -> Firewall:
    return Firewall(
        forward_policy=None,
        raw_prerouting=[],
        docker_user=[],
        flannel_forward=False,
        docker_chain=False,
        chains=[],
        chains6=[],
        nft_chains=[],
        docker_nft=None,
        unread=[],
    )


def parse(text: str, variant: str) -> list[Chain]:
    """All chains of what `iptables-save` prints. The policy of a chain that is not built in is None."""
    chains: dict[tuple[str, str], Chain] = {}
    table = ""
    for line in text.splitlines():
        if line.startswith("*"):
            table = line[1:].strip()
        elif line.startswith(":"):
            name, policy = line[1:].split()[:2]
            chains[table, name] = Chain(
                variant=variant, table=table, chain=name, policy=None if policy == "-" else policy, rules=[]
            )
        elif line.startswith("-A "):
            chains[table, line.split()[1]]["rules"].append(line)
    return list(chains.values())


def passed(chains: t.Sequence[Chain]) -> list[Chain]:
    """Only those through which routed packets may come, and those to the host itself."""
    known = {(chain["table"], chain["chain"]): chain for chain in chains}
    waiting, found = list(PASSED), {}
    while waiting:
        place = waiting.pop(0)
        if place in known and place not in found and not place[1].startswith(OF_PEERS):
            found[place] = known[place]
            waiting += [(place[0], target) for rule in known[place]["rules"] for target in targets(rule)]
    return list(found.values())


def targets(rule: str) -> list[str]:
    return re.findall(r" -[jg] (\S+)", rule)


def describe(chains: t.Sequence[Chain]) -> Firewall:
    """The rules from the program that docker and flannel find first."""
    known = {(chain["table"], chain["chain"]): chain for chain in chains}
    rules = {place: chain["rules"] for place, chain in known.items()}
    forward = known.get(("filter", "FORWARD"))
    return Firewall(
        forward_policy=(forward["policy"] if forward else None) or "ACCEPT",
        raw_prerouting=rules.get(("raw", "PREROUTING"), []),
        docker_user=rules.get(("filter", "DOCKER-USER"), []),
        flannel_forward=any("FLANNEL-FWD" in rule for rule in rules.get(("filter", "FORWARD"), [])),
        docker_chain=("filter", "DOCKER") in known,
        chains=passed(chains),
        chains6=[],
        nft_chains=[],
        docker_nft=None,
        unread=[],
    )


def parse_nft(text: str) -> list[NftChain]:
    """The chains that the kernel calls by itself, of tables that are not those of iptables."""
    found, family, table, chain = [], "", "", ""
    for line in text.splitlines():
        if start := TABLE.search(line):
            family, table = start.groups()
        elif start := CHAIN.search(line):
            chain = start.group(1)
        elif (start := HOOK.search(line)) and not (family in ("ip", "ip6") and table in BY_IPTABLES):
            hook, policy = start.groups()
            found.append(NftChain(family=family, table=table, chain=chain, hook=hook, policy=policy, rules=[]))
    return found


def read_nft(run: HostRunner, firewall: Firewall) -> None:
    """Rules only of chains that drop what they do not name, and of docker's tables."""
    listed = run(["nft", "list", "chains"])
    if listed.code == 0:
        firewall["docker_nft"] = read_docker_nft(run, listed.out)
    firewall["nft_chains"] = chains = parse_nft(listed.out)
    for chain in chains:
        if chain["hook"] == "forward" and chain["policy"] == "drop":
            rules = run(["nft", "list", "chain", chain["family"], chain["table"], chain["chain"]]).out
            chain["rules"] = [line.strip() for line in rules.splitlines() if line.startswith("\t\t")]


def where(program: str) -> str | None:
    return shutil.which(program, path=search_path())


def variant_of(program: str) -> str:
    """Before 1.8 there was one only."""
    return NFT if "nft" in os.path.basename(os.path.realpath(program)) else LEGACY


def other_variant(variant: str) -> str | None:
    """The program of the other variant, if that can have rules."""
    if variant == LEGACY:
        return where("iptables-nft-save")
    return where("iptables-legacy-save") if read_text(LEGACY_TABLES) else None


def left_out(program: str, done: Output) -> list[str]:
    """A table in which nft has rules of its own kind: iptables does not print it, and succeeds."""
    tables = dict.fromkeys(INCOMPATIBLE.findall(done.out + done.error))
    name = os.path.basename(program)
    return [f"{name} leaves out the table {table} of iptables, because nft has written rules there" for table in tables]


def failed(program: str, done: Output) -> str:
    why = " ".join(done.error.split()) or "no reason given"
    return f"{program} fails (exit code {done.code}): {why}"


def read_ipv6(run: HostRunner, firewall: Firewall) -> None:
    """The same of ip6tables, where packets of the overlay pass it."""
    program = where("ip6tables-save")
    if program is None:
        return
    done = run([program])
    if done.code != 0:
        firewall["unread"].append(failed("ip6tables-save", done))
        return
    variant = variant_of(program)
    firewall["chains6"] = passed(parse(done.out, variant))
    firewall["unread"] += left_out(program, done)
    other = where("ip6tables-nft-save") if variant == LEGACY else where("ip6tables-legacy-save")
    if other and (variant == LEGACY or read_text(LEGACY_TABLES6)):
        firewall["chains6"] += passed(parse(run([other]).out, LEGACY if variant == NFT else NFT))


def read_firewall(run: HostRunner, ipv6: bool = False) -> Firewall:
    """Nothing where there is no iptables. `unread` says what the programs did not tell."""
    program = where("iptables-save")
    if program is None:
        return nothing()
    done = run([program])
    if done.code != 0:
        return Firewall({**nothing(), "unread": [failed("iptables-save", done)]})
    variant = variant_of(program)
    firewall = describe(parse(done.out, variant))
    firewall["unread"] = left_out(program, done)
    other = other_variant(variant)
    if other:
        theirs = run([other])
        firewall["chains"] += passed(parse(theirs.out, LEGACY if variant == NFT else NFT))
        firewall["unread"] += left_out(other, theirs)
    if any("table filter " in text for text in firewall["unread"]):
        firewall["forward_policy"] = None
    if ipv6:
        read_ipv6(run, firewall)
    if where("nft"):
        read_nft(run, firewall)
    return firewall
