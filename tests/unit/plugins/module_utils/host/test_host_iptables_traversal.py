# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.firewall import parse
from ansible_collections.overlay.flannel.plugins.module_utils.host.iptables.rules import Packet
from ansible_collections.overlay.flannel.plugins.module_utils.host.iptables.traversal import verdicts

PACKET = Packet(source="10.43.23.2", target="10.43.8.2", comes="flannel.1", goes="docker0")
FORWARD = (("filter", "FORWARD"),)


def walk(rules, policy="ACCEPT", packet=PACKET):
    chains = "".join(f":{name} - [0:0]\n" for name in ("ONE", "TWO"))
    text = f"*filter\n:FORWARD {policy} [0:0]\n{chains}" + "".join(f"-A {rule}\n" for rule in rules) + "COMMIT\n"
    (hit,) = verdicts(parse(text, "nft"), FORWARD, packet)
    return hit


@pytest.mark.parametrize(
    ("rules", "verdict", "rule", "doubtful"),
    [
        ([], "DROP", "", False),
        (["FORWARD -i flannel.1 -j ACCEPT"], "ACCEPT", "-A FORWARD -i flannel.1 -j ACCEPT", False),
        (["FORWARD -i eth0 -j ACCEPT"], "DROP", "", False),
        (["FORWARD -j ONE", "ONE -j RETURN", "ONE -j ACCEPT"], "DROP", "", False),
        (["FORWARD -j ONE", "ONE -i eth0 -j DROP", "FORWARD -j ACCEPT"], "ACCEPT", "-A FORWARD -j ACCEPT", False),
        (["FORWARD -g ONE", "FORWARD -j ACCEPT"], "DROP", "", False),
        (["FORWARD -j ONE", "ONE -j TWO", "TWO -j REJECT"], "REJECT", "-A TWO -j REJECT", False),
        (["FORWARD -j LOG", "FORWARD", "FORWARD -j ACCEPT"], "ACCEPT", "-A FORWARD -j ACCEPT", False),
        (["FORWARD -m set --match-set good src -j ACCEPT"], "DROP", "", True),
        (["FORWARD -m set --match-set bad src -j DROP"], "DROP", "", False),
        (["FORWARD -m set --match-set any src -j RETURN"], "DROP", "", True),
        (["FORWARD -m set --match-set any src -j ONE", "ONE -j DROP"], "DROP", "", False),
        (["FORWARD -m set --match-set any src -j ONE", "ONE -j ACCEPT"], "DROP", "", True),
        (
            ["FORWARD -m set --match-set any src -j ONE", "ONE -m set --match-set good src -j ACCEPT", "ONE -j DROP"],
            "DROP",
            "",
            True,
        ),
        (["FORWARD -j NFQUEUE --queue-num 1"], "NFQUEUE", "-A FORWARD -j NFQUEUE --queue-num 1", False),
    ],
)
def test_where_it_ends(rules, verdict, rule, doubtful):
    hit = walk(rules, policy="DROP")
    assert (hit.verdict, hit.rule, bool(hit.uncertain_rule)) == (verdict, rule, doubtful)


def test_a_mark_set_before():
    rules = ["FORWARD -j MARK --set-xmark 0x1/0x1", "FORWARD -m mark --mark 0x1/0x1 -j ACCEPT"]
    assert walk(rules[1:], "DROP").uncertain_rule == ""
    assert walk(rules, "DROP").uncertain_rule == "-A FORWARD -m mark --mark 0x1/0x1 -j ACCEPT"


def test_both_variants_are_asked():
    chains = [
        *parse("*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT", "nft"),
        *parse("*filter\n:FORWARD DROP [0:0]\nCOMMIT", "legacy"),
    ]
    assert [(hit.variant, hit.verdict) for hit in verdicts(chains, FORWARD, PACKET)] == [
        ("nft", "ACCEPT"),
        ("legacy", "DROP"),
    ]
