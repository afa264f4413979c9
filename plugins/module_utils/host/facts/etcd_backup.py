# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backups of etcd on this host: what became of the timer's last run, and how old the newest one is. Nothing where there is no timer."""

from __future__ import annotations

import calendar
import os
import re
import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.redaction import redact
from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import HostRunner
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.files import read_text
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import EtcdBackup

NAME = "overlay-etcd-backup"
TIMER_FILE = f"/etc/systemd/system/{NAME}.timer"
SERVICE_FILE = f"/etc/systemd/system/{NAME}.service"
WHOLE = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]+-\d+\.db")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
TIMER = ("ActiveState", "NextElapseUSecRealtime", "LastTriggerUSec", "ActiveEnterTimestamp")
RUNS = ("activating", "active", "reloading")


def read_etcd_backup(run: HostRunner) -> EtcdBackup | None:
    if not os.path.exists(TIMER_FILE):
        return None
    # In UTC, whatever the host's time zone is
    show = ["env", "TZ=UTC", "systemctl", "show", "--no-pager"]
    timer = values(run([*show, "-p", ",".join(TIMER), f"{NAME}.timer"]).out)
    service = values(run([*show, "-p", "ActiveState,Result", f"{NAME}.service"]).out)
    failed = service.get("Result", "success") not in ("", "success")
    folder = folder_of(read_text(SERVICE_FILE) or "")
    newest, written = newest_in(folder)
    return EtcdBackup(
        running=service.get("ActiveState") in RUNS,
        timer=timer.get("ActiveState", ""),
        result=service.get("Result", ""),
        reason=reason(run) if failed else "",
        folder=folder,
        newest=newest,
        age=time.time() - written if newest else None,
        period=period(timer, time.time()),
    )


def values(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines())
    return {name: value for name, _sign, value in pairs}


def folder_of(unit: str) -> str:
    """The first argument of the program in the unit that the role has written."""
    found = re.search(rf'(?m)^ExecStart=\S+/{NAME} "?(/[^\s"]+)', unit)
    return found.group(1).replace("%%", "%") if found else ""


def newest_in(folder: str) -> tuple[str, float]:
    """Name and time of the newest whole backup; empty where there is none."""
    try:
        names = sorted(name for name in os.listdir(folder) if WHOLE.fullmatch(name))
        return (names[-1], os.stat(os.path.join(folder, names[-1])).st_mtime) if names else ("", 0.0)
    except OSError:
        return "", 0.0


def moment(text: str) -> float | None:
    found = MOMENT.search(text)
    return float(calendar.timegm(time.strptime(found.group(), "%Y-%m-%d %H:%M:%S"))) if found else None


def period(timer: t.Mapping[str, str], now: float) -> float | None:
    """Between the last start of the timer's unit and the next one. None as long as the timer has not been there for two of them."""
    following, last, since = (moment(timer.get(name, "")) for name in TIMER[1:])
    if following is None or last is None or since is None or following <= last:
        return None
    return following - last if now - since > 2 * (following - last) else None


def reason(run: HostRunner) -> str:
    """What the program said last."""
    done = run(["journalctl", "--no-pager", "-o", "cat", "-n", "3", f"_SYSTEMD_UNIT={NAME}.service"])
    lines = [line.strip() for line in done.out.splitlines() if line.strip()]
    own = [line for line in lines if line.startswith(f"{NAME}: ")] or lines
    return redact(own[-1])[:500] if own else ""


def read_calendars(texts: t.Sequence[str], run: HostRunner) -> dict[str, str]:
    """Why systemd does not understand a time; empty where it does, and where it is too old to be asked (before 235)."""
    return {text: problem(text, run) for text in texts}


def problem(text: str, run: HostRunner) -> str:
    done = run(["systemd-analyze", "calendar", "--", text])
    said = (done.error or done.out).strip().splitlines()
    if done.code == 0 or done.code == 127 or not said or "Unknown operation" in said[0]:
        return ""
    return said[0]
