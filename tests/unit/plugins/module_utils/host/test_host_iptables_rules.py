# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.iptables.rules import Packet, fits, parse_rule

PACKET = Packet(source="10.43.23.2", target="10.43.8.2", comes="flannel.1", goes="docker0")


@pytest.mark.parametrize(
    ("conditions", "answer"),
    [
        ("", True),
        ("-s 10.43.0.0/16 -d 10.43.8.0/24", True),
        ("! -s 10.43.0.0/16", False),
        ("-d 10.43.9.0/24", False),
        ("-d fd00::/8", False),
        ("-d 10.43.8.2/32 ! -i docker0", True),
        ("-i flannel+ -o docker0", True),
        ("-i flannel.10", False),
        ("! -i eth0", True),
        ("-p tcp -m tcp --dport 80", False),
        ("-p tcp -m tcp --dport 1:100", True),
        ("-p tcp -m tcp ! --dport 80", True),
        ("-p tcp -m multiport --dports 80,443", False),
        ("-p tcp -m tcp --sport 1024:", True),
        ("-p udp -m udp --dport 9", False),
        ("-p icmp", False),
        ("-m conntrack --ctstate RELATED,ESTABLISHED", False),
        ("-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT", True),
        ("-m state --state NEW", True),
        ('-m comment --comment "my -i rule"', True),
        ("-m addrtype --dst-type LOCAL", False),
        ("-m addrtype ! --dst-type LOCAL", True),
        ("-m mark --mark 0x4000/0x4000", False),
        ("-m physdev --physdev-is-bridged", False),
        ("-m set --match-set good src", None),
        ("-m set --match-set good src -o eth0", False),
        ("-m limit --limit 5/sec", None),
        ("-m rpfilter", None),
        ("-p tcp -m tcp --tcp-flags SYN,RST SYN", None),
    ],
)
def test_fits(conditions, answer):
    assert fits(parse_rule(f"-A X {conditions} -j ACCEPT"), PACKET) is answer


def test_a_mark_that_some_rule_sets_is_not_known():
    rule = parse_rule("-A X -m mark --mark 0x1 -j DROP")
    assert fits(rule, PACKET) is False
    assert fits(rule, dataclasses.replace(PACKET, marked=True)) is None


@pytest.mark.parametrize(
    ("text", "target", "leaves"),
    [
        ("-A X -j REJECT --reject-with icmp-port-unreachable", "REJECT", False),
        ("-A X -g Y", "Y", True),
        ("-A X -i eth0", "", False),
    ],
)
def test_target(text, target, leaves):
    rule = parse_rule(text)
    assert (rule.target, rule.leaves, rule.text) == (target, leaves, text)
