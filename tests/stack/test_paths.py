# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where packets of containers are lost, the verdict names the rule, and its fix heals."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Iterator

import pytest
from containers import Probes
from fleet import Fleet

from playbooks import Playbooks

BLOCK = "DOCKER-USER -i docker0 -d {0} -m conntrack --ctstate NEW -j DROP"
SNAT = "POSTROUTING -s {0} -o flannel.1 -j MASQUERADE"
LET_IN = "PREROUTING -d {0} -i flannel.1 -j ACCEPT"


@dataclasses.dataclass(frozen=True)
class Fault:
    """How a host is broken, what a container of it appears as then, and what the verdict calls it."""

    breaks: str
    mends: str
    seen: str
    code: str


def faults(fleet: Fleet) -> dict[str, Fault]:
    """Something of somebody else on the first two hosts; what docker 28 and newer needs gone from the last, where it has that."""
    network = fleet[fleet.first].check_output("sed -n s/^FLANNEL_NETWORK=//p /run/flannel/subnet.env")
    block, snat, let_in = (rule.format(network) for rule in (BLOCK, SNAT, LET_IN))
    first, second, *others = fleet.names
    found = {
        first: Fault(f"iptables -w 30 -I {block}", f"iptables -w 30 -D {block}", "", "forward_blocked"),
        second: Fault(
            f"iptables -w 30 -t nat -I {snat}", f"iptables -w 30 -t nat -D {snat}", "masqueraded", "masquerade_overlay"
        ),
    }
    for name in others[-1:]:
        if int(fleet[name].check_output("docker version --format '{{ .Server.Version }}'").split(".")[0]) >= 28:
            found[name] = Fault(
                f"iptables -w 30 -t raw -D {let_in.replace('-j', '-m comment --comment overlay.flannel -j')}",
                f"iptables -w 30 -t raw -D {let_in}; systemctl start overlay-docker-refresh.service",
                "",
                "docker_rules_missing",
            )
    return found


@pytest.fixture
def broken(fleet: Fleet, probes: Probes) -> Iterator[dict[str, Fault]]:
    """Broken hosts, mended in the end whatever the test did of it."""
    found = faults(fleet)
    for name, fault in found.items():
        fleet[name].check_output(fault.breaks)
    yield found
    for name, fault in found.items():
        fleet[name].run(fault.mends)


def test_the_verdict_names_the_rule_and_its_fix_heals(
    fleet: Fleet, probes: Probes, playbooks: Playbooks, broken: dict[str, Fault], tmp_path: Path
) -> None:
    assert {name: reached(fleet, probes, name) for name in broken} == {name: broken[name].seen for name in broken}
    report = tmp_path / "report.json"
    assert playbooks.verify(overlay_report=str(report)).rc != 0
    findings = {name: host["findings"] for name, host in json.loads(report.read_text())["hosts"].items()}
    assert {name: [one["code"] for one in findings[name]] for name in broken} == {
        name: [broken[name].code] for name in broken
    }
    for name in broken:
        fleet[name].check_output(findings[name][0]["fix"].partition(" (")[0])
    assert {reached(fleet, probes, name) for name in fleet} == {"own address"}


def reached(fleet: Fleet, probes: Probes, name: str) -> str:
    """How a container of the host appears to one of another host; empty where it gets no page."""
    there = fleet.names[1] if name == fleet.first else fleet.first
    page = probes.fetch(name, f"http://{probes.address(there, 'published')}/cgi-bin/peer")
    seen = "own address" if probes.address(name, "unpublished") in page else "masqueraded"
    return seen if page else ""
