# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which run may change the fleet, where two are started: what only the controller knows. No I/O, except what names this run."""

from __future__ import annotations

import getpass
import os
import re
import socket
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import escaped
from ansible_collections.overlay.flannel.plugins.module_utils.common.run_lock import SINCE

HOLDER = re.compile(r"(?P<controller>\S+@\S+ \[[^]]*\]), process (?P<process>[0-9]+)(?: of tick (?P<start>[0-9]+))?")


def this_controller() -> str:
    """User, name and the space of process ids, so that two containers of one name are not taken for one."""
    try:
        space = os.readlink("/proc/self/ns/pid")
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            space = f"{file.read().strip()[:8]} {re.sub('[^0-9]', '', space)}"
    except OSError:
        space = ""
    return f"{getpass.getuser()}@{socket.gethostname()} [{space}]"


def start_of(process: int) -> str:
    """When the process was started, in ticks since boot (proc(5), field 22 of stat), because numbers of processes are used again; empty without /proc."""
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def is_alive(process: int, start: str) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return start_of(process) == start


def holder(controller: str, process: int, start: str, now: str) -> str:
    born = f" of tick {start}" if start else ""
    return escaped(f"{controller}, process {process}{born}{SINCE}{now}")


def ended(holder: str | None, controller: str, alive: t.Callable[[int, str], bool]) -> str:
    """The holder, where it was a run of this controller that has ended; else empty: nobody can tell from here."""
    found = HOLDER.match(holder or "")
    over = found and found["controller"] == controller and not alive(int(found["process"]), found["start"] or "")
    return holder or "" if over else ""
