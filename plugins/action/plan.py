# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of one role for one host: what differs from its variables, and what has to be done."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.role_action import RoleAction


class ActionModule(RoleAction):
    """Changes nothing and connects to nothing: the host's facts are given."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        variables = task_vars or {}
        super().run(tmp, variables)
        found = self.plan(self._task.args["component"], self.named_facts(variables), variables).to_dict()
        return {"changed": False, **found}
