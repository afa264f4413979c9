# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases of etcd as a user names them, and what runs on the hosts."""

from __future__ import annotations

from typing import Any

from fleet import Fleet
from overlay_lab import settings

NAMES = ("flannel-1", "flannel-2", "flannel-3")
PACKAGE = {"etcd_install_method": "package"}


def release(version: str) -> dict[str, Any]:
    folder = settings.cache() / "tools" / f"etcd-{version}"
    return {"etcd_install_method": "file", "etcd_file_dir": str(folder), "etcd_version": version}


def running(fleet: Fleet) -> list[str]:
    """The release of each member, from the program that its process runs."""
    shown = "$(readlink /proc/$(systemctl show -P MainPID etcd)/exe)"
    return [fleet[name].check_output(f"{shown} --version").split()[2] for name in fleet.members]


def started(fleet: Fleet) -> dict[str, str]:
    """When each member's etcd was started."""
    show = "systemctl show -P ExecMainStartTimestampMonotonic etcd"
    return {name: fleet[name].check_output(show) for name in fleet.members}
