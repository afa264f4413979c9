# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be done on one host, so that it is a plain docker host without the overlay. No I/O.

It follows from what is there, so that a second run has nothing to do, and a run that was killed is finished by the next one.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import contains, network_of
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import escaped
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.firewalld_zones import (
    COMMAND,
    PERMANENT,
    TRUSTED,
    Needs,
    zone_of_peers,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Query
from ansible_collections.overlay.flannel.plugins.plugin_utils import docker_host, flannel_platforms
from ansible_collections.overlay.flannel.plugins.plugin_utils import removal_paths as paths
from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import part
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_platforms import PACKAGES
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_settings import EtcdSettings
from ansible_collections.overlay.flannel.plugins.plugin_utils.firewalld_plan import firewalld_of
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_context import FlannelContext, flannel_context
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_firewall import firewall_needs
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_reloads import SERVICES, can_reload
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Controller, HostFacts
from ansible_collections.overlay.flannel.plugins.plugin_utils.removal_bridge import BRIDGE, bridge_address

ROLES = ("metrics", "docker", "flannel", "etcd")
KEEP, ASIDE, DELETE = "keep", "aside", "delete"
DATA: t.Mapping[str, str] = {KEEP: "kept", ASIDE: "set aside", DELETE: "deleted"}
STARTED = ("active", "activating", "reloading", "deactivating", "failed")
AllSettings = t.Mapping[str, paths.Settings]


@dataclasses.dataclass
class Removal:
    """`units` are stopped and disabled, in this order; `drop_in` is docker's, which goes before its restart (empty: not there).

    `files` and `state` are deleted, the latter as far as they are there then, `directories` where they are empty then. `left` are files of
    somebody else at our paths, as texts.
    `networks` are those of the overlay, `devices` and `routes` what flanneld has left. `firewall` are commands for firewalld, `reloads` for
    services that had files of ours. `docker` says that it restarts, `bridge` that docker0 is the overlay's, as docker remembers it too;
    `docker_command` is docker's own, `bip` the address that docker0 gets (empty: docker decides). `data` are the
    paths of etcd's data, `member` its name in the cluster. `packages` are etcd's and flannel's. `address` is the host's public address
    in the overlay, `subnet` its lease as far as the host knows it, `flannel` says that flanneld's unit is there and ours. `remaining` is
    everything that will be done, as texts.
    """

    parts: t.List[str] = dataclasses.field(default_factory=list)
    address: str = ""
    subnet: str = ""
    member: str = ""
    flannel: bool = False
    units: t.List[str] = dataclasses.field(default_factory=list)
    drop_in: str = ""
    docker: bool = False
    docker_runs: bool = False
    bridge: bool = False
    docker_command: str = ""
    bip: str = ""
    networks: t.List[str] = dataclasses.field(default_factory=list)
    devices: t.List[str] = dataclasses.field(default_factory=list)
    routes: t.List[t.List[str]] = dataclasses.field(default_factory=list)
    firewall: t.List[t.List[str]] = dataclasses.field(default_factory=list)
    reloads: t.List[str] = dataclasses.field(default_factory=list)
    files: t.List[str] = dataclasses.field(default_factory=list)
    state: t.List[str] = dataclasses.field(default_factory=list)
    directories: t.List[str] = dataclasses.field(default_factory=list)
    left: t.List[str] = dataclasses.field(default_factory=list)
    data: t.List[str] = dataclasses.field(default_factory=list)
    data_dir: str = ""
    readers_group: str = ""
    etcd_user: bool = False
    packages: t.List[str] = dataclasses.field(default_factory=list)
    remaining: t.List[str] = dataclasses.field(default_factory=list)

    def to_dict(self) -> dict[str, t.Any]:
        found = dataclasses.asdict(self)
        return {**found, **{name: [escaped(text) for text in found[name]] for name in ("left", "remaining")}}


def query(settings: AllSettings) -> Query:
    """Beside what the plans of the roles ask for."""
    return Query(
        files=paths.queried(settings),
        contents=[],
        secrets=[],
        certificates=[],
        key_pairs=[],
        units=[unit for units in paths.DAEMONS.values() for unit in units],
        packages=[],
        sysctls=[],
        ports=[],
        calendars=[],
    )


def plan(
    settings: AllSettings, facts: HostFacts, controller: Controller, parts: t.Collection[str], data: str, packages: bool
) -> Removal:
    """`parts` are the roles whose work is undone, `data` is what becomes of etcd's data (DATA), `packages` whether those of etcd and flannel go."""
    owned = [paths.owned_by(role, settings[role], facts, controller) for role in ROLES if role in parts]
    flannel = flannel_context(settings["flannel"], facts, controller)
    found = Removal(parts=[one.role for one in owned], address=flannel.address)
    for one in owned:
        found.units += running_units(one, facts)
        found.files += [path for path in paths.removed_files(one, facts) if path != docker_host.DROP_IN]
        found.state += paths.removed_state(one, facts)
        found.directories += one.directories
        found.left += [
            f"{path} has not the mark of the role {one.role}: it stays" for path in paths.left_files(one, facts)
        ]
        if one.role == "docker":
            add_docker(found, settings["docker"], facts, flannel)
        elif one.role == "flannel":
            add_flannel(found, one, flannel)
        elif one.role == "etcd":
            add_etcd(found, one, settings["etcd"], facts, controller, data)
    found.packages = installed(facts, parts) if packages else []
    found.remaining = remaining(found, facts, data)
    return found


def running_units(owned: paths.Owned, facts: HostFacts) -> list[str]:
    """The role's own ones, and its daemon as far as it runs, has failed or starts at boot. That of a package has our drop-in."""
    found = paths.own_units(owned, facts)
    for name in paths.DAEMONS[owned.role]:
        unit = part(facts, "units").get(name) or {}
        at_boot = str(unit.get("unit_file_state") or "").startswith("enabled")
        if paths.is_owner(owned, facts) and (unit.get("active_state") in STARTED or at_boot):
            found.append(name)
    return found


def overlay_networks(facts: HostFacts, flannel: FlannelContext) -> list[str]:
    """That of the variables, and the one that flannel works in."""
    written = part(facts, "flannel").get("subnet_env") or {}
    wanted = str(flannel.config.ipv4.network) if flannel.config and flannel.config.ipv4 else ""
    return list(dict.fromkeys(network_of(text) for text in (wanted, written.get("network")) if text))


def in_overlay(address: str, networks: t.Iterable[str]) -> bool:
    return any(contains(network, address) for network in networks)


def add_docker(found: Removal, settings: paths.Settings, facts: HostFacts, flannel: FlannelContext) -> None:
    """docker remembers the address of docker0 beyond the bridge itself: where it had our drop-in, it had one of the overlay."""
    found.networks = overlay_networks(facts, flannel)
    host = docker_host.DockerHost(docker_host.DockerSettings(**settings), facts)
    bridge = part(facts, "interfaces").get(BRIDGE) or {}
    arguments = (part(facts, "processes").get("dockerd") or {}).get("argv") or []
    given = [word[len("--bip=") :].partition("/")[0] for word in arguments if word.startswith("--bip=")]
    addresses = [*given, *(item["address"] for item in bridge.get("addresses") or [])]
    drop_in = paths.exists(facts, docker_host.DROP_IN)
    killed = paths.exists(facts, paths.OWN_BRIDGE)
    found.drop_in = docker_host.DROP_IN if drop_in else ""
    found.bridge = host.unit_exists and (drop_in or killed or any(in_overlay(one, found.networks) for one in addresses))
    found.docker_command, found.bip = host.command, bridge_address(host) if found.bridge else ""
    found.docker_runs = host.unit.get("active_state") in ("active", "activating", "reloading")
    found.docker = found.bridge and (found.docker_runs or host.enabled)


def add_flannel(found: Removal, owned: paths.Owned, flannel: FlannelContext) -> None:
    facts = flannel.facts
    written = part(facts, "flannel").get("subnet_env") or {}
    found.subnet = network_of(written["subnet"]) if written.get("subnet") else ""
    found.networks = overlay_networks(facts, flannel)
    found.flannel = paths.is_owner(owned, facts)
    if found.flannel:
        found.devices = [name for name in part(facts, "interfaces") if name.startswith("flannel")]
        found.routes = peer_routes(facts, found.networks)
    found.firewall = closing(facts, flannel)
    gone = set(found.files)
    found.reloads = [
        one.command
        for one in SERVICES
        if can_reload(one, flannel) and (gone & set(one.files) or paths.exists(facts, one.loaded))
    ]


def peer_routes(facts: HostFacts, networks: t.Sequence[str]) -> list[list[str]]:
    """Of backends without a device. flanneld sets no metric."""
    return [
        [route["dst"], "via", route["via"], "dev", route["dev"]]
        for route in facts.get("routes") or []
        if route["via"] and not route.get("metric") and in_overlay(route["dst"], networks)
    ]


def closing(facts: HostFacts, flannel: FlannelContext) -> list[list[str]]:
    """What the role tells firewalld (flannel_firewall: managed), taken back. docker looks after its own zone."""
    firewalld = firewalld_of(facts, flannel.settings.firewall)
    if firewalld is None or firewalld["error"]:
        return []
    needs: Needs = firewall_needs(flannel)
    zone, found = zone_of_peers(firewalld, needs), []
    for words, zones in (([COMMAND, PERMANENT], firewalld["permanent"]), ([COMMAND], firewalld["zones"])):
        seen = zones.get(zone)
        for one in needs.arrivals:
            kind = "port" if "/" in one else "protocol"
            if seen and one in (seen["ports"] if kind == "port" else seen["protocols"]):
                found.append([*words, f"--zone={zone}", f"--remove-{kind}={one}"])
        trusted = zones.get(TRUSTED)
        inside = [name for name in needs.devices if trusted and name in trusted["interfaces"]]
        found += [[*words, f"--zone={TRUSTED}", f"--remove-interface={name}"] for name in inside]
    return found


def add_etcd(
    found: Removal, owned: paths.Owned, settings: paths.Settings, facts: HostFacts, controller: Controller, data: str
) -> None:
    found.data_dir = str(settings["data_dir"])
    found.readers_group = str(settings["readers_group"])
    found.member = controller.host if paths.exists(facts, f"{found.data_dir}/member") else ""
    wal = EtcdSettings(**settings).extra.get("ETCD_WAL_DIR", "")
    found.data = [f"{found.data_dir}/member"] + ([wal] if wal else []) if found.member else []
    by_package = any(part(facts, "packages").get(name) for name in PACKAGES[:3])
    known = paths.is_owner(owned, facts) or controller.host in (controller.groups.get(settings["group"]) or [])
    found.etcd_user = known and not by_package and (data == DELETE or not found.member)


def installed(facts: HostFacts, parts: t.Collection[str]) -> list[str]:
    """Never docker's: its images, volumes and containers are the user's."""
    flannels = [one.package.name for one in flannel_platforms.PLATFORMS.values() if one.package]
    names = [*(PACKAGES[:3] if "etcd" in parts else ()), *(flannels if "flannel" in parts else ())]
    return [name for name in names if part(facts, "packages").get(name)]


def remaining(found: Removal, facts: HostFacts, data: str) -> list[str]:
    restart = (
        "docker.service restarts on its own bridge" if found.docker_runs else "docker.service starts on its own bridge"
    )
    return [
        *(f"{name} is stopped and disabled" for name in found.units),
        *(f"the device {name} is deleted" for name in found.devices),
        *(f"the route {' '.join(words)} is deleted" for words in found.routes),
        *(f"firewalld: {' '.join(words[1:])}" for words in found.firewall),
        *([f"{found.drop_in} is deleted"] if found.drop_in else []),
        *([restart] if found.docker else []),
        *([f"{BRIDGE} gets an address of docker's own: {found.bip or 'that of daemon.json'}"] if found.bridge else []),
        *(f"{path} is deleted" for path in found.state if paths.exists(facts, path)),
        *(f"{path} is deleted" for path in found.files),
        *(f"{command} is run" for command in found.reloads),
        *(f"{path} is {DATA[data]}" for path in found.data if data != KEEP),
        *(f"the package {name} is removed" for name in found.packages),
    ]
