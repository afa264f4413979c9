# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils import host_firewall as firewall
from ansible_collections.overlay.flannel.plugins.module_utils.host_rules import accepts_first

ACCEPT = "-A X -d 10.43.0.0/16 -i flannel.1 -j ACCEPT"
DROP_OWN = "-A X -d 10.43.69.2/32 ! -i docker0 -j DROP"
DROP_OTHER = "-A X -i eth0 -j DROP"


@pytest.mark.parametrize(
    ("rules", "accepted"),
    [
        ([], False),
        ([ACCEPT], True),
        ([ACCEPT, DROP_OWN], True),
        ([DROP_OWN, ACCEPT], False),
        ([DROP_OTHER, ACCEPT], True),
        (["-A X -j RETURN", ACCEPT], False),
        (["-A X -i flannel+ -j ACCEPT"], True),
        (["-A X ! -i eth0 -j ACCEPT"], True),
        (["-A X -s 10.43.0.0/16 -d 10.43.69.0/24 -j ACCEPT"], True),
        (["-A X -i flannel.7 -j ACCEPT"], False),
        (["-A X -p tcp -m tcp --dport 22 -j ACCEPT"], False),
    ],
)
def test_accepts_first(rules, accepted):
    assert accepts_first(rules, "flannel.1", "10.43.0.0/16") == accepted


@pytest.mark.parametrize("name", ["iptables_docker20.txt", "iptables_docker28.txt"])
def test_parse(recorded, name):
    found = firewall.parse(recorded(name), recorded("iptables_raw.txt"))
    assert (found["forward_policy"], found["flannel_forward"], found["docker_chain"]) == ("ACCEPT", True, True)
    assert accepts_first(found["docker_user"], "flannel.1", "10.43.0.0/16") == (name == "iptables_docker28.txt")


def test_no_iptables():
    assert firewall.parse("", "") == firewall.nothing()
