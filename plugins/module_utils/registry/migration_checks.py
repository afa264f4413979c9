# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What speaks against a migration: in the fleet, in what v2 holds, and in what v3 holds already."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import RefusedError
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import ERROR, WARNING, Finding, to_dicts
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config import check_dict
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import NetworkConfig
from ansible_collections.overlay.flannel.plugins.module_utils.registry.expected import Expected
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_checks import check_leases
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_facts import Facts
from ansible_collections.overlay.flannel.plugins.module_utils.registry.leases import read_config
from ansible_collections.overlay.flannel.plugins.module_utils.registry.migration import Fleet, Migration

# What lease_judge finds and a migration cannot bear, with the fix where it is another one here. The rest are warnings.
_FATAL = {
    "duplicate_expected": "",
    "duplicate_address": "",
    "lease_overlap": "",
    "lease_missing": "give the endpoints and the prefix of the flanneld that runs there as source, or stop it if it has none",
    "lease_outside_network": "its host would get another subnet: write a configuration into v2 that keeps it, or delete the lease of a host that is gone",
}


def examine(case: Migration) -> list[Finding]:
    """By the rules of the flannel to come; errors are what a migration cannot bear."""
    stored, keys = case.source.config, case.source.keys
    config, findings = read_config(stored, keys, case.flannel_version)
    if stored is None:
        fix = "give the endpoints and the prefix of the running flanneld as source; nothing of this network is in v2"
        findings = [dataclasses.replace(findings[0], seen=f"{keys.config} is not in v2", fix=fix)]
    facts = Facts(case.source.leases, config, case.fleet.v2)
    checked = [_weighed(finding) for finding in check_leases(_known(facts, case.fleet))]
    return [*_mixed(case.fleet), *findings, *_other_network(case, config), *checked, *_malformed(case)]


def _other_network(case: Migration, config: NetworkConfig | None) -> t.Iterator[Finding]:
    if case.network is not None and config is not None and check_dict(case.network, case.flannel_version) != config:
        seen = f"{case.source.keys.config} holds {case.source.config.value if case.source.config else ''}"
        fix = "set network and psk (overlay_network and overlay_psk in the inventory) to the configuration in v2; change it after the migration"
        yield Finding("config_differs", seen, "the configuration that was given as network", fix)


def _malformed(case: Migration) -> list[Finding]:
    """Not copied, and not ours to delete; what v3 has in the place of a lease is written over."""
    names = {held.name for held in case.source.held if held.lease}
    strays = [held for held in case.target.held if held.name not in names]
    return [dataclasses.replace(held.problem, severity=WARNING) for held in case.source.held + strays if held.problem]


def _known(facts: Facts, fleet: Fleet) -> Facts:
    """Hosts without a flanneld on v2 may have a lease there, but need not."""
    holders = {lease.attributes.public_ip for lease in facts.leases}
    others = [host for host in fleet.v3 + fleet.idle if host.public_ip in holders]
    return dataclasses.replace(facts, expected=[*facts.expected, *others])


def _weighed(finding: Finding) -> Finding:
    if finding.code not in _FATAL:
        return dataclasses.replace(finding, severity=WARNING)
    return dataclasses.replace(finding, severity=ERROR, fix=_FATAL[finding.code] or finding.fix)


def _mixed(fleet: Fleet) -> t.Iterator[Finding]:
    if fleet.v2 and fleet.v3:
        yield Finding(
            code="mixed_fleet",
            seen=f"{_names(fleet.v2)} run flannel 0.17 or older on v2, and {_names(fleet.v3)} 0.18 or newer on v3: two overlays without a connection",
            expected="all running flannelds on one side",
            fix="stop flanneld on one of the two groups, then run the module again",
        )


def _names(hosts: t.Iterable[Expected]) -> str:
    return ", ".join(host.host for host in hosts)


def refuse(findings: t.Sequence[Finding]) -> None:
    """All that speaks against it, at once."""
    errors = [finding for finding in findings if finding.severity == ERROR]
    if errors:
        text = "; ".join(finding.to_text() for finding in errors)
        raise RefusedError(f"nothing was written: {text}", findings=to_dicts(errors))
