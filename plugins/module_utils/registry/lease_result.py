# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of lease_info."""

from __future__ import annotations

import operator
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import healthy, to_dicts
from ansible_collections.overlay.flannel.plugins.module_utils.registry.diff import document
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_checks import check_leases
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_facts import Facts
from ansible_collections.overlay.flannel.plugins.module_utils.registry.leases import Reading, Task, facts


def report(task: Task, reading: Reading) -> dict[str, t.Any]:
    checked = facts(task, reading)
    findings = reading.findings + check_leases(checked)
    names = checked.names
    return {
        "changed": False,
        "reused": False,
        "api": task.store.api,
        "config": document(reading.stored.value if reading.stored else None),
        "normalized": reading.config.to_dict() if reading.config else None,
        "revision": reading.stored.revision if reading.stored else 0,
        "capacity": _capacity(checked),
        "next_expiry": _next_expiry(checked),
        "leases": [lease.to_dict(names.get(lease.attributes.public_ip, "")) for lease in reading.leases],
        "findings": to_dicts(findings),
        "healthy": healthy(findings),
    }


def _capacity(checked: Facts) -> dict[str, t.Any] | None:
    """The scarcer family decides how many hosts can still come."""
    if not checked.config or not checked.usages:
        return None
    scarce = min(checked.usages, key=lambda usage: usage.free)
    names = [name for name, family in (("ipv4", checked.config.ipv4), ("ipv6", checked.config.ipv6)) if family]
    families = {name: usage._asdict() for name, usage in zip(names, checked.usages)}
    full_at = scarce.used + scarce.reserved + scarce.free
    return {**scarce._asdict(), "full_at": full_at, "ipv4": families.get("ipv4"), "ipv6": families.get("ipv6")}


def _next_expiry(checked: Facts) -> dict[str, t.Any] | None:
    """Of the leases whose times were read."""
    ending = [lease for lease in checked.leases if lease.ttl is not None]
    first = min(ending, key=operator.attrgetter("ttl"), default=None)
    if first is None:
        return None
    shown = first.to_dict(checked.names.get(first.attributes.public_ip, ""))
    return {name: shown[name] for name in ("subnet", "public_ip", "host", "ttl", "expiry")}
