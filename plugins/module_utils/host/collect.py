# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collect the facts of a host in one go: what is there and what really runs. host/checks checks them."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.keyed_digest import key_name
from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import HostRunner
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import certificates as certificates_facts
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import daemons as daemons_facts
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import docker as docker_facts
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import etcd_backup as etcd_backup_facts
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import etcd_process, iproute2, systemd_units
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import files as files_facts
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import firewall as firewall_facts
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import firewalld as firewalld_facts
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import flannel as flannel_facts
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import kernel as kernel_facts
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import listeners as listeners_facts
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import networkd as networkd_facts
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import packages as packages_facts
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import platform as platform_facts
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import processes as processes_facts
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import repositories as repositories_facts
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import (
    Firewall,
    Flannel,
    HostFacts,
    PeerEntries,
    Process,
    Query,
    Route,
    Unit,
)

# What grows with every peer, and what only the checks read
OF_PEERS = ("neighbours", "fdb")
FEW_PEERS = 50
OWN_NETWORK_FILE = "10-overlay-flannel.network"
FORWARDING = ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding")
DAEMONS = {"etcd": "etcd.service", "flanneld": "flanneld.service", "dockerd": "docker.service"}


def collect(query: Query, runner: HostRunner, digest_key: str = "") -> HostFacts:
    """`digest_key` is the key of the digests of files with secrets, which are returned instead of checksums."""
    platform = platform_facts.read_platform(runner)
    units = read_units(query["units"], platform["init"], runner)
    processes = read_daemons(units)
    daemons = daemons_facts.read_daemons(main_pids(units))
    interfaces = iproute2.read_interfaces(runner)
    devices = flannel_facts.with_entries(interfaces)
    flannel = flannel_facts.read_flannel(processes.get("flanneld"), interfaces, runner)
    return HostFacts(
        query=query,
        digest_key=key_name(digest_key),
        platform=platform,
        files=files_facts.read_files(query["files"], query["contents"], query["secrets"], digest_key),
        certificates={path: certificates_facts.read_certificates(path) for path in query["certificates"]},
        key_pairs={pair["key"]: certificates_facts.read_key_pair(pair) for pair in query["key_pairs"]},
        units=units,
        packages=packages_facts.read_packages(query["packages"], platform["package_manager"], runner),
        sysctls=files_facts.read_sysctls(list(dict.fromkeys([*query["sysctls"], *FORWARDING]))),
        interfaces=interfaces,
        routes=iproute2.read_routes(runner),
        neighbours=iproute2.read_neighbours(devices, runner),
        fdb=iproute2.read_fdb(devices, runner),
        processes=processes,
        daemons=daemons,
        listeners=listeners_facts.read_listeners(query["ports"], [daemon["pid"] for daemon in daemons]),
        repositories=repositories_facts.read_repositories(platform["package_manager"]),
        etcd=etcd_process.read_etcd(processes.get("etcd")),
        etcd_backup=etcd_backup_facts.read_etcd_backup(runner),
        calendars=etcd_backup_facts.read_calendars(query.get("calendars") or [], runner),
        flannel=flannel,
        docker=docker_facts.read_docker(processes.get("dockerd"), interfaces, runner),
        firewall=read_firewall(flannel, processes, runner),
        firewalld=firewalld_facts.read_firewalld(runner),
        network_files=networkd_facts.read_network_files(OWN_NETWORK_FILE),
        kernel=kernel_facts.read_kernel(interfaces),
    )


def read_units(query: t.Sequence[str], init: str, runner: HostRunner) -> dict[str, Unit]:
    """The daemons' own units are always included, in the same call."""
    names = [*query, *(name for name in DAEMONS.values() if name not in query)]
    return systemd_units.read_units(names, runner) if init == "systemd" else {}


def read_daemons(units: t.Mapping[str, Unit]) -> dict[str, Process]:
    """The main process of the unit; where there is none, a process of that name."""
    found = {}
    for name, unit in DAEMONS.items():
        pid = units[unit]["main_pid"] if unit in units else 0
        found[name] = processes_facts.read_process(pid or processes_facts.find_by_name(name) or 0)
    return {name: process for name, process in found.items() if process is not None}


def main_pids(units: t.Mapping[str, Unit]) -> dict[int, str]:
    """The main processes of the daemons' units, with the daemon's name."""
    return {
        units[unit]["main_pid"]: name for name, unit in DAEMONS.items() if unit in units and units[unit]["main_pid"]
    }


def read_firewall(flannel: Flannel, processes: t.Mapping[str, Process], runner: HostRunner) -> Firewall:
    """Not on a bare host: listing rules may load kernel modules there."""
    if flannel["subnet_env"] is None and "dockerd" not in processes:
        return firewall_facts.nothing()
    subnet_env = flannel["subnet_env"]
    return firewall_facts.read_firewall(runner, ipv6=bool(subnet_env and subnet_env["ipv6_subnet"]))


def returned(facts: HostFacts) -> dict[str, t.Any]:
    """The facts for the controller, which keeps them of every host: what grows with the number of hosts is in them only while it is small.

    A gateway by flannel's device is a peer. Who reads `routes` there leaves these out as well.
    """
    entries = PeerEntries(
        routes=[route for route in facts["routes"] if of_peer(route)],
        neighbours=facts["neighbours"],
        fdb=facts["fdb"],
    )
    others = {name: value for name, value in facts.items() if name not in OF_PEERS}
    routes = [route for route in facts["routes"] if not of_peer(route)]
    few = max(len(entries["routes"]), len(entries["neighbours"]), len(entries["fdb"])) <= FEW_PEERS
    return {**others, "routes": routes, "peer_entries": entries if few else None}


def of_peer(route: Route) -> bool:
    return bool(route["via"]) and route["dev"].startswith("flannel")


def with_peer_entries(facts: t.Mapping[str, t.Any]) -> HostFacts | None:
    """The facts as they were collected; None where there were too many entries of peers to return them."""
    entries = facts.get("peer_entries")
    if not entries:
        return None
    return t.cast(HostFacts, {**facts, **entries, "routes": [*facts["routes"], *entries["routes"]]})
