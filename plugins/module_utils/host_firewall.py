# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the few firewall rules that decide over the overlay."""

from __future__ import annotations

from ansible_collections.overlay.flannel.plugins.module_utils.host_run import Runner
from ansible_collections.overlay.flannel.plugins.module_utils.host_types import Firewall

WAIT = ["iptables", "-w", "5"]


def nothing() -> Firewall:
    return Firewall(forward_policy=None, raw_prerouting=[], docker_user=[], flannel_forward=False, docker_chain=False)


def rules(lines: list[str], chain: str) -> list[str]:
    return [line for line in lines if line.startswith(f"-A {chain} ")]


def policy(lines: list[str], chain: str) -> str | None:
    found = [line.split() for line in lines if line.startswith(f"-P {chain} ")]
    return found[0][2] if found else None


def parse(filter_table: str, prerouting: str) -> Firewall:
    lines = filter_table.splitlines()
    return Firewall(
        forward_policy=policy(lines, "FORWARD"),
        raw_prerouting=rules(prerouting.splitlines(), "PREROUTING"),
        docker_user=rules(lines, "DOCKER-USER"),
        flannel_forward=any("FLANNEL-FWD" in rule for rule in rules(lines, "FORWARD")),
        docker_chain="-N DOCKER" in lines,
    )


def look_at_firewall(run: Runner) -> Firewall:
    return parse(run([*WAIT, "-S"]).out, run([*WAIT, "-t", "raw", "-S", "PREROUTING"]).out)
