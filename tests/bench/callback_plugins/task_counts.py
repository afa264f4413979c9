# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count the tasks that a run executes or skips on each host.

A task counts once for each host that it has a result of: ok, failed, unreachable or skipped, whether it is an include, a role's validation of arguments
or one of many in a role. A task with `run_once` has one result, that of its host. A loop is one task. `meta` and tasks left out by tags are none.
OVERLAY_TASK_COUNTS names the file of the result.
"""

from __future__ import annotations

import collections
import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: task_counts
type: aggregate
short_description: Count tasks with a result for each host
description: Writes JSON with the number of executed and of skipped tasks for each host.
options: {}
"""


class CallbackModule(CallbackBase):
    """Sum up the results, write the sums when the run ends."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "task_counts"

    def __init__(self) -> None:
        super().__init__()
        self.hosts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)

    def count(self, result: Any, what: str) -> None:
        """Add one result; ansible-core before 2.19 names the host privately."""
        host = getattr(result, "host", None) or result._host
        self.hosts[host.get_name()][what] += 1

    def v2_runner_on_ok(self, result: Any) -> None:
        """A task was executed."""
        self.count(result, "executed")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """A task was executed, and failed."""
        self.count(result, "executed")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """A task could not be executed."""
        self.count(result, "executed")

    def v2_runner_on_skipped(self, result: Any) -> None:
        """A task was skipped."""
        self.count(result, "skipped")

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Write the sums."""
        target = os.environ.get("OVERLAY_TASK_COUNTS")
        if target:
            with open(target, "w", encoding="utf-8") as out:
                json.dump(self.hosts, out)
