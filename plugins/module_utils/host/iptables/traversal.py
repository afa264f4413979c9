# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follow a packet through iptables chains. What is not understood is said to be so, never guessed. No I/O."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.iptables.rules import Packet, Rule, fits, parse_rule
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Chain

ACCEPT = "ACCEPT"
DROPS = ("DROP", "REJECT")
MARKS = ("MARK", "CONNMARK")
PASSES = (
    *(
        "",
        "LOG",
        "NFLOG",
        "ULOG",
        "TRACE",
        "CT",
        "NOTRACK",
        "TCPMSS",
        "CHECKSUM",
        "CLASSIFY",
        "DSCP",
        "TOS",
        "TTL",
        "SET",
    ),
    *MARKS,
)


@dataclasses.dataclass(frozen=True)
class Verdict:
    """Where a packet's way through a table ends: by a rule, or by the policy of the chain (then `rule` is empty).

    `doubt` is a rule before it that may have let the packet through.
    """

    verdict: str
    variant: str
    table: str
    chain: str
    rule: str = ""
    uncertain_rule: str = ""


class Traversal:
    """One packet's way through the chains of one table."""

    def __init__(self, chains: t.Mapping[str, Chain], packet: Packet) -> None:
        self.rules = {name: [parse_rule(text) for text in chain["rules"]] for name, chain in chains.items()}
        self.chains = chains
        self.packet = packet
        self.uncertain_rule = ""

    def verdict(self, start: str) -> Verdict:
        """The policy decides over what no rule ends."""
        chain = self.chains[start]
        found = self.traverse(start)
        name, rule, verdict = found or (start, "", chain["policy"] or ACCEPT)
        return Verdict(verdict, chain["variant"], chain["table"], name, rule, self.uncertain_rule)

    def traverse(self, chain: str) -> tuple[str, str, str] | None:
        """Chain, text and target of the rule that ends the way; None when the packet comes back out of the chain."""
        for rule in self.rules[chain]:
            fitting = fits(rule, self.packet)
            if fitting is None:
                self.uncertain_rule = self.uncertain_rule or self.doubtful(rule)
            elif fitting and rule.target == "RETURN":
                return None
            elif fitting and rule.target in self.rules:
                found = self.traverse(rule.target)
                if found or rule.leaves:
                    return found
            elif fitting and rule.target not in PASSES:
                return chain, rule.text, rule.target
        return None

    def doubtful(self, rule: Rule) -> str:
        """Its text, if the rule could let the packet through: one that can only drop makes a later drop no less sure."""
        if rule.target in DROPS or rule.target in PASSES:
            return ""
        if rule.target in self.rules and not rule.leaves:
            inner = Traversal({}, self.packet)
            inner.rules = self.rules
            found = inner.traverse(rule.target)
            if not inner.uncertain_rule and (found is None or found[2] in DROPS):
                return ""
        return rule.text


def tables(chains: t.Sequence[Chain]) -> dict[tuple[str, str], dict[str, Chain]]:
    """The chains by variant and table, then by name."""
    found: dict[tuple[str, str], dict[str, Chain]] = {}
    for chain in chains:
        found.setdefault((chain["variant"], chain["table"]), {})[chain["chain"]] = chain
    return found


def verdicts(chains: t.Sequence[Chain], steps: t.Sequence[tuple[str, str]], packet: Packet) -> list[Verdict]:
    """Where the packet ends at each step, a table and a chain, in their order. Both variants of iptables see every packet."""
    found = tables(chains)
    packet = dataclasses.replace(packet, marked=any(sets_mark(rule) for chain in chains for rule in chain["rules"]))
    variants = list(dict.fromkeys(variant for variant, _table in found))
    return [
        Traversal(found[variant, table], packet).verdict(chain)
        for table, chain in steps
        for variant in variants
        if chain in found.get((variant, table), {})
    ]


def sets_mark(rule: str) -> bool:
    return any(f"-j {target} " in rule for target in MARKS)
