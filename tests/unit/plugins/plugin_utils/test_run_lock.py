# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import pathlib
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

from ansible_collections.overlay.flannel.plugins.plugin_utils import run_lock

SITE = pathlib.Path(__file__).parents[4] / "playbooks/site.yml"
HERE = "root@ctl [1a2b 402]"
MINE = run_lock.holder(HERE, 4711, "2026-11-29 19:40:00 UTC")


@pytest.mark.parametrize(
    ("content", "alive", "found"),
    [
        (None, False, ""),
        ("", False, ""),
        ("100\n", False, ""),
        ("100\nsomebody\n", False, ""),
        (f"100\n{MINE}\n", False, MINE),
        (f"100\n{MINE}\n", True, ""),
        (f"100\n{MINE.replace('ctl', 'other')}\n", False, ""),
        (f"100\n{MINE.replace('402', '403')}\n", False, ""),
    ],
)
def test_only_this_controller_knows_that_a_run_has_ended(content, alive, found):
    assert run_lock.ended(content, HERE, lambda process: process == 4711 and alive) == found


def test_processes():
    child = subprocess.Popen(["true"])
    child.wait()
    assert run_lock.is_alive(os.getpid()) and not run_lock.is_alive(child.pid)


def test_the_name_of_this_controller_can_be_read_again():
    text = run_lock.holder(run_lock.this_controller(), 7, "now")
    assert run_lock.ended(f"1\n{text}\n", run_lock.this_controller(), lambda process: False) == text


@pytest.mark.parametrize(
    ("results", "names"),
    [
        ({"a": {"remaining": {"flannel": []}, "lock": {}}}, []),
        ({"a": {"remaining": {}, "lock": {"holder": "x"}}, "b": {"remaining": {"docker": ["y"]}}}, ["a"]),
        ({"a": {"remaining": {"network": ["z"]}, "lock": {"holder": "x"}}, "b": None}, ["a"]),
        ({"b": {"remaining": {"docker": ["y"]}}}, []),
        ({}, []),
    ],
)
def test_a_converged_run_takes_no_lock(results, names):
    hostvars = {name: {"overlay_preflight": result} for name, result in results.items()}
    assert run_lock.lock_host([*hostvars, "without"], hostvars) == names


@pytest.fixture
def take(tmp_path):
    play = next(play for play in yaml.safe_load(SITE.read_text()) if play["name"].startswith("Refuse a second run"))
    script = play["tasks"][0]["vars"]["script"]

    def run(holder, ended="", seconds=60):
        argv = ["sh", "-euc", script, str(tmp_path / "lock"), holder, ended, str(seconds)]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()

    return run


def test_the_second_run_is_told_who_holds_the_lock(take):
    assert take("a") == "" and take("a") == ""
    assert take("b").startswith("a. It expires in ")
    assert take("b", ended="c").startswith("a. ")
    assert take("b", ended="a") == ""
    assert take("a").startswith("b. ")


def test_a_lock_expires(take):
    take("a", seconds=0)
    assert take("b") == ""


def test_what_is_no_lock_holds_nobody(take, tmp_path):
    (tmp_path / "lock").write_text("nonsense")
    assert take("a") == ""


def test_only_one_of_many_takes_it(take):
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(take, map(str, range(8))))
    assert said.count("") == 1
