# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read running processes from /proc. A process may vanish at any moment: then there is nothing, never an error."""

from __future__ import annotations

import os
import re
import time

from ansible_collections.overlay.flannel.plugins.module_utils.common.redaction import redact_arguments
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Process

PROC = "/proc"
DELETED = " (deleted)"
CONTAINER = re.compile(r"docker|containerd|kubepods|libpod|crio")
# A program that only answers and ends: this module itself asks flanneld for its version, and so may another run at the same moment.
ANSWER = re.compile(r"--?(version|help|validate)")


def read_bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as source:
            return source.read()
    except OSError:
        return b""


def split_nul(data: bytes) -> list[str]:
    return [part.decode("utf-8", "replace") for part in data.split(b"\0")[:-1]]


def arguments(pid: int) -> list[str]:
    return split_nul(read_bytes(f"{PROC}/{pid}/cmdline"))


def environment(pid: int) -> dict[str, str] | None:
    """The environment that the process was started with.

    None when it may not be read, or when the process has written its title over it: systemd always sets PATH.
    """
    pairs = (entry.partition("=") for entry in split_nul(read_bytes(f"{PROC}/{pid}/environ")))
    found = {name: value for name, _sign, value in pairs}
    return found if "PATH" in found else None


def link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def executable(pid: int) -> str:
    """With ` (deleted)` at the end when the file was replaced or removed."""
    return link(f"{PROC}/{pid}/exe")


def open_files(pid: int) -> set[str]:
    """Paths, and sockets as `socket:[inode]`."""
    folder = f"{PROC}/{pid}/fd"
    try:
        return {link(f"{folder}/{number}") for number in os.listdir(folder)}
    except OSError:
        return set()


def same_file(pid: int, path: str) -> bool:
    """Unknown counts as the same."""
    try:
        return os.path.samefile(f"{PROC}/{pid}/exe", path)
    except OSError:
        return True


def started(pid: int) -> float | None:
    """Seconds since 1970, by the clock of now (field 22 counts from boot)."""
    fields = read_bytes(f"{PROC}/{pid}/stat").rpartition(b")")[2].split()
    if len(fields) < 20:
        return None
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return round(booted + int(fields[19]) / os.sysconf("SC_CLK_TCK"), 2)


def only_answers(pid: int) -> bool:
    return any(ANSWER.fullmatch(argument) for argument in arguments(pid)[1:])


def read_process(pid: int) -> Process | None:
    argv, began = arguments(pid), started(pid)
    if not argv or began is None:
        return None
    path = executable(pid)
    path = path[: -len(DELETED)] if path.endswith(DELETED) else path
    return Process(pid=pid, argv=redact_arguments(argv), executable=path, started=began)


def namespace(pid: int | str, kind: str = "pid") -> str:
    return link(f"{PROC}/{pid}/ns/{kind}")


def belongs_to_host(pid: int) -> bool:
    """Not one of a container or of another host that runs on this machine."""
    own = namespace("self")
    if not own or namespace(pid) != own:
        return False
    return not CONTAINER.search(read_bytes(f"{PROC}/{pid}/cgroup").decode("utf-8", "replace"))


def name_of(pid: int) -> str:
    return read_bytes(f"{PROC}/{pid}/comm").strip().decode("utf-8", "replace")


def every_name() -> list[tuple[int, str]]:
    """Every process with its name, the oldest first."""
    return [(pid, name_of(pid)) for pid in sorted(int(entry) for entry in os.listdir(PROC) if entry.isdigit())]


def find_by_name(name: str) -> int | None:
    """The oldest process of the host itself with this name that does not only answer."""
    named = (pid for pid, found in every_name() if found == name)
    return next((pid for pid in named if belongs_to_host(pid) and not only_answers(pid)), None)
