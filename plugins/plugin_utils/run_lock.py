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
from ansible_collections.overlay.flannel.plugins.plugin_utils.pending_hosts import pending_hosts

RESULT = "overlay_preflight"
HOLDER = re.compile(r"(?P<controller>\S+@\S+ \[[^]]*\]), process (?P<process>[0-9]+)")
Variables = t.Mapping[str, t.Any]


def this_controller() -> str:
    """User, name and the space of process ids, so that two containers of one name are not taken for one."""
    try:
        space = os.readlink("/proc/self/ns/pid")
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            space = f"{file.read().strip()[:8]} {re.sub('[^0-9]', '', space)}"
    except OSError:
        space = ""
    return f"{getpass.getuser()}@{socket.gethostname()} [{space}]"


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def holder(controller: str, process: int, now: str) -> str:
    return escaped(f"{controller}, process {process}{SINCE}{now}")


def ended(holder: str | None, controller: str, alive: t.Callable[[int], bool]) -> str:
    """The holder, where it was a run of this controller that has ended; else empty: nobody can tell from here."""
    found = HOLDER.match(holder or "")
    over = found and found["controller"] == controller and not alive(int(found["process"]))
    return holder or "" if over else ""


def lock_host(names: t.Iterable[str], hostvars: t.Mapping[str, Variables], result: str = RESULT) -> list[str]:
    """The host with the lock, where a host has something left to do."""
    names = list(names)
    if not pending_hosts(names, hostvars, result=result):
        return []
    return [name for name in names if (hostvars.get(name, {}).get(result) or {}).get("reads_etcd")]
