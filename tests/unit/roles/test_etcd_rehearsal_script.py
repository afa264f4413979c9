# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the script that tries a release leaves behind, and says, where the release hangs or has no room. Real releases: tests/integration/test_rehearsal.py."""

from __future__ import annotations

import os
import pathlib
import subprocess
import time

import pytest

SCRIPT = pathlib.Path(__file__).parents[3] / "roles/etcd/files/overlay-etcd-rehearsal"
SERVES = """echo '{"level":"info","msg":"ready to serve client requests"}'; exec sleep 60"""
HANGS = "exec sleep 60"


@pytest.fixture
def member(tmp_path):
    """Data of a member, and the place for the program."""
    (tmp_path / "data/member/snap").mkdir(parents=True)
    (tmp_path / "data/member/snap/db").write_text("keys")
    (tmp_path / "data/member/wal").mkdir()
    (tmp_path / "place").mkdir()
    (tmp_path / "commands").mkdir()
    return tmp_path


def program(member, text, name="place/etcd"):
    path = member / name
    path.write_text(f"#!/bin/sh\necho $$ >{member}/process\n{text}\n")
    path.chmod(0o755)


def start(member, seconds="20"):
    return subprocess.Popen(
        ["sh", "-c", SCRIPT.read_text(), "sh", member / "place", seconds, member / "data"],
        env={"PATH": f"{member}/commands:{os.environ['PATH']}", "ETCD_NAME": "of-the-member"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(member):
    """Whether the program has ended, and the copy is gone."""
    process = int((member / "process").read_text())
    deadline = time.monotonic() + 5
    while pathlib.Path(f"/proc/{process}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not pathlib.Path(f"/proc/{process}").exists() and not (member / "place/copy").exists()


def test_it_serves(member):
    program(member, f"env >{member}/environment; ls $PWD >/dev/null; {SERVES}")
    script = start(member)
    said, _nothing = script.communicate(timeout=20)
    assert (script.returncode, said) == (0, "")
    assert ended(member)
    assert "ETCD_" not in (member / "environment").read_text()


def test_the_log_is_copied_after_the_database(member):
    """The member writes meanwhile: a log that is older than the database has no entries for what the database has applied."""
    program(member, SERVES)
    program(member, f'echo "$@" >>{member}/copied; exec /bin/cp "$@"', "commands/cp")
    assert start(member).wait(20) == 0
    copied = [line.split("/member/")[1].split()[0] for line in (member / "copied").read_text().splitlines()]
    assert copied == ["snap", "wal"]


def test_a_torn_copy_is_taken_anew(member):
    program(member, f"echo >>{member}/attempts; [ $(wc -l <{member}/attempts) -gt 2 ] || exit 1; {SERVES}")
    script = start(member)
    said, _nothing = script.communicate(timeout=20)
    assert (script.returncode, said) == (0, "")
    assert ended(member)


def test_a_release_that_ends_each_time(member):
    program(member, f"echo >>{member}/attempts; echo 'it failed'; exit 1")
    script = start(member)
    said, _nothing = script.communicate(timeout=20)
    assert (script.returncode, said) == (1, "it failed\n")
    assert (member / "attempts").read_text() == "\n" * 3


def test_it_hangs(member):
    program(member, HANGS)
    script = start(member, seconds="1")
    said, _nothing = script.communicate(timeout=20)
    assert script.returncode == 1 and said.startswith("etcd does not serve after 1 s")
    assert ended(member)


def test_there_is_no_room(member):
    program(
        member,
        "exec printf 'Filesystem 1024-blocks Used Available Capacity Mounted on\\nx 9 9 1 9%% /\\n'",
        "commands/df",
    )
    program(member, HANGS)
    script = start(member)
    said, _nothing = script.communicate(timeout=20)
    assert script.returncode == 3 and "of which half has to stay free" in said
    assert not (member / "place/copy").exists()


def test_the_run_is_ended(member):
    program(member, HANGS)
    script = start(member)
    deadline = time.monotonic() + 5
    while not (member / "process").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    script.terminate()
    script.communicate(timeout=20)
    assert ended(member)
