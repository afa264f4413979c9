# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the guard stops etcd. What it does with lost data is a test on hosts (tests/stack/test_lost_data.py)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

GUARD = Path(__file__).parents[3] / "roles/etcd/files/overlay-etcd-guard"
URLS = "https://192.0.2.11:2379,https://127.0.0.1:2379,http://192.0.2.11:2379"


@pytest.fixture
def stop(tmp_path):
    """Runs it with an `ss` that notes how it was called, and a `sleep` that does not."""
    calls = tmp_path / "calls"
    calls.touch()
    for name, text in (("ss", f'echo "$*" >>{calls}\nexit 1'), ("sleep", "")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)

    def run(**variables):
        environment = {
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "ETCD_LISTEN_CLIENT_URLS": "http://next",
            **variables,
        }
        done = subprocess.run(["sh", str(GUARD), "stop"], env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        return calls.read_text().splitlines()

    return run


def test_closes_the_connections_of_this_member_only(stop):
    """Also where ss cannot."""
    member = subprocess.Popen(["sleep", "60"], env={"ETCD_LISTEN_CLIENT_URLS": URLS})
    try:
        calls = stop(MAINPID=str(member.pid))
        assert member.wait(10) == -15
    finally:
        member.kill()
    closes = "--kill --tcp state established src"
    assert calls == [f"{closes} 192.0.2.11:2379", f"{closes} 127.0.0.1:2379", f"{closes} 192.0.2.11:2379"]


def test_leaves_all_alone_where_etcd_has_ended_by_itself(stop):
    assert stop() == []
