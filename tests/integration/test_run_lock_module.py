# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module run_lock: who gets the lock, and who is told of whom."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml
from modules import run_ansible, run_module

from ansible_collections.overlay.flannel.plugins.plugin_utils.run_lock import holder, this_controller

TAKE = {"name": "Take", "overlay.flannel.run_lock": {"path": "{{ path }}"}, "register": "lock"}
GIVE = {"name": "Give", "overlay.flannel.run_lock": {"path": "{{ path }}", "state": "absent"}, "register": "lock"}
SHOW = {"name": "Show", "ansible.builtin.debug": {"msg": "held {{ lock.held }} on {{ lock.host }}"}}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lock"


@pytest.fixture
def ask(path):
    def call(who, check=False, **options):
        return run_module("run_lock", check, False, path=str(path), holder=who, **{"seconds": 60, **options})

    return call


def test_the_second_run_is_told_who_holds_the_lock(ask, path):
    assert ask("a")["held"] is False and ask("a")["held"] is True
    told = ask("b")
    assert told["failed"] and told["holder"] == "a"
    assert told["msg"].startswith("another run changes this fleet: a. It expires in ")
    assert f"rm {path}" in told["msg"]


def test_only_its_holder_gives_it_back(ask, path):
    ask("a")
    assert ask("b", state="absent")["held"] is False and path.exists()
    assert ask("a", state="absent")["held"] is True and not path.exists()
    assert ask("a", state="absent")["held"] is False
    assert not path.exists()


def test_a_lock_expires(ask):
    ask("a", seconds=0)
    assert ask("b")["held"] is False


def test_what_is_no_lock_holds_nobody(ask, path):
    path.write_text("nonsense")
    assert ask("a")["held"] is False


def test_a_dry_run_takes_nothing(ask, path):
    assert not ask("a", check=True).get("failed") and not path.exists()
    ask("a")
    assert not ask("b", check=True).get("failed")
    assert ask("a", check=True, state="absent")["changed"] is False and path.exists()


def test_only_one_of_many_takes_it(ask):
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(ask, "abcdefgh"))
    assert [answer.get("failed", False) for answer in said].count(False) == 1


@pytest.fixture
def play(tmp_path, path):
    def call(*tasks):
        playbook = tmp_path / "play.yml"
        playbook.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": list(tasks)}]))
        return run_ansible("ansible-playbook", str(playbook), variables={"path": str(path)})

    return call


def test_one_run_takes_it_again_and_gives_it_back(play, path):
    done = play(TAKE, SHOW, TAKE, SHOW, GIVE)
    assert done.returncode == 0, done.stdout
    assert "held False on localhost" in done.stdout and "held True on localhost" in done.stdout
    assert "changed=0" in done.stdout and not path.exists()


def test_the_lock_of_an_ended_run_is_replaced(play, path):
    assert play(TAKE).returncode == 0
    first = path.read_text()
    assert play(TAKE).returncode == 0
    assert path.read_text() != first


def test_the_lock_of_a_run_elsewhere_is_not_replaced(play, path):
    theirs = holder(this_controller().replace("@", "@other-"), 1, "5", "now")
    path.write_text(f"9999999999\n{theirs}\n")
    done = play(TAKE)
    assert done.returncode == 2
    assert f"localhost: another run changes this fleet: {theirs}" in " ".join(done.stdout.split())
    assert path.read_text().endswith(f"{theirs}\n")
