# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of run_lock: which run asks, and whether the one that holds the lock has ended."""

from __future__ import annotations

import os
import time
import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.overlay.flannel.plugins.plugin_utils import run_lock

AT_LEAST, FOR_EACH_HOST = 1800, 60  # seconds


class ActionModule(ActionBase):
    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        variables = task_vars or {}
        controller = run_lock.this_controller()
        run = os.getppid()  # ansible-playbook is the parent of its workers
        now = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
        asked = {
            "seconds": AT_LEAST + FOR_EACH_HOST * len(variables["groups"]["all"]),
            **self._task.args,
            "holder": run_lock.holder(controller, run, run_lock.start_of(run), now),
        }
        host = self._task.delegate_to or variables["inventory_hostname"]
        found: dict[str, t.Any] = self._execute_module(module_args=asked, task_vars=variables)
        ended = run_lock.ended(found.get("holder"), controller, run_lock.is_alive)
        if ended:
            found = self._execute_module(module_args={**asked, "replaces": ended}, task_vars=variables)
        if found.get("failed") and "msg" in found:
            found["msg"] = f"{host}: {found['msg']}"
        return {**found, "host": host}
