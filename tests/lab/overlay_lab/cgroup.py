"""A cgroup for each host: it tells whether the host runs, and ends all of it at once."""

from __future__ import annotations

import os
from pathlib import Path

from .run import wait_for
from .settings import LabError

ROOT = "overlay-flannel"


def root() -> Path:
    """Ours in the unified hierarchy, wherever this machine has mounted it."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        fields = line.split()
        if fields[2] == "cgroup2":
            return Path(fields[1]) / ROOT
    raise LabError(
        "this machine has no cgroup2 file system mounted; mount one: mount -t cgroup2 cgroup2 /sys/fs/cgroup"
    )


def of(lab: str, host: str) -> Path:
    return root() / lab / host


def running(group: Path) -> bool:
    try:
        return "populated 1" in (group / "cgroup.events").read_text()
    except FileNotFoundError:
        return False


def remove(group: Path) -> None:
    """End every process beneath it and take it away; a lab's group takes its hosts' with it."""
    if not group.is_dir():
        return
    (group / "cgroup.kill").write_text("1")
    wait_for(f"processes of {group.name} end", lambda: not running(group), 30)
    for path, _, _ in os.walk(group, topdown=False):
        os.rmdir(path)


def remove_root() -> None:
    try:
        root().rmdir()
    except OSError:
        return  # another lab is there
