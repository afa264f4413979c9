# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import subprocess

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils import run_lock

HERE = "root@ctl [1a2b 402]"
MINE = run_lock.holder(HERE, 4711, "2026-11-29 19:40:00 UTC")


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
    ],
)
def test_only_this_controller_knows_that_a_run_has_ended(holder, alive, found):
    assert run_lock.ended(holder, HERE, lambda process: process == 4711 and alive) == found


def test_processes():
    child = subprocess.Popen(["true"])
    child.wait()
    assert run_lock.is_alive(os.getpid()) and not run_lock.is_alive(child.pid)


def test_the_name_of_this_controller_can_be_read_again():
    text = run_lock.holder(run_lock.this_controller(), 7, "now")
    assert run_lock.ended(text, run_lock.this_controller(), lambda process: False) == text


@pytest.mark.parametrize(
    ("results", "names"),
    [
        ({"a": {"remaining": {"flannel": []}, "reads_etcd": True}}, []),
        (
            {"a": {"remaining": {}, "reads_etcd": True}, "b": {"remaining": {"docker": ["y"]}, "reads_etcd": False}},
            ["a"],
        ),
        ({"a": {"remaining": {"network": ["z"]}, "reads_etcd": True}, "b": None}, ["a"]),
        ({"b": {"remaining": {"docker": ["y"]}, "reads_etcd": False}}, []),
        ({}, []),
    ],
)
def test_a_converged_run_takes_no_lock(results, names):
    hostvars = {name: {"overlay_preflight": result} for name, result in results.items()}
    assert run_lock.lock_host([*hostvars, "without"], hostvars) == names
