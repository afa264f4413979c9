# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What on a host is somebody else's: files without the mark of the role that would write them, units, processes. No I/O.

A role replaces such a file only where its variable `<role>_adopt` is true, and keeps a copy beside it.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import part
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import HostFacts

KEPT = ".before-overlay"
# Packages put their units there. A unit of the role in /etc wins over one of these, and does not replace it.
PACKAGED = ("/lib/systemd/system/", "/usr/lib/systemd/system/")
MASK = "/dev/null"
CONTAINER_ID = re.compile("[0-9a-f]{64}")
Daemon = t.Mapping[str, t.Any]


def has_mark(facts: HostFacts, path: str, role: str) -> bool:
    return (part(facts, "files").get(path) or {}).get("mark") == role


def is_foreign(facts: HostFacts, path: str, role: str) -> bool:
    """A file that is there without the mark of the role. False for a masked unit, and where the facts say nothing of a mark."""
    file = part(facts, "files").get(path) or {}
    return bool(file.get("exists")) and file.get("mark", role) != role and file.get("target") != MASK


def foreign_unit(facts: HostFacts, unit: str, path: str, role: str) -> str:
    """The path of a unit file that neither the role nor a package has written; empty where there is none. `path` is the role's."""
    if is_foreign(facts, path, role):
        return path
    fragment = unit_fact(facts, unit).get("fragment_path") or ""
    return fragment if fragment and not fragment.startswith((path, MASK, *PACKAGED)) else ""


def unit_fact(facts: HostFacts, unit: str) -> t.Mapping[str, t.Any]:
    return part(facts, "units").get(unit) or {}


def daemons(facts: HostFacts, *names: str) -> list[Daemon]:
    return [daemon for daemon in facts.get("daemons") or [] if daemon["name"] in names]


def main_process(facts: HostFacts, unit: str) -> Daemon:
    """Of a unit; empty where it does not run."""
    pid = unit_fact(facts, unit).get("main_pid") or -1
    return next((daemon for daemon in facts.get("daemons") or [] if daemon["pid"] == pid), {})


def others(facts: HostFacts, unit: str, *names: str) -> list[Daemon]:
    """The processes of these daemons that are not of the unit."""
    pid = unit_fact(facts, unit).get("main_pid") or -1
    return [daemon for daemon in daemons(facts, *names) if daemon["pid"] != pid and daemon["unit"] != unit]


def process_text(daemon: t.Mapping[str, t.Any]) -> str:
    """`etcd, process 131 of app.service, with its data in /srv/etcd`."""
    place = " in a container" if daemon.get("in_container") else ""
    data = f", with its data in {daemon['data_dir']}" if daemon.get("data_dir") else ""
    return f"{daemon['name'] or 'a program'}, process {daemon['pid'] or '(unknown)'} of {daemon['unit'] or 'an unknown unit'}{place}{data}"


def stop_text(daemon: t.Mapping[str, t.Any]) -> str:
    """How to end it: its container, its unit where that is a service of systemd itself, else the process."""
    unit, container = daemon["unit"], CONTAINER_ID.search(daemon["unit"])
    if daemon["name"] == "docker-proxy":
        return f"stop the container that publishes it (docker ps --filter publish={daemon.get('port', '')})"
    if container:
        return f"stop its container {container.group()[:12]}"
    if unit.endswith(".service") and " " not in unit:
        return f"systemctl disable --now {unit}"
    return f"stop process {daemon['pid']} where it was started ({unit})" if unit else f"stop process {daemon['pid']}"
