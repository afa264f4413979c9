# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what etcd holds and what is wanted to what is to be written; pure, so that check mode is the same plan."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError, RefusedError
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import ERROR, Finding, to_dicts
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.allocation import misfit
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import (
    BACKENDS,
    NO_COMMANDS,
    lease_type,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config import check, encode
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import NetworkConfig, NetworkError
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease import Lease
from ansible_collections.overlay.flannel.plugins.module_utils.registry.diff import document, pretty


class Plan(t.NamedTuple):
    """`write` is the text to store; None leaves what is there, or deletes it where `delete` is set."""

    before: t.Any
    after: t.Any
    write: str | None = None
    delete: bool = False
    config: NetworkConfig | None = None
    existing: NetworkConfig | None = None

    @property
    def changed(self) -> bool:
        return self.delete or self.write is not None


class Broken(t.NamedTuple):
    lease: Lease
    reason: str

    def to_dict(self) -> dict[str, str]:
        return {"subnet": self.lease.subnet, "public_ip": self.lease.attributes.public_ip, "reason": self.reason}


def plan_present(stored: str | None, wanted: t.Mapping[str, t.Any], flannel_version: str) -> Plan:
    """Nothing is written where the stored text means the same to this flannel."""
    text = encode(wanted)
    config = check(text, flannel_version)
    existing = readable(stored, flannel_version)
    before = document(stored)
    if existing == config:
        return Plan(before, before, config=config, existing=existing)
    return Plan(before, document(text), write=text, config=config, existing=existing)


def plan_absent(stored: str | None) -> Plan:
    return Plan(document(stored), None, delete=stored is not None)


def readable(stored: str | None, flannel_version: str) -> NetworkConfig | None:
    """None where there is none, or where flannel refuses it."""
    if stored is None:
        return None
    try:
        return check(stored, flannel_version)
    except NetworkError:
        return None


def refuse_unusable(findings: t.Iterable[Finding]) -> None:
    """flannel takes this configuration, but it cannot work with it."""
    errors = [finding for finding in findings if finding.severity == ERROR]
    if errors:
        text = "; ".join(finding.to_text() for finding in errors)
        raise RefusedError(f"{text}. Or set force to true", findings=to_dicts(errors))


def refuse_commands(config: NetworkConfig | None) -> None:
    """Whoever can write such a configuration commands every host."""
    if config is not None and BACKENDS[config.backend_type].runs_commands:
        fix = "use vxlan, or set allow_extension to true (overlay_allow_extension in the inventory)"
        raise InputError("Backend.Type", config.backend_type, NO_COMMANDS, fix)


def breaking(existing: NetworkConfig | None, wanted: NetworkConfig, leases: t.Iterable[Lease]) -> list[Broken]:
    """The leases that fit the existing configuration (if flannel can read it) and not the wanted one."""
    broken = []
    for lease in leases:
        reason = misfit(wanted, lease) or _other_backend(existing, wanted, lease)
        if reason and not (existing and misfit(existing, lease)):
            broken.append(Broken(lease, reason))
    return broken


def _other_backend(existing: NetworkConfig | None, wanted: NetworkConfig, lease: Lease) -> str:
    before = lease.attributes.backend if existing is None else lease_type(existing.backend_type)
    after = lease_type(wanted.backend_type)
    if existing is not None and existing.backend_type != wanted.backend_type:
        return f"the backend changes from {existing.backend_type} to {wanted.backend_type}"
    if existing is None and before and before != after:
        return f"its backend is {before}, not {wanted.backend_type}"
    return ""


def refuse_breaking(plan: Plan, leases: t.Sequence[Lease]) -> None:
    """The change would take the subnets of hosts that use them."""
    if plan.config is None:
        broken = [Broken(lease, "without a configuration its flanneld does not start again") for lease in leases]
    else:
        broken = breaking(plan.existing, plan.config, leases)
    if broken:
        raise _refused(broken)


def _refused(broken: list[Broken]) -> RefusedError:
    named = [f"{one.lease.subnet} of {one.lease.attributes.public_ip} ({one.reason})" for one in broken[:10]]
    more = f" and {len(broken) - 10} more" if len(broken) > 10 else ""
    return RefusedError(
        f"this change breaks {len(broken)} lease(s) in use: {', '.join(named)}{more}. Fix: run renumber.yml of"
        " this collection, which prints what changes on which host and does it; or stop flanneld on all hosts first, or set force to true;"
        " then start flanneld on all hosts and restart docker with its new options",
        leases=[one.to_dict() for one in broken],
    )


def report(plan: Plan, key: str) -> dict[str, t.Any]:
    """What the module answers about the plan, carried out or not."""
    findings = plan.config.findings if plan.config else ()
    return {
        "changed": plan.changed,
        "before": plan.before,
        "after": plan.after,
        "config_warnings": to_dicts(findings),
        "diff": {
            "before_header": key,
            "after_header": key,
            "before": pretty(plan.before),
            "after": pretty(plan.after),
        },
        **({"normalized": plan.config.to_dict()} if plan.config else {}),
    }
