# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import subprocess

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils import run_lock

HERE = "root@ctl [1a2b 402]"
MINE = run_lock.holder(HERE, 4711, "99", "2026-11-29 19:40:00 UTC")


@pytest.mark.parametrize(
    ("holder", "alive", "found"),
    [
        (None, False, ""),
        ("", False, ""),
        ("somebody", False, ""),
        (MINE, False, MINE),
        (MINE, True, ""),
        (MINE.replace("ctl", "other"), False, ""),
        (MINE.replace("402", "403"), False, ""),
        (MINE.replace("tick 99", "tick 98"), True, MINE.replace("tick 99", "tick 98")),
    ],
)
def test_only_this_controller_knows_that_a_run_has_ended(holder, alive, found):
    assert run_lock.ended(holder, HERE, lambda process, start: (process, start) == (4711, "99") and alive) == found


def test_processes():
    child = subprocess.Popen(["true"])
    child.wait()
    own = run_lock.start_of(os.getpid())
    assert own.isdigit() and run_lock.is_alive(os.getpid(), own)
    assert not run_lock.is_alive(os.getpid(), "1")  # the number is used again
    assert run_lock.start_of(child.pid) == "" and not run_lock.is_alive(child.pid, own)


def test_the_name_of_this_controller_can_be_read_again():
    for start in ("", "5"):
        text = run_lock.holder(run_lock.this_controller(), 7, start, "now")
        assert run_lock.ended(text, run_lock.this_controller(), lambda process, start: False) == text
