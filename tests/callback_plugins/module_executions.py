# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count what a run really executes on each host: modules, and commands over the connection.

Tasks are not a measure: copy is two modules, a loop many, an assert none. So the calls themselves are counted, in the
workers, which inherit the wrapped methods because Ansible forks them. OVERLAY_EXECUTIONS names the file of the result.
"""

from __future__ import annotations

DOCUMENTATION = r"""
name: module_executions
type: aggregate
short_description: Count module executions for each host
description: Writes JSON with the number of module executions and connection commands for each host.
options: {}
"""

import collections
import functools
import glob
import json
import os
import tempfile
from typing import Any, Callable

from ansible.executor.task_executor import TaskExecutor
from ansible.plugins.action import ActionBase
from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import connection_loader

COMMANDS = ("exec_command", "put_file", "fetch_file")


class CallbackModule(CallbackBase):
    """Wrap the calls when the play starts, sum them up when it ends."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "module_executions"

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp(prefix="module-executions-")
        self.host = "?"
        self.wrapped = False

    def note(self, what: str) -> None:
        """Append one line; each worker has a file of its own."""
        with open(os.path.join(self.folder, str(os.getpid())), "a", encoding="utf-8") as log:
            log.write(json.dumps([self.host, what]) + "\n")

    def counting(self, method: Callable[..., Any], label: Callable[[dict[str, Any]], str]) -> Callable[..., Any]:
        """Wrap a method so that each call is noted."""

        @functools.wraps(method)
        def call(this: Any, *args: Any, **kwargs: Any) -> Any:
            self.note(label({"this": this, "args": args, **kwargs}))
            return method(this, *args, **kwargs)

        return call

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Wrap once, when the connection plugins can be loaded."""
        if self.wrapped:
            return
        self.wrapped = True
        run = TaskExecutor.run

        @functools.wraps(run)
        def run_for_host(this: Any, *args: Any, **kwargs: Any) -> Any:
            self.host = this._host.get_name()
            return run(this, *args, **kwargs)

        TaskExecutor.run = run_for_host
        ActionBase._execute_module = self.counting(
            ActionBase._execute_module,
            lambda call: "module " + str(call.get("module_name") or call["this"]._task.action),
        )
        ssh = connection_loader.get("ssh", class_only=True)
        for name in COMMANDS:
            setattr(ssh, name, self.counting(getattr(ssh, name), lambda call, name=name: "command " + name))

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Write and show the sums."""
        hosts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
        for path in glob.glob(os.path.join(self.folder, "*")):
            with open(path, encoding="utf-8") as log:
                for host, what in map(json.loads, log):
                    hosts[host][what] += 1
            os.unlink(path)
        os.rmdir(self.folder)
        result = {host: dict(counts) for host, counts in sorted(hosts.items())}
        for host, counts in result.items():
            modules = sum(number for what, number in counts.items() if what.startswith("module "))
            self._display.display(f"module executions on {host}: {modules} {counts}")
        target = os.environ.get("OVERLAY_EXECUTIONS")
        if target:
            with open(target, "w", encoding="utf-8") as out:
                json.dump(result, out)
