# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What firewalld says of itself, and whether that lets the overlay pass."""

from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import Output
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.firewalld import check_firewalld
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.firewalld_zones import lets_in
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import firewalld as facts_of

ZONE = """{name}{state}
  target: {target}
  ingress-priority: 0
  icmp-block-inversion: no
  interfaces: {interfaces}
  sources: {sources}
  services:
  ports: {ports}
  protocols:
  forward: yes
  masquerade: no
  rich rules:
{rich}
"""
POLICY = """docker-forwarding (active)
  priority: 100
  target: {target}
  ingress-zones: ANY
  egress-zones: docker
  services:
  rich rules:
"""


def zone(name, state="", target="default", interfaces="", sources="", ports="", rich=""):
    return ZONE.format(**locals())


def found_of(monkeypatch, *zones, permanent=None, policies="", default="public"):
    """As firewall-cmd prints them."""
    printed = {
        ("--get-default-zone",): default + "\n",
        ("--list-all-zones",): "\n".join(zones),
        ("--permanent", "--list-all-zones"): "\n".join(zones if permanent is None else permanent),
        ("--list-all-policies",): policies,
    }
    monkeypatch.setattr(facts_of.processes, "find_by_name", lambda name: 7)
    return facts_of.read_firewalld(lambda argv: Output(0, printed[tuple(argv[1:])]))


PUBLIC = zone("public", " (default, active)")
OPEN = zone("public", " (default, active)", ports="22/tcp 8472/udp")
TRUSTED = zone("trusted", " (active)", target="ACCEPT", interfaces="flannel.1")
DOCKER = zone("docker", " (active)", target="ACCEPT", interfaces="docker0")


def test_none_runs(monkeypatch):
    monkeypatch.setattr(facts_of.processes, "find_by_name", lambda name: None)
    assert facts_of.read_firewalld(None) is None


def test_what_is_kept_of_it(monkeypatch):
    rich = '\trule family="ipv4" accept\n'
    found = found_of(
        monkeypatch, zone("dmz"), zone("public", rich=rich), TRUSTED, policies=POLICY.format(target="ACCEPT")
    )
    assert set(found["zones"]) == {"public", "trusted"}
    assert found["zones"]["public"]["rich"] and not found["zones"]["trusted"]["rich"]
    assert found["zones"]["trusted"]["interfaces"] == ["flannel.1"]
    assert found["policies"]["docker-forwarding"]["ingress"] == ["ANY"]


@pytest.mark.parametrize(
    ("zones", "policies", "expected", "unexpected"),
    [
        ([PUBLIC], "", ["8472/udp", "flannel.1 (in no zone", "systemctl restart docker"], []),
        ([OPEN], "", ["change-interface=flannel.1", "systemctl restart docker"], ["add-port"]),
        ([OPEN, TRUSTED], "", ["from docker0 (in no zone", "systemctl restart docker"], ["change-interface"]),
        ([PUBLIC, TRUSTED, DOCKER], "", ["add-port=8472/udp"], ["restart docker"]),
        ([OPEN, DOCKER], POLICY.format(target="CONTINUE"), ["change-interface=flannel.1"], ["restart docker"]),
        ([OPEN, DOCKER], POLICY.format(target="ACCEPT"), [], []),
        ([OPEN, TRUSTED, DOCKER], "", [], []),
        ([PUBLIC, zone("lan", target="ACCEPT", sources="172.72.0.0/16"), TRUSTED, DOCKER], "", [], []),
        ([zone("public", rich="\trule port port=8472 accept\n"), TRUSTED, DOCKER], "", [], []),
    ],
)
def test_what_is_blocked(monkeypatch, context, zones, policies, expected, unexpected):
    context.facts["firewalld"] = found_of(monkeypatch, *zones, policies=policies)
    texts = [finding.to_text() for finding in check_firewalld(context)]
    assert all("[firewalld_blocks]" in text for text in texts) and bool(texts) == bool(expected)
    assert all(part in texts[0] for part in expected)
    assert not any(part in text for part in unexpected for text in texts)


def test_what_a_reload_takes_away(monkeypatch, context):
    context.facts["firewalld"] = found_of(monkeypatch, OPEN, TRUSTED, DOCKER, permanent=[PUBLIC])
    (finding,) = check_firewalld(context)
    assert finding.code == "firewalld_forgets"
    assert "firewall-cmd --permanent --zone=public --add-port=8472/udp" in finding.fix
    assert "firewall-cmd --permanent --zone=trusted --change-interface=flannel.1" in finding.fix


def test_no_answer(monkeypatch, context):
    monkeypatch.setattr(facts_of.processes, "find_by_name", lambda name: 7)
    context.facts["firewalld"] = facts_of.read_firewalld(lambda argv: Output(252, "", "not running\n"))
    (finding,) = check_firewalld(context)
    assert finding.code == "firewalld_unread" and "not running" in finding.seen


@pytest.mark.parametrize(
    ("ports", "arrival", "let_in"),
    [
        ("8000-9000/udp", "8472/udp", True),
        ("8000-9000/tcp", "8472/udp", False),
        ("8471/udp", "8472/udp", False),
        ("8472/udp", "4", False),
    ],
)
def test_ranges_of_ports(monkeypatch, ports, arrival, let_in):
    found = found_of(monkeypatch, zone("public", ports=ports))
    assert lets_in(found["zones"]["public"], arrival) is let_in
