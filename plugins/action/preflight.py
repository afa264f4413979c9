# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plans of all components of one host: fails with everything that cannot work, and tells what is left to do."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.role_action import RoleAction


class ActionModule(RoleAction):
    """Changes nothing and asks nobody: the host's facts are given."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        variables = dict(task_vars or {})
        result: dict[str, t.Any] = {"changed": False, **super().run(tmp, variables)}
        plans: dict[str, dict[str, t.Any]] = {}
        learned: dict[str, t.Any] = {}
        for role in self._task.args["components"]:
            plans[role] = self.plan(role, self._task.args["facts"], variables).to_dict()
            if role == "flannel":  # docker's variables depend on them
                learned = {
                    "flannel_address": plans[role].get("address", ""),
                    "flannel_uplink": plans[role].get("uplink", ""),
                }
                variables.update(learned)
                self._templar.available_variables = variables
        refusals = [text for plan in plans.values() for text in plan["refusals"]]
        if refusals:
            return {**result, "failed": True, "msg": "\n".join(refusals), "refusals": refusals}
        return {
            **result,
            "warnings": [text for plan in plans.values() for text in plan["warnings"]],
            "remaining": {role: plan["remaining"] for role, plan in plans.items()},
            "releases": [plan["release"] for plan in plans.values() if plan["release"]],
            "first_start": bool(plans.get("etcd", {}).get("first_start_unknown")),
            "ansible_facts": learned,
        }
