# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts from facts and leases that were read a moment ago. No I/O.

Only where nothing is wrong: whatever one of the checks finds, the module reads again before it is reported.
"""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.connectivity import targets
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.run import check
from ansible_collections.overlay.flannel.plugins.module_utils.host.collect import with_peer_entries

Facts = t.Mapping[str, t.Any]
Leases = t.Sequence[t.Mapping[str, t.Any]]
CONFIGURATION_CODES = ("config_missing", "config_invalid", "config_differs")


def clean_verdict(
    found: Facts, leases: Leases, network: Facts | None, address: str, pings: int
) -> dict[str, t.Any] | None:
    """The result of host_info with these options; None where the host has to be read again."""
    facts = with_peer_entries(found)
    if facts is None or found.get("findings"):
        return None
    context = HostContext(facts, leases, network, address)
    peers = targets(context, pings)
    answers = [ping for ping in found.get("pings") or [] if ping["ok"] and ping["address"] in peers]
    if len(answers) < len(peers) or check(context):
        return None
    others = {
        name: value
        for name, value in found.items()
        if name not in ("peer_entries", "registry", "query", "files", "key_pairs")
    }
    return {**others, "changed": False, "lease": context.own, "pings": answers, "findings": [], "healthy": True}


def clean_leases(registry: Facts, expected: t.Sequence[t.Mapping[str, str]]) -> dict[str, t.Any] | None:
    """The result of lease_info with these expected hosts; None where etcd has to be read again."""
    if not registry or "leases" not in registry or registry.get("findings"):
        return None
    names = {str(one["public_ip"]): str(one["host"]) for one in expected}
    held = [lease["public_ip"] for lease in registry["leases"]]
    if len(names) < len(expected) or sorted(names) != sorted(held):
        return None
    found = dict(registry, reused=True, changed=False)
    found["leases"] = [{**lease, "host": names[lease["public_ip"]]} for lease in registry["leases"]]
    if registry.get("next_expiry"):
        found["next_expiry"] = {**registry["next_expiry"], "host": names[registry["next_expiry"]["public_ip"]]}
    return found


def configuration_remaining(registry: Facts | None) -> list[str]:
    """What keeps the configuration in etcd from being the wanted one, as texts; what was not read may differ."""
    if not registry or "leases" not in registry:
        return [
            f"the network's configuration in etcd was not read: {(registry or {}).get('error') or 'no etcd runs here'}"
        ]
    findings = registry.get("findings") or []
    return [finding["seen"] for finding in findings if finding["code"] in CONFIGURATION_CODES]


def users_remaining(registry: Facts | None) -> list[str]:
    """What keeps users and authentication of etcd from being the wanted ones, as texts; what was not read may differ."""
    if (registry or {}).get("users_differ") is False:
        return []
    return ["users or authentication of etcd differ, or could not be read"]
