# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plans of all components of one host: fails with everything that cannot work, and returns what is left to do."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils import components
from ansible_collections.overlay.flannel.plugins.plugin_utils.batches import (
    DEFAULT,
    VARIABLE,
    holds_docker,
    interrupts,
    refuse_batch,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.earlier_facts import (
    clean_verdict,
    configuration_remaining,
    users_remaining,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.fleet_checks import (
    absent_members,
    different_values,
    unused_variables,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.lost_lease import flanneld_without_lease
from ansible_collections.overlay.flannel.plugins.plugin_utils.pki import ending
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import HostFacts
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_action import RoleAction, member_fact, results_of
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_files import variables_of_playbooks

ARGUMENTS = {
    "components": {"type": "list", "elements": "str", "required": True, "choices": list(components.BY_NAME)},
    "facts": {"type": "str", "required": True},
    "refuse_role_variables": {"type": "bool", "default": False},
    "etcd_required": {"type": "bool", "default": False},
    "etcd_members": {"type": "list", "elements": "str", "default": []},
    "shared": {"type": "dict", "default": {}},
    "renew_days": {"type": "int", "default": 30},
    "etcd_users": {"type": "bool", "default": False},
    "reference": {"type": "str", "default": ""},
    "pings": {"type": "int", "default": 0},
}
WITHOUT_LEASE = "flannel_without_lease"


class ActionModule(RoleAction):
    """Changes nothing and connects to nothing: the host's facts are given."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        variables = dict(task_vars or {})
        result: dict[str, t.Any] = {"changed": False, **super().run(tmp, variables)}
        self.template_once(
            ["overlay_pki", "overlay_client_pki", "flannel_network", "overlay_flannel_version", "overlay_etcd_hosts"],
            variables,
        )
        arguments = self.arguments(ARGUMENTS)
        refusals = self.fleet_refusals(arguments, variables)
        plans = {} if refusals else self.plans(arguments, variables)
        refusals += [text for plan in plans.values() for text in plan["refusals"]]
        result["warnings"] = [text for plan in plans.values() for text in plan["warnings"]]
        if refusals:
            return {**result, "failed": True, "msg": "\n".join(refusals)}
        flannel = plans.get("flannel", {})
        releases = [plan["release"] for plan in plans.values() if plan["release"]]
        unissued = [path for role in ("etcd", "flannel") for path in plans.get(role, {}).get("unissued", [])]
        first_start = bool(plans.get("etcd", {}).get("first_start_unknown"))
        preparation = [f"{release['variable']} is not on the controller" for release in releases]
        facts = self.named_facts(arguments["facts"], variables)
        ends = ending(facts, time.time(), arguments["renew_days"]) if variables.get("overlay_pki") else []
        preparation += [f"{path} is not issued yet" for path in unissued] + [f"{path} ends soon" for path in ends]
        preparation += ["how this member of etcd starts for the first time is not known"] if first_start else []
        registry = self.registry(arguments, variables)
        remaining = {"preparation": preparation, **{role: plan["remaining"] for role, plan in plans.items()}}
        if plans.get("etcd", {}).get("leaves_http"):
            remaining["http"] = ["clients of etcd use http"]
        if arguments["reference"] == variables["inventory_hostname"]:
            remaining["network"] = configuration_remaining(registry)
            remaining["users"] = users_remaining(registry) if arguments["etcd_users"] else []
        return {
            **result,
            "reference": arguments["reference"],
            "remaining": remaining,
            "interrupts": interrupts(plans, facts),
            "hold_docker": self.holds_docker(plans, facts, variables),
            "releases": releases,
            "first_start": first_start,
            "subject": plans.get("etcd", {}).get("subject", {}),
            "flannel_address": flannel.get("address", ""),
            "flannel_uplink": flannel.get("uplink", ""),
            "verdict": self.verdict(arguments, registry, flannel.get("address", ""), variables),
            "flannel_without_lease": variables.get(WITHOUT_LEASE, 0) if flannel else 0,
        }

    def registry(self, arguments: dict[str, t.Any], variables: dict[str, t.Any]) -> t.Mapping[str, t.Any] | None:
        """What the reference host has read from etcd."""
        name, reference = arguments["facts"], arguments["reference"]
        there = results_of(reference, variables) if reference else {}
        found: t.Mapping[str, t.Any] | None = there[name].get("registry") if name in there else None
        return found

    def verdict(
        self,
        arguments: dict[str, t.Any],
        registry: t.Mapping[str, t.Any] | None,
        address: str,
        variables: dict[str, t.Any],
    ) -> dict[str, t.Any] | None:
        """Only of a host with flannel, and only where nothing is wrong."""
        if not address or not registry or "leases" not in registry:
            return None
        facts = self.named_facts(arguments["facts"], variables)
        network = self.settings("flannel", variables, ["network"]).values["network"]
        return clean_verdict(facts, registry["leases"], network, address, arguments["pings"])

    def holds_docker(self, plans: dict[str, dict[str, t.Any]], facts: HostFacts, variables: dict[str, t.Any]) -> bool:
        if "docker" not in plans:
            return False
        return holds_docker(
            plans, facts, self.settings("docker", variables, ["restart_serial"]).values["restart_serial"]
        )

    def plans(self, arguments: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, dict[str, t.Any]]:
        """One for each component, up to the first that is refused: those after it depend on it."""
        found: dict[str, dict[str, t.Any]] = {}
        for role in arguments["components"]:
            facts = self.named_facts(arguments["facts"], variables)
            found[role] = self.plan(role, facts, variables).to_dict()
            if role == "flannel" and self.lost_lease(arguments, variables, found[role]["address"]):
                found[role] = self.plan(role, facts, variables).to_dict()
            if found[role]["refusals"]:
                break
            if role == "flannel":  # docker's variables depend on the uplink, those of metrics on the address
                variables["flannel_uplink"] = found[role]["uplink"]
                variables["flannel_address"] = found[role]["address"]
                self._templar.available_variables = variables
                self.template_once(["overlay_for_docker"], variables)
        return found

    def lost_lease(self, arguments: dict[str, t.Any], variables: dict[str, t.Any], address: str) -> bool:
        """Whether etcd has no lease of a running flanneld: that becomes a variable of the role. What an earlier plan of the run has found stays."""
        lost = (variables.get("overlay_preflight") or {}).get(WITHOUT_LEASE, 0)
        if arguments["reference"] and not lost:
            others, registry = variables["hostvars"], self.registry(arguments, variables)
            members = [member_fact(results_of(name, variables)) for name in arguments["etcd_members"] if name in others]
            facts = self.named_facts(arguments["facts"], variables)
            lost = flanneld_without_lease(facts, address, registry, [one for one in members if one])
        variables[WITHOUT_LEASE] = lost
        return bool(lost)

    def fleet_refusals(self, arguments: dict[str, t.Any], variables: dict[str, t.Any]) -> list[str]:
        """What the inventory gives this host, against what the playbooks pass and what the reference host has."""
        host, others = variables["inventory_hostname"], variables["hostvars"]
        shared, reference = arguments["shared"], arguments["reference"]
        passed = variables_of_playbooks() if arguments["refuse_role_variables"] else ()
        found = unused_variables(host, passed, others[host]) if passed else []
        found += refuse_batch(host, self._templar.template(variables.get(VARIABLE, DEFAULT)))
        present = variables.get("ansible_play_hosts") or [host]
        if arguments["etcd_required"] and host == present[0]:  # once in a run
            found += absent_members(host, arguments["etcd_members"], present)
        if shared and reference:
            own = {name: self._templar.template(variables.get(name, default)) for name, default in shared.items()}
            there = {name: others[reference].get(name, default) for name, default in shared.items()}
            found += different_values(host, own, reference, there)
        return found
