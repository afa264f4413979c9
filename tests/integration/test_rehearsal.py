# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts with which the role etcd tries another release: on data of real members that serve meanwhile."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from etcd_server import Etcd, folder_of
from modules import ROOT

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_rehearsal import refusal

FILES = ROOT / "roles/etcd/files"


def run(script: str, *words: str | Path) -> subprocess.CompletedProcess:
    command = ["sh", "-c", (FILES / script).read_text(), "sh", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def rehearse(etcd: Etcd, version: str, folder: Path) -> subprocess.CompletedProcess:
    shutil.copy2(folder_of(version) / "etcd", folder)
    done = run("overlay-etcd-rehearsal", folder, "30", etcd.data)
    assert {path.name for path in folder.iterdir()} <= {"etcd", "log"}
    assert etcd.etcdctl("get", "--print-value-only", "kept").stdout.strip() == "there"
    return done


@pytest.fixture
def upgraded(start, tmp_path):
    """Data that 3.5 has written and 3.6 serves: the log holds entries of both."""
    old = start("3.5")
    old.etcdctl("put", "kept", "there")
    serves = rehearse(old, "3.6", tmp_path)
    old.process.terminate()
    old.process.wait(20)
    etcd = start("3.6", before=old)
    return etcd, serves


def test_the_log_of_3_5(upgraded, tmp_path):
    """3.6 reads it, 3.7 does not. A snapshot of the log mends that, while the member serves, and leaves no trace in the versions."""
    etcd, serves = upgraded
    assert (serves.returncode, serves.stdout) == (0, "")
    before = etcd.status()
    ended = rehearse(etcd, "3.7", tmp_path)
    assert ended.returncode == 1 and ended.stdout
    ctl = [etcd.etcdctl_path, f"--endpoints={etcd.url}", "--write-out=json"]
    done = run("overlay-etcd-log-snapshot", etcd.data, "30", "3.5", "3.6", *ctl)
    assert done.returncode == 0 and ".snap" in done.stdout, done.stderr
    assert {name: etcd.status()[name] for name in ("version", "storageVersion", "downgradeInfo")} == {
        name: before[name] for name in ("version", "storageVersion", "downgradeInfo")
    }
    assert rehearse(etcd, "3.7", tmp_path).returncode == 0


def again(start, old: Etcd, *options: str) -> Etcd:
    """The same member with other options."""
    old.process.terminate()
    old.process.wait(20)
    return start("3.5", *options, before=old)


def write_two(etcd: Etcd) -> None:
    for number in range(2):
        etcd.etcdctl("put", "written", str(number))


def test_keys_of_v2(start, tmp_path):
    """First the log holds them, after a snapshot the store does; with the fix that is told neither."""
    etcd = start("3.5", "--enable-v2")
    etcd.etcdctl("put", "kept", "there")
    etcd.v2("PUT", "/left/behind", {"value": "here"})
    told = reason(rehearse(etcd, "3.6", tmp_path))
    assert "its log still holds writes of the v2 API" in told and "etcd_enable_v2: true" in told
    etcd = again(start, etcd, "--snapshot-count=1")
    write_two(etcd)
    told = reason(rehearse(etcd, "3.6", tmp_path))
    assert "it still holds keys of the v2 API" in told and "snapshot-count: 1" in told
    etcd = again(start, etcd, "--enable-v2", "--snapshot-count=1")
    etcd.v2("DELETE", "/left?recursive=true")
    write_two(etcd)
    assert rehearse(etcd, "3.6", tmp_path).returncode == 0


def reason(done: subprocess.CompletedProcess) -> str:
    assert done.returncode == 1
    return refusal("node1", {"running": "3.5.16", "wanted": "3.6"}, [{"rc": done.returncode, "stdout": done.stdout}])
