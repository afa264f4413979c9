# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of lease_info: runs the module only if what was read before does not answer the query."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.overlay.flannel.plugins.plugin_utils.earlier_facts import clean_leases


class ActionModule(ActionBase):
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        earlier = clean_leases(arguments.pop("registry", None) or {}, arguments.get("expected") or [])
        if earlier:
            return earlier
        result: dict[str, t.Any] = self._execute_module(
            module_name="overlay.flannel.lease_info", module_args=arguments, task_vars=task_vars
        )
        return result
