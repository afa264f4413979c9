# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a migration answers: each lease and what becomes of it, the difference, and what to do next."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding, to_dicts
from ansible_collections.overlay.flannel.plugins.module_utils.registry.diff import document, pretty
from ansible_collections.overlay.flannel.plugins.module_utils.registry.migration import Migration, Side, Write
from ansible_collections.overlay.flannel.plugins.module_utils.registry.migration_plan import ENOUGH, Plan, Step


def report(case: Migration, plan: Plan, findings: t.Sequence[Finding]) -> dict[str, t.Any]:
    before = _shown(case.target)
    after = {**before, **{write.key: _entry(write.value, write.ttl or None) for write in plan.writes}}
    for entry in plan.removals:
        del after[entry.key]
    return {
        "changed": plan.changed,
        "config": after[case.target.keys.config]["value"],
        "config_action": _config_action(case, plan.config),
        "leases": [_lease(step, case) for step in plan.steps],
        "removed": [entry.key for entry in plan.removals],
        "findings": to_dicts(findings),
        "next_steps": next_steps(case),
        "diff": {
            "before_header": f"{case.target.keys.prefix} in v3",
            "after_header": f"{case.target.keys.prefix} in v3",
            "before": pretty(before),
            "after": pretty(after),
        },
    }


def _shown(side: Side) -> dict[str, t.Any]:
    config = {side.config.key: _entry(side.config.value, None)} if side.config else {}
    ttls = {held.entry.key: held.lease.ttl if held.lease else None for held in side.held}
    return {**config, **{held.entry.key: _entry(held.entry.value, ttls[held.entry.key]) for held in side.held}}


def _entry(value: str, ttl: int | None) -> dict[str, t.Any]:
    """Seconds would differ between two runs."""
    lasts = "for ever" if ttl is None else "12 hours or more" if ttl >= ENOUGH else "less than 12 hours"
    return {"value": document(value), "lasts": lasts}


def _config_action(case: Migration, write: Write | None) -> str:
    if write is None:
        return "kept"
    return "replaced" if case.target.config else "copied"


def _lease(step: Step, case: Migration) -> dict[str, t.Any]:
    lease, held = step.held.lease, step.held
    public_ip = lease.attributes.public_ip if lease else ""
    hosts = [host for group in case.fleet for host in group]
    return {
        "key": f"{case.target.keys.prefix}/subnets/{held.name}",
        "subnet": lease.subnet if lease else "",
        "public_ip": public_ip,
        "host": next((host.host for host in hosts if host.public_ip == public_ip), ""),
        "action": step.action,
        "reason": step.reason,
        "reserved": lease is not None and lease.ttl is None,
    }


def next_steps(case: Migration) -> list[str]:
    """In their order, by where the fleet stands."""
    fleet = case.fleet
    start = f"Set flannel_version to {case.flannel_version} and run overlay.flannel.site within 12 hours."
    if fleet.v2:
        stop = f"Stop flanneld on {', '.join(host.host for host in fleet.v2)}: containers keep their network meanwhile."
        return [stop, "Run the module once more, so that v3 gets the last state of v2.", start]
    if fleet.idle and not fleet.v3:
        return [start]
    return ["Run overlay.flannel.verify. Keep the keys in v2 as long as you may want to go back."]
