# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script that keeps what a member of etcd has before its turn, and puts it back."""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).parents[3] / "roles/etcd/files/overlay-etcd-previous"


class Member:
    """Paths of a host in a folder, and a systemctl that notes what it is told."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder, self.kept = folder, folder / "var/previous"
        self.program, self.settings, self.unit = (folder / name for name in ("etcd", "overlay.env", "etcd.service"))
        self.calls, self.process = folder / "calls", folder / "process"
        self.calls.touch()
        self.process.write_text("MainPID=7\n")
        self.program.write_text("old")
        self.program.chmod(0o755)
        self.settings.write_text("NAME=old\n")
        self.state(0)

    def state(self, active: int) -> None:
        commands = self.folder / "commands"
        commands.mkdir(exist_ok=True)
        (commands / "systemctl").write_text(
            f"""#!/bin/sh
case $* in
show*) cat {self.process} ;;
*is-active*) exit {active} ;;
*) echo "$*" >>{self.calls} ;;
esac"""
        )
        (commands / "systemctl").chmod(0o755)

    def run(self, task: str, argument: str) -> str:
        done = subprocess.run(
            ["sh", "-c", SCRIPT.read_text(), "sh", task, self.kept, argument, self.program, self.settings, self.unit],
            env={"PATH": f"{self.folder}/commands:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.strip()

    def turn(self) -> None:
        """What the role does after it has kept everything."""
        self.program.unlink()
        self.program.write_text("new")
        self.settings.write_text("NAME=new\n")
        self.unit.write_text("new")

    def is_as_before(self) -> bool:
        texts = (self.program.read_text(), self.settings.read_text())
        return texts == ("old", "NAME=old\n") and not self.unit.exists() and os.access(self.program, os.X_OK)


@pytest.fixture
def member(tmp_path: pathlib.Path) -> Member:
    return Member(tmp_path)


def test_what_was_there_comes_back(member: Member) -> None:
    assert member.run("keep", "3.5.16") == "kept"
    assert (member.kept / "version").read_text() == "3.5.16\n"
    member.turn()
    member.process.write_text("MainPID=0\n")
    assert member.run("put-back", "2") == "etcd is ready with them"
    assert member.is_as_before() and not member.kept.exists()
    assert member.calls.read_text().splitlines() == ["daemon-reload", "restart etcd.service"]


def test_a_member_that_was_not_restarted_goes_on(member: Member) -> None:
    """A program that did not change stays the file that runs."""
    member.run("keep", "3.5.16")
    member.settings.write_text("NAME=new\n")
    before = member.program.stat().st_ino
    member.run("put-back", "2")
    assert member.is_as_before() and member.program.stat().st_ino == before
    assert member.calls.read_text().splitlines() == ["daemon-reload"]


def test_what_a_killed_run_has_kept_stays(member: Member) -> None:
    member.run("keep", "3.5.16")
    member.turn()
    assert member.run("keep", "3.6.14") == ""
    member.run("put-back", "2")
    assert member.is_as_before()


def test_a_copy_that_was_not_finished_does_not_count(member: Member) -> None:
    half = member.kept.with_name("previous.new")
    half.mkdir(parents=True)
    (half / "version").write_text("3.4.23\n")
    assert member.run("keep", "") == "kept"
    assert (member.kept / "version").read_text() == "\n" and not half.exists()


def test_a_member_that_does_not_get_ready_either(member: Member) -> None:
    member.run("keep", "3.5.16")
    member.turn()
    member.state(1)
    assert member.run("put-back", "1") == "etcd is not ready with them either"
    assert member.is_as_before()
