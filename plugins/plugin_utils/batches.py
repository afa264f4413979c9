# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The brakes of a rollout: how many hosts change at once where something that runs is interrupted. No I/O."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import HostFacts, Refusal

VARIABLE, DEFAULT = "overlay_batch", (1, "25%", "100%")
ALL_AT_ONCE = ["100%"]
SIZE = re.compile(r"[1-9][0-9]*|([1-9][0-9]?|100)%")
Plans = t.Mapping[str, t.Mapping[str, t.Any]]


def as_list(value: t.Any) -> list[t.Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def refuse_batch(host: str, value: t.Any) -> list[str]:
    """As `serial` of a play takes it, without zero, negative numbers and more than 100 %."""
    sizes = as_list(value)
    if sizes and all(SIZE.fullmatch(str(size)) and not isinstance(size, bool) for size in sizes):
        return []
    allowed = 'a number of hosts, a percentage, or a list of them, such as [1, "25%", "100%"]'
    return [Refusal(VARIABLE, value, allowed, "leave it out for one host, then a quarter, then the rest").to_text(host)]


def interrupts(plans: Plans, facts: HostFacts) -> list[str]:
    """What a run would restart although it runs now, as texts. A component that is started for the first time interrupts nobody."""
    flannel, docker = plans.get("flannel", {}), plans.get("docker", {})
    found = []
    if "flanneld" in facts["processes"]:
        found += [f"flanneld restarts: {reason}" for reason in flannel.get("restart", [])]
    if "dockerd" in facts["processes"]:
        found += [f"docker restarts: {reason}" for reason in docker.get("restart", [])]
        found += ["docker restarts: its package changes"] if docker.get("package_may_start") else []
    return found


def holds_docker(plans: Plans, facts: HostFacts, serial: int) -> bool:
    """Whether docker's watchers must wait for the turn of the play: the role flannel may write other options for a docker that runs."""
    flannel = plans.get("flannel", {})
    return serial > 0 and "dockerd" in facts["processes"] and bool(flannel.get("remaining"))


def batches(
    names: t.Iterable[str], hostvars: t.Mapping[str, t.Mapping[str, t.Any]], result: str = "overlay_preflight"
) -> list[t.Any]:
    """For `serial` of a play: all hosts at once, unless something that runs on one of them is interrupted."""
    variables = [hostvars.get(name, {}) for name in names]
    if not any((found.get(result) or {}).get("interrupts") for found in variables):
        return ALL_AT_ONCE
    return as_list(variables[0].get(VARIABLE, DEFAULT))
