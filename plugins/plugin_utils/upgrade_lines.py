# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an upgrade does to flannel and docker, as lines for people. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import listed

Variables = t.Mapping[str, t.Any]
NONE = "none"
FACTS, DOCKER_PLAN = "overlay_host_info", "overlay_docker_plan"


def upgrade_lines(names: t.Iterable[str], hostvars: t.Mapping[str, Variables], flannel_version: str) -> list[str]:
    """A line for each way that hosts go, with their names, and one for the hosts on which nothing changes.

    `hostvars` have the result of host_info (overlay_host_info) and, of hosts with docker, that of the plan of docker (overlay_docker_plan).
    """
    found = {name: hostvars[name] for name in names}
    wanted = str(flannel_version).lstrip("v")
    flannel = {name: (version_of("flannel", found[name]), wanted) for name in found if is_in("flannel", found[name])}
    docker = {
        name: (version_of("docker", found[name]), docker_after(found[name]))
        for name in found
        if is_in("docker", found[name])
    }
    return [*lines_of("flannel", flannel), *lines_of("docker", docker)]


def is_in(group: str, variables: Variables) -> bool:
    return group in variables["group_names"]


def version_of(part: str, variables: Variables) -> str:
    return str((variables[FACTS].get(part) or {}).get("version") or NONE)


def docker_after(variables: Variables) -> str:
    """The packages that the plan installs, in the package manager's spelling; the version as it is where it installs none."""
    return ", ".join((variables.get(DOCKER_PLAN) or {}).get("packages") or []) or version_of("docker", variables)


def lines_of(part: str, ways: t.Mapping[str, tuple[str, str]]) -> list[str]:
    hosts: dict[tuple[str, str], list[str]] = {}
    for name, way in ways.items():
        hosts.setdefault(way, []).append(name)
    return [
        f"{part}: {now} stays on {listed(names)}" if now == then else f"{part}: {now} -> {then} on {listed(names)}"
        for (now, then), names in sorted(hosts.items())
    ]
