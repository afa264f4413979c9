# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import processes

NOBODY = 2**22 + 1


@pytest.fixture
def child():
    argv = [sys.executable, "-c", "import time; time.sleep(60)", "--etcd-password=hush"]
    with subprocess.Popen(argv, env={"PATH": "/bin", "FLANNELD_X": "1"}) as process:
        deadline = time.monotonic() + 5
        while processes.arguments(process.pid) != argv and time.monotonic() < deadline:
            time.sleep(0.01)
        yield process.pid
        process.kill()


def test_a_process(child):
    seen = processes.read_process(child)
    assert seen["argv"][-1] == "--etcd-password=***"
    assert seen["executable"] == os.path.realpath(sys.executable)
    assert abs(seen["started"] - time.time()) < 10
    assert processes.environment(child)["FLANNELD_X"] == "1"
    assert processes.same_file(child, sys.executable)
    assert processes.belongs_to_host(child) == processes.belongs_to_host(os.getpid())


def test_a_vanished_process():
    assert processes.read_process(NOBODY) is None
    assert processes.environment(NOBODY) is None
    assert processes.executable(NOBODY) == ""
    assert processes.same_file(NOBODY, "/bin/sh")
    assert processes.started(NOBODY) is None
    assert not processes.belongs_to_host(NOBODY)


def test_unknown_name():
    assert processes.find_by_name("no-such-daemon") is None


@pytest.mark.parametrize(
    ("argv", "answers"),
    [
        (["/usr/local/bin/flanneld", "-version"], True),
        (["flanneld", "--version"], True),
        (["dockerd", "--validate", "--config-file", "x"], True),
        (["etcd", "--help"], True),
        (["flanneld", "-v", "2"], False),
        (["flanneld", "--iface=version"], False),
        (["version"], False),
        ([], False),
    ],
)
def test_a_program_that_only_answers_is_no_daemon(monkeypatch, argv, answers):
    """Two runs at once: each of them asks flanneld for its version while the other one looks for daemons."""
    monkeypatch.setattr(processes, "arguments", lambda pid: argv)
    assert processes.only_answers(7) is answers
    monkeypatch.setattr(processes, "every_name", lambda: [(7, "flanneld")])
    monkeypatch.setattr(processes, "belongs_to_host", lambda pid: True)
    assert processes.find_by_name("flanneld") == (None if answers else 7)
