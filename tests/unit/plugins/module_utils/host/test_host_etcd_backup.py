# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backups of etcd on a host: what is read, and what is a finding."""

from __future__ import annotations

import os

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import Output
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.etcd_backup import check_etcd_backup
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import etcd_backup

GOOD = {
    "running": False,
    "timer": "active",
    "result": "success",
    "reason": "",
    "folder": "/b",
    "newest": "20261130T141516Z-a2-5.db",
    "age": 60.0,
    "period": 3600.0,
}
FAILED = {"result": "exit-code", "reason": "overlay-etcd-backup: no room"}
CASES = {
    "good": ({}, []),
    "failed": (FAILED, ["etcd_backup_failed"]),
    "failed, and runs again": ({**FAILED, "running": True}, []),
    "timer stopped": ({"timer": "inactive"}, ["etcd_backup_failed"]),
    "two periods": ({"age": 7200.0}, []),
    "more than two periods": ({"age": 7201.0}, ["etcd_backup_late"]),
    "none in two periods": ({"age": None, "newest": ""}, ["etcd_backup_late"]),
    "none yet": ({"age": None, "newest": "", "period": None}, []),
}


@pytest.mark.parametrize("case", list(CASES))
def test_findings(facts, case):
    changes, codes = CASES[case]
    context = HostContext({**facts, "etcd_backup": {**GOOD, **changes}})
    assert [finding.code for finding in check_etcd_backup(context)] == codes


def test_the_reason_is_told(facts):
    found = [*check_etcd_backup(HostContext({**facts, "etcd_backup": {**GOOD, **FAILED}}))]
    assert "(exit-code): overlay-etcd-backup: no room; the newest one is 2026" in found[0].seen


def test_no_timer_no_finding(facts):
    assert [*check_etcd_backup(HostContext({**facts, "etcd_backup": None}))] == []
    assert [*check_etcd_backup(HostContext({**facts}))] == []


TIMER = """ActiveState=active
NextElapseUSecRealtime=Tue 2026-12-01 00:00:10 UTC
LastTriggerUSec=Mon 2026-11-30 00:00:10 UTC
ActiveEnterTimestamp={since}
"""
NOT_YET = "Mon 2026-11-30 10:00:00 UTC"
LONG_AGO = "Mon 2025-12-01 10:00:00 UTC"


def host(since, result="success", said=""):
    def run(argv):
        if "journalctl" in argv:
            return Output(0, said)
        return Output(
            0, TIMER.format(since=since) if argv[-1].endswith(".timer") else f"ActiveState=inactive\nResult={result}\n"
        )

    return run


@pytest.fixture
def installed(tmp_path, monkeypatch):
    folder = tmp_path / "backup"
    folder.mkdir()
    (tmp_path / "timer").write_text("")
    (tmp_path / "service").write_text(
        f"[Service]\nExecStart=/usr/local/sbin/overlay-etcd-backup {folder} 7 600 /p env etcdctl\n"
    )
    monkeypatch.setattr(etcd_backup, "TIMER_FILE", str(tmp_path / "timer"))
    monkeypatch.setattr(etcd_backup, "SERVICE_FILE", str(tmp_path / "service"))
    monkeypatch.setattr(etcd_backup.time, "time", lambda: 1_796_083_200.0)  # 2026-12-01 00:00:00 UTC
    return folder


def test_nothing_without_a_timer(monkeypatch, tmp_path):
    monkeypatch.setattr(etcd_backup, "TIMER_FILE", str(tmp_path / "none"))
    assert etcd_backup.read_etcd_backup(lambda argv: pytest.fail("a program was started")) is None


def test_the_newest_whole_one_counts(installed):
    for name in (
        "20261129T000000Z-a-1.db",
        "20261130T000000Z-a-2.db",
        "20261130T000000Z-a-2.db.json",
        ".new",
        "other.db",
    ):
        (installed / name).write_text("")
        os.utime(installed / name, (0, 1_796_083_200 - 3600))
    found = etcd_backup.read_etcd_backup(host(LONG_AGO))
    assert (found["newest"], found["age"], found["period"]) == ("20261130T000000Z-a-2.db", 3600.0, 86400.0)
    assert found["folder"] == str(installed) and found["result"] == "success" and not found["running"]


def test_a_new_timer_has_no_period_yet(installed):
    found = etcd_backup.read_etcd_backup(host(NOT_YET))
    assert (found["newest"], found["age"], found["period"]) == ("", None, None)


def test_the_last_word_of_the_program_is_the_reason(installed):
    said = (
        "Error: context deadline exceeded\noverlay-etcd-backup: etcdctl snapshot save has failed\nsomething after it\n"
    )
    found = etcd_backup.read_etcd_backup(host(LONG_AGO, "exit-code", said))
    assert found["reason"] == "overlay-etcd-backup: etcdctl snapshot save has failed"
    assert etcd_backup.read_etcd_backup(host(LONG_AGO, "signal", ""))["reason"] == ""


@pytest.mark.parametrize(
    ("output", "problem"),
    [
        (Output(0, "  Original form: daily\n"), ""),
        (
            Output(1, "", "Failed to parse calendar specification 'dayly': Invalid argument\n"),
            "Failed to parse calendar specification 'dayly': Invalid argument",
        ),
        (Output(1, "", "Unknown operation 'calendar'.\n"), ""),
        (Output(127, "", "systemd-analyze: No such file or directory"), ""),
    ],
)
def test_times(output, problem):
    assert etcd_backup.read_calendars(["x"], lambda argv: output) == {"x": problem}
