# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory and time of the plans for many hosts: recorded facts of one host, with an address and a subnet of its own for each.

Each number of hosts is a process of its own, since a peak of memory is that of a process. It keeps the facts and the plans of all hosts to its end.
"""

from __future__ import annotations

import argparse
import functools
import json
import resource
import sys
import time
from typing import Any

from measure import ROOT, BenchError, Report, environment, run, say

FEW, MANY = 10, 100
MEMORY, TIME = 1.5, 12.0
FACTS = ROOT / "tests/unit/plugins/fixtures/healthy_host.json"
ADDRESS, SUBNET = "172.72.103.13", "10.43.69."  # of the host in FACTS
NETWORK = {"Network": "10.43.0.0/16", "SubnetLen": 24, "Backend": {"Type": "vxlan"}}


def part(options: argparse.Namespace, report: Report) -> None:
    rounds = [{count: child(count) for count in (FEW, MANY)} for _round in range(options.repeat)]
    memory = {count: min(one[count]["memory"] for one in rounds) for count in (FEW, MANY)}
    seconds = {count: min(one[count]["seconds"] for one in rounds) for count in (FEW, MANY)}
    detail = f"{memory[MANY]:.0f} MB / {memory[FEW]:.0f} MB"
    report.add(f"peak memory, plans of {MANY} hosts / {FEW} hosts", memory[MANY] / memory[FEW], MEMORY, detail)
    detail = f"{seconds[MANY] * 1000:.0f} ms / {seconds[FEW] * 1000:.0f} ms"
    report.add(f"processor time, plans of {MANY} hosts / {FEW} hosts", seconds[MANY] / seconds[FEW], TIME, detail)


def child(count: int) -> dict[str, float]:
    found: dict[str, float] = json.loads(
        run([sys.executable, __file__, count], env={"PYTHONPATH": str(ROOT / ".collections"), **environment()}).output
    )
    say(f"plans of {count} hosts: {found}")
    return found


def name_of(number: int) -> str:
    return f"node{number}"


def address_of(number: int) -> str:
    return f"172.72.{104 + number // 200}.{1 + number % 200}"


def facts_of(number: int) -> dict[str, Any]:
    text = FACTS.read_text().replace(ADDRESS, address_of(number)).replace(SUBNET, f"10.43.{number}.")
    found: dict[str, Any] = json.loads(text)["facts"]
    return found


def settings_of(role: str) -> dict[str, Any]:
    """What the role _overlay passes to the roles, beside the defaults."""
    from ansible_collections.overlay.flannel.plugins.plugin_utils.role_settings import typed_settings

    shared = {
        "flannel_network": NETWORK,
        "flannel_etcd_endpoints": [f"http://{address_of(0)}:2379"],
        "flannel_hosts": [],
        "docker_overlay_network": NETWORK["Network"],
        "docker_overlay_device": "flannel.1",
        "etcd_flannel_version": "0.28.10",
    }
    found = typed_settings(role, {name: value for name, value in shared.items() if name.startswith(f"{role}_")})
    if found.refusals:
        raise BenchError("\n".join(refusal.to_text("all") for refusal in found.refusals))
    return found.values


def measure(count: int) -> dict[str, float]:
    """Seconds of the processor for all plans, and the peak of memory in MB when they are done."""
    from ansible_collections.overlay.flannel.plugins.plugin_utils.components import BY_NAME
    from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Controller
    from ansible_collections.overlay.flannel.plugins.plugin_utils.role_files import render

    names = [name_of(number) for number in range(count)]
    groups = {"etcd": names[:1], "flannel": names, "docker": names}
    settings = {role: settings_of(role) for role in BY_NAME}
    facts = {name: facts_of(number) for number, name in enumerate(names)}
    controllers = [
        Controller(host=name, ansible_host=address_of(number), now=1.8e9, groups=groups)
        for number, name in enumerate(names)
    ]
    plans: dict[str, dict[str, Any]] = {}
    started = time.process_time()
    for controller in controllers:
        for role, component in BY_NAME.items():
            if controller.host in groups[role]:
                plan = component.plan(
                    settings[role], facts[controller.host], controller, functools.partial(render, role)
                )
                plans[f"{controller.host} {role}"] = plan.to_dict()
    seconds = time.process_time() - started
    refusals = [text for plan in plans.values() for text in plan["refusals"]]
    if refusals:
        raise BenchError(
            "the plans refuse the recorded host, so that they are not measured whole:\n" + "\n".join(refusals[:20])
        )
    return {
        "seconds": seconds,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "plans": len(plans),
    }


if __name__ == "__main__":
    try:
        print(json.dumps(measure(int(sys.argv[1]))))
    except BenchError as error:
        sys.exit(str(error))
