# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import MissingLibraryError, SlowHostError
from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import (
    ADMIN_PATH,
    MISSING,
    UNENDED,
    Finished,
    Output,
    bounded,
    run_commands,
    run_until_failure,
    search_path,
)

PATH = {b"PATH": b"/usr/bin:/bin"}


def test_input_output_and_code():
    script = ["sh", "-c", "cat; echo $NAME >&2; exit 3"]
    assert run_commands([script], {**PATH, b"NAME": b"x"}, "in", 5) == [Finished(3, "in", "x\n")]


def test_only_the_given_variables(monkeypatch):
    monkeypatch.setenv("ETCDCTL_ENDPOINTS", "x")
    assert run_commands([["sh", "-c", "echo ${ETCDCTL_ENDPOINTS:-none}"]], PATH, "", 5)[0].stdout == "none\n"


def test_odd_bytes():
    assert run_commands([["printf", "\\377"]], PATH, "", 5)[0].stdout == "\ufffd"


def test_answers_come_in_order_and_side_by_side():
    started = time.monotonic()
    commands = [["sh", "-c", f"sleep 0.{number}; echo {number}"] for number in (5, 1, 3)]
    assert [done.stdout.strip() for done in run_commands(commands, PATH, "", 5)] == ["5", "1", "3"]
    assert time.monotonic() - started < 0.9 + 1


def test_a_deadline():
    started = time.monotonic()
    (done,) = run_commands([["sleep", "30"]], PATH, "", 0.2)
    assert done == Finished(UNENDED, "", "sleep did not end within 0 s")
    assert time.monotonic() - started < 5


def test_what_it_started_ends_too(tmp_path):
    pid = tmp_path / "pid"
    run_commands([["sh", "-c", f"sleep 30 & echo $! >{pid}; wait"]], PATH, "", 0.5)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and Path(f"/proc/{pid.read_text().strip()}").exists():
        time.sleep(0.05)
    assert not Path(f"/proc/{pid.read_text().strip()}").exists()


def test_the_first_failure_ends_them_all_where_that_is_wanted():
    started = time.monotonic()
    commands = [["sh", "-c", "sleep 0.3; exit 2"]] * 30
    done = run_until_failure(commands, PATH, "", 5)
    assert 0 < len(done) < 30
    assert {one.code for one in done} == {2}
    assert len(run_commands(commands, PATH, "", 5, at_once=30)) == 30
    assert time.monotonic() - started < 5


def test_no_such_program():
    with pytest.raises(MissingLibraryError, match="etcdctl = /nowhere/etcdctl: No such file.*Fix: install it"):
        run_commands([["/nowhere/etcdctl"]], PATH, "", 5)


def test_nothing_to_do():
    assert run_commands([], PATH, "", 5) == []


@pytest.mark.parametrize(
    ("path", "searched"),
    [
        ("/sbin:/bin:/usr/sbin:/usr/bin", f"/sbin:/bin:/usr/sbin:/usr/bin:{ADMIN_PATH}"),
        ("", ADMIN_PATH),  # no empty part, which would be the current folder
        (None, ADMIN_PATH),
    ],
)
def test_the_callers_path_comes_first(monkeypatch, path, searched):
    monkeypatch.delenv("PATH")
    if path is not None:
        monkeypatch.setenv("PATH", path)
    assert search_path() == searched


def test_the_folder_of_the_etcd_role_is_among_them():
    assert "/usr/local/bin" in ADMIN_PATH.split(":")


def test_a_program_of_the_host_has_the_callers_environment_in_english(monkeypatch):
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    monkeypatch.setenv("NAME", "x")
    assert bounded()(["sh", "-c", "echo $NAME $LC_ALL; echo no >&2; exit 3"]) == Output(3, "x C\n", "no\n")


def test_a_program_that_the_host_lacks():
    assert bounded()(["no-such-program"]) == Output(MISSING, "", "no-such-program: No such file or directory")


def test_a_program_without_an_end_is_an_error_and_no_fact():
    with pytest.raises(SlowHostError, match=r"^sleep 30 timed out after 0\.2 s"):
        bounded(0.2)(["sleep", "30"])


def test_a_program_that_a_signal_ends_is_no_time_out():
    assert bounded()(["sh", "-c", "kill -USR1 $$"]).code == -signal.SIGUSR1
