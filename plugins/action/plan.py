# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of one role for one host: what differs from its variables, and what has to be done."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils import components
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_action import RoleAction

ARGUMENTS = {
    "component": {"type": "str", "required": True, "choices": list(components.BY_NAME)},
    "facts": {"type": "str", "required": True},
}


class ActionModule(RoleAction):
    """Changes nothing and connects to nothing: the host's facts are given."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        variables = task_vars or {}
        super().run(tmp, variables)
        arguments = self.arguments(ARGUMENTS)
        found = self.plan(arguments["component"], self.named_facts(arguments["facts"], variables), variables).to_dict()
        return {"changed": False, **found}
