# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be done on a host, so that nothing of the overlay is left there."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils import components, removal_plan
from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import union
from ansible_collections.overlay.flannel.plugins.plugin_utils.host_access import access_refusals
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_action import RoleAction

ARGUMENTS = {
    "parts": {
        "type": "list",
        "elements": "str",
        "choices": list(components.BY_NAME),
        "default": list(components.BY_NAME),
    },
    "data": {"type": "str", "choices": list(removal_plan.DATA), "default": removal_plan.KEEP},
    "packages": {"type": "bool", "default": False},
}


class ActionModule(RoleAction):
    """Collects the facts of the host, and changes nothing. The order of the parts does not matter."""

    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        variables = dict(task_vars or {})
        super().run(tmp, variables)
        self.template_once(
            ["overlay_pki", "overlay_client_pki", "flannel_network", "overlay_flannel_version", "overlay_etcd_hosts"],
            variables,
        )
        arguments = self.arguments(ARGUMENTS)
        settings = {role: self.settings(role, variables) for role in components.BY_NAME}
        host = variables["inventory_hostname"]
        wrong = [refusal.to_text(host) for found in settings.values() for refusal in found.refusals]
        if wrong:
            return {"failed": True, "msg": "\n".join(wrong)}
        values = {role: found.values for role, found in settings.items()}
        facts = self.host_facts(
            union(self.query(components.BY_NAME, variables), removal_plan.query(values)), {}, variables
        )
        refused = [] if facts.get("failed") else [refusal.to_text(host) for refusal in access_refusals(facts)]
        if facts.get("failed") or facts.get("unreachable"):
            return facts
        if refused:
            return {"failed": True, "msg": "\n".join(refused)}
        controller = self.controller("etcd", values["etcd"], variables)
        choices = {name: arguments[name] for name in ("parts", "data", "packages")}
        return {"changed": False, **removal_plan.plan(values, facts, controller, **choices).to_dict()}
