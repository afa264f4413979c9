# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of host_info: runs the module only if an earlier result does not answer the query."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail

from ansible_collections.overlay.flannel.plugins.module_utils.host.types import KINDS
from ansible_collections.overlay.flannel.plugins.plugin_utils import components
from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import union
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_plan import member_of
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_action import RoleAction

OF_THE_CONTROLLER = ("components", "reuse")


class ActionModule(RoleAction):
    """Adds what the roles in `components` have to know, and re-uses the result in `reuse` where that is enough."""

    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        variables = task_vars or {}
        super().run(tmp, variables)
        arguments = self._task.args
        roles = self.components(arguments.get("components") or [])
        given = {kind: arguments.get(kind) or [] for kind in KINDS}
        query = union(given, self.query(roles, variables))
        options = {name: value for name, value in arguments.items() if name not in (*KINDS, *OF_THE_CONTROLLER)}
        result = self.host_facts(query, arguments.get("reuse") or {}, variables, **options)
        if "etcd" in roles and not result.get("failed"):
            settings = self.settings("etcd", variables)
            if not settings.refusals:
                result["etcd_member"] = member_of(
                    settings.values, result, self.controller("", settings.values, variables)
                )
        return result

    def components(self, given: t.Any) -> list[str]:
        """The module checks the other options, and does not get this one."""
        names = [given] if isinstance(given, str) else [str(name) for name in given]
        unknown = [name for name in names if name not in components.BY_NAME]
        if unknown:
            raise AnsibleActionFail(
                f"components = {', '.join(unknown)}: allowed: {', '.join(components.BY_NAME)}. Fix: remove the unknown names"
            )
        return names
