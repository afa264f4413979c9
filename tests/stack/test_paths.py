# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where packets of containers are lost, the verdict names the rule, and its fix heals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from containers import Probes
from fleet import Fleet

from playbooks import Playbooks

BLOCK = "DOCKER-USER -i docker0 -d {0} -m conntrack --ctstate NEW -j DROP"
SNAT = "POSTROUTING -s {0} -o flannel.1 -j MASQUERADE"
LET_IN = "PREROUTING -d {0} -i flannel.1 -j ACCEPT"
CODES = ["forward_blocked", "masquerade_overlay", "docker_rules_missing"]


@pytest.fixture
def broken(fleet: Fleet, probes: Probes):
    """Something of somebody else on the first two hosts, and what docker 28 needs gone from the third."""
    network = fleet[fleet.first].check_output("sed -n s/^FLANNEL_NETWORK=//p /run/flannel/subnet.env")
    first, second, third = (fleet[name] for name in fleet.names[:3])
    first.check_output("iptables -w 30 -I " + BLOCK.format(network))
    second.check_output("iptables -w 30 -t nat -I " + SNAT.format(network))
    third.check_output("iptables -w 30 -t raw -D PREROUTING 1")
    yield
    first.run("iptables -w 30 -D " + BLOCK.format(network))
    second.run("iptables -w 30 -t nat -D " + SNAT.format(network))
    third.run("iptables -w 30 -t raw -D " + LET_IN.format(network))
    third.check_output("systemctl start overlay-docker-refresh.service")


def test_the_verdict_names_the_rule_and_its_fix_heals(
    fleet: Fleet, probes: Probes, playbooks: Playbooks, broken: None, tmp_path: Path
) -> None:
    assert {name: reached(fleet, probes, name) for name in fleet} == dict(zip(fleet, ("", "masqueraded", "")))
    report = tmp_path / "report.json"
    assert playbooks.verify(overlay_report=str(report)).rc != 0
    hosts = json.loads(report.read_text())["hosts"]
    findings = {name: hosts[name]["findings"] for name in fleet}
    assert [[finding["code"] for finding in findings[name]] for name in fleet] == [[code] for code in CODES]
    for name in fleet:
        fleet[name].check_output(findings[name][0]["fix"].partition(" (")[0])
    assert {reached(fleet, probes, name) for name in fleet} == {"own address"}


def reached(fleet: Fleet, probes: Probes, name: str) -> str:
    """How a container of the host appears to one of another host; empty where it gets no page."""
    there = fleet.names[1] if name == fleet.first else fleet.first
    page = probes.fetch(name, f"http://{probes.address(there, 'published')}/cgi-bin/peer")
    seen = "own address" if probes.address(name, "unpublished") in page else "masqueraded"
    return seen if page else ""
