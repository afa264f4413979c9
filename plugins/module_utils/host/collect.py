# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at a host in one go: what is there and what really runs. Judging is done elsewhere (host_verdict)."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.host_runner import Runner
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import docker as host_docker
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import files as host_files
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import firewall as host_firewall
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import flannel as host_flannel
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import iproute2 as host_links
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import kernel as host_kernel
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import platform as host_platform
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import processes as host_processes
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import systemd_units as host_units
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import (
    Asked,
    Firewall,
    Flannel,
    Look,
    Process,
    Unit,
)

# What grows with every peer, and what only the judging reads
OF_PEERS = ("neighbours", "fdb")
DAEMONS = {"etcd": "etcd.service", "flanneld": "flanneld.service", "dockerd": "docker.service"}


def look(asked: Asked, runner: Runner) -> Look:
    platform = host_platform.look_at_platform(runner)
    units = look_at_units(asked["units"], platform["init"], runner)
    processes = look_at_daemons(units)
    interfaces = host_links.look_at_interfaces(runner)
    devices = host_flannel.with_entries(interfaces)
    flannel = host_flannel.look_at_flannel(processes.get("flanneld"), interfaces, runner)
    return Look(
        asked=asked,
        platform=platform,
        files=host_files.look_at_files(asked["files"], asked["contents"]),
        units=units,
        packages=host_files.look_at_packages(asked["packages"], platform["package_manager"], runner),
        sysctls=host_files.look_at_sysctls([*asked["sysctls"], "net.ipv4.ip_forward"]),
        interfaces=interfaces,
        routes=host_links.look_at_routes(runner),
        neighbours=host_links.look_at_neighbours(devices, runner),
        fdb=host_links.look_at_fdb(devices, runner),
        processes=processes,
        flannel=flannel,
        docker=host_docker.look_at_docker(processes.get("dockerd"), interfaces),
        firewall=look_at_firewall(flannel, processes, runner),
        kernel=host_kernel.look_at_kernel(interfaces),
    )


def look_at_units(asked: t.Sequence[str], init: str, runner: Runner) -> dict[str, Unit]:
    """The daemons' own units are always looked at, in the same call."""
    names = [*asked, *(name for name in DAEMONS.values() if name not in asked)]
    return host_units.look_at_units(names, runner) if init == "systemd" else {}


def look_at_daemons(units: t.Mapping[str, Unit]) -> dict[str, Process]:
    """The main process of the unit; where there is none, a process of that name."""
    found = {}
    for name, unit in DAEMONS.items():
        pid = units[unit]["main_pid"] if unit in units else 0
        found[name] = host_processes.look_at_process(pid or host_processes.find_by_name(name) or 0)
    return {name: process for name, process in found.items() if process is not None}


def look_at_firewall(flannel: Flannel, processes: t.Mapping[str, Process], runner: Runner) -> Firewall:
    """Not on a bare host: listing rules may load kernel modules there."""
    if flannel["subnet_env"] is None and "dockerd" not in processes:
        return host_firewall.nothing()
    return host_firewall.look_at_firewall(runner)


def without_peers(look: Look) -> dict[str, t.Any]:
    """What is told of a look: the controller keeps it of every host, so nothing in it may grow with the number of hosts.

    A gateway by flannel's device is a peer. Who reads the routes there leaves these out as well.
    """
    routes = [route for route in look["routes"] if not (route["via"] and route["dev"].startswith("flannel"))]
    return {**{name: value for name, value in look.items() if name not in OF_PEERS}, "routes": routes}
