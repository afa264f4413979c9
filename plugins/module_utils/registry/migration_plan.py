# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what v2 and v3 hold to what is to be written into v3; pure, so that check mode is the same plan.

A copy gets the 24 hours that flanneld itself gives a lease (subnet/etcd/local_manager.go: subnetTTL), not what is left of
it in v2: too short a time costs a host its subnet in the middle of the cut-over, too long a one only keeps the
subnet of a host that is gone for one day more. The configuration is written last: without it a new flanneld waits and takes no lease.
"""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import Entry
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config import check
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import (
    NetworkConfig,
    NetworkError,
    Prefix,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease import Lease
from ansible_collections.overlay.flannel.plugins.module_utils.registry.migration import Migration, MigrationEntry, Write

DAY = 24 * 3600
ENOUGH = DAY // 2  # a copy with less is renewed: half a day is left for the cut-over


class Step(t.NamedTuple):
    """What becomes of one lease of v2: copied, updated, renewed, replaced, kept or skipped, and why."""

    held: MigrationEntry
    action: str
    reason: str
    write: Write | None = None


class Plan(t.NamedTuple):
    """`removals` and what replaces an entry of v3 stand for `conflicts`: only by force."""

    steps: list[Step]
    config: Write | None
    removals: list[Entry]
    conflicts: list[Finding]

    @property
    def writes(self) -> list[Write]:
        return [step.write for step in self.steps if step.write] + ([self.config] if self.config else [])

    @property
    def changed(self) -> bool:
        return bool(self.writes or self.removals)


def make_plan(case: Migration) -> Plan:
    """For a case that nothing speaks against: see migration_judge."""
    there = {held.name: held for held in case.target.held}
    on_v3 = {host.public_ip for host in case.fleet.v3}
    steps = [_step(held, there.get(held.name), on_v3, case.target.keys.prefix) for held in case.source.held]
    config, conflicts = _config(case)
    conflicts += [_not_ours(there[step.held.name]) for step in steps if step.action == "replaced"]
    removals, more = _others(case, on_v3)
    return Plan(steps, config, removals, conflicts + more)


def _config(case: Migration) -> tuple[Write | None, list[Finding]]:
    source, target, key = case.source.config, case.target.config, case.target.keys.config
    if source is None:
        return None, []
    if target is None:
        return Write(key, source.value, 0), []
    if _meaning(target.value, case.flannel_version) == _meaning(source.value, case.flannel_version):
        return None, []
    expected = "the same as in v2, or nothing"
    conflict = _in_use("target_config_differs", f"{key} in v3 holds another configuration", expected)
    return Write(key, source.value, target.revision), [conflict]


def _meaning(text: str, flannel_version: str) -> NetworkConfig | None:
    try:
        return check(text, flannel_version)
    except NetworkError:
        return None


def _step(held: MigrationEntry, there: MigrationEntry | None, on_v3: t.Container[str], prefix: str) -> Step:
    if held.lease is None:
        return Step(held, "skipped", held.problem.seen if held.problem else "")
    action, reason = _action(held.lease, held.entry.value, there, on_v3)
    if action == "kept":
        return Step(held, action, reason)
    ttl = 0 if held.lease.ttl is None else DAY
    key = f"{prefix}/subnets/{held.name}"
    return Step(held, action, reason, Write(key, held.entry.value, there.entry.revision if there else 0, ttl))


def _action(lease: Lease, text: str, there: MigrationEntry | None, on_v3: t.Container[str]) -> tuple[str, str]:
    if there is None:
        return "copied", "v3 does not have it"
    if there.lease is None:
        return "updated", "flannel cannot read what v3 has there"
    if there.lease.attributes.public_ip != lease.attributes.public_ip:
        return "replaced", f"v3 gives it to {there.lease.attributes.public_ip}"
    if lease.attributes.public_ip in on_v3:
        return "kept", "its flanneld runs on v3 already"
    same = there.entry.value == text
    if lease.ttl is None:
        return _reserved(same, there.lease)
    return _leased(lease.ttl, same, there.lease)


def _reserved(same: bool, there: Lease) -> tuple[str, str]:
    """A flanneld that has taken it gave it a time to live."""
    if same or there.ttl is not None:
        return "kept", "v3 has it"
    return "updated", "v2 has changed since"


def _leased(ttl: int, same: bool, there: Lease) -> tuple[str, str]:
    left = there.ttl
    if same:
        short = left is None or left < ENOUGH
        return ("renewed", "it would end too soon, or never") if short else ("kept", "v3 has it")
    if left is None or left < ttl:
        return "updated", "v2 has changed since"
    return "replaced", "v3 differs and is newer than v2"


def _others(case: Migration, on_v3: t.Container[str]) -> tuple[list[Entry], list[Finding]]:
    """Leases that only v3 has: those in the way would have to go."""
    names = {held.name for held in case.source.held if held.lease}
    removals, conflicts = [], []
    for held in case.target.held:
        if held.lease is None or held.name in names:
            continue
        rival = next((lease for lease in case.source.leases if _collide(held.lease, lease)), None)
        if rival:
            removals.append(held.entry)
            conflicts.append(_in_the_way(held.lease, rival))
        elif held.lease.attributes.public_ip not in on_v3:
            conflicts.append(_alone(held.lease))
    return removals, conflicts


def _collide(one: Lease, other: Lease) -> bool:
    return (
        one.attributes.public_ip == other.attributes.public_ip
        or _overlap(one.subnets.ipv4, other.subnets.ipv4)
        or _overlap(one.subnets.ipv6, other.subnets.ipv6)
    )


def _overlap(one: Prefix | None, other: Prefix | None) -> bool:
    if one is None or other is None:
        return False
    return one.contains(other.value) or other.contains(one.value)


def _in_use(code: str, seen: str, expected: str) -> Finding:
    fix = "stop the flanneld that runs on v3, use another prefix, or set force to true if the data in v3 is not needed"
    return Finding(code=code, seen=seen, expected=expected, fix=fix)


def _not_ours(there: MigrationEntry) -> Finding:
    owner = there.lease.attributes.public_ip if there.lease else "no readable lease"
    return _in_use("target_lease_differs", f"{there.entry.key} in v3 is in use by {owner}", "what v2 holds")


def _in_the_way(lease: Lease, rival: Lease) -> Finding:
    seen = f"{_named(lease)} in v3 is in the way of {_named(rival)}"
    return _in_use("target_lease_in_the_way", seen, "only leases that v2 has too")


def _alone(lease: Lease) -> Finding:
    return _in_use("target_lease_foreign", f"v2 does not have {_named(lease)} of v3", "only leases that v2 has too")


def _named(lease: Lease) -> str:
    return f"{lease.subnet} of {lease.attributes.public_ip}"
