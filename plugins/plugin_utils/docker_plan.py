# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of the role docker. No I/O."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.firewalld_zones import Needs
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Query
from ansible_collections.overlay.flannel.plugins.plugin_utils import docker_files
from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import pending_files, pending_sysctls
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_checks import (
    refuse_installation,
    refuse_variables,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_firewalld import refuse_zone_of_docker
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_host import (
    DROP_IN,
    FIREWALLD,
    FIREWALLD_LISTENER,
    IPTABLES,
    NFT,
    NFTABLES,
    OWN_UNITS,
    PEERS_SERVICE,
    REFRESH_PATH,
    REFRESH_TIMER,
    UNIT,
    USER_FILES,
    DockerHost,
    DockerSettings,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_host_checks import refuse_host
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_nft_checks import SWARM_STATE
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_nft_rules import firewall_differs, firewall_rules
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_ownership_checks import refuse_what_is_not_ours
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_packages import (
    has_other_version,
    is_apt,
    pending_packages,
    wanted_repository,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_platforms import (
    CE_PACKAGES,
    DISTRIBUTION_PACKAGES,
    REPLACED,
    Repository,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_rules import (
    SCRIPT,
    rules_command,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_unit_checks import refuse_unit
from ansible_collections.overlay.flannel.plugins.plugin_utils.firewalld_plan import docker_commands, remaining_texts
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import (
    Controller,
    FileItem,
    HostFacts,
    Plan,
    Renderer,
)


@dataclasses.dataclass
class DockerPlan(Plan):
    """`packages` are as the package manager spells them, with the version where one is wanted.

    `apt` is False for every other package manager. `package_may_start` allows the package to restart a docker that runs: its own version
    changes. `repository` is empty where the repository of Docker Inc. is not wanted. `wanted_options` are what flannel has written,
    `options_exist` that a bridge address is among them. `wait_for_flannel` says that docker must not be started or restarted before
    they are there. `units` are docker's and the role's units that systemd has loaded, `reload_units` says that systemd has old ones.
    `rules` are the rules of nftables, or those of iptables for IPv4, `rules_command` sets them all, `set_rules` says that it has to run under a running docker.
    `watchers` are units that have to be enabled and (re)started. `active` is docker's own state, `start` that it does not run, or not
    from boot on.
    """

    apt: bool = False
    package_may_start: bool = False
    repository: Repository = dataclasses.field(default_factory=Repository)
    wanted_options: list[str] = dataclasses.field(default_factory=list)
    options_exist: bool = False
    wait_for_flannel: bool = False
    units: list[str] = dataclasses.field(default_factory=list)
    reload_units: bool = False
    rules: list[str] = dataclasses.field(default_factory=list)
    rules_command: list[str] = dataclasses.field(default_factory=list)
    set_rules: bool = False
    watchers: list[str] = dataclasses.field(default_factory=list)
    active: bool = False
    start: bool = False


# Those for which the role writes files: systemd must have loaded them
LOADED_UNITS = (*OWN_UNITS, UNIT, NFTABLES, FIREWALLD)
QUERY_SETTINGS = ("packages", "options_file", "flannel_unit")


def query(settings: t.Mapping[str, t.Any]) -> Query:
    """Names of all platforms: the query is made before the platform is known. A value of a wrong type is refused later."""
    known = [name for names in DISTRIBUTION_PACKAGES.values() for name in names]
    replaced = [name for names in REPLACED.values() for name in names]
    packages = [*known, "iptables", "nftables", *CE_PACKAGES, *replaced, *map(str, settings["packages"] or [])]
    return Query(
        files=[
            *(item["path"] for item in docker_files.directories()),
            *docker_files.OWN_FILES,
            IPTABLES,
            NFT,
            SWARM_STATE,
        ],
        contents=[*USER_FILES, DROP_IN, str(settings["options_file"])],
        secrets=[],
        certificates=[],
        key_pairs=[],
        units=[*LOADED_UNITS, *([str(settings["flannel_unit"])] if settings["flannel_unit"] else [])],
        packages=list(dict.fromkeys(packages)),
        sysctls=["net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"],
        ports=[],
        calendars=[],
    )


def plan(settings: t.Mapping[str, t.Any], facts: HostFacts, controller: Controller, render: Renderer) -> DockerPlan:
    host = DockerHost(DockerSettings(**settings), facts)
    files = t.cast(t.List[FileItem], pending_files(docker_files.files(host, render), facts))
    found = DockerPlan(
        refusals=[refusal.to_text(controller.host) for refuse in CHECKS for refusal in refuse(host)],
        packages=pending_packages(host),
        directories=t.cast(t.List[FileItem], pending_files(docker_files.directories(), facts)),
        files=files,
        sysctls=list(pending_sysctls(docker_files.sysctls(host.settings), facts)),
        firewall=docker_commands(facts, host.settings.firewall, Needs()),
        restart=host.restart_reasons,
        apt=is_apt(host),
        package_may_start=host.active and has_other_version(host),
        repository=wanted_repository(host),
        wanted_options=host.wanted_options,
        options_exist=host.options_exist,
        wait_for_flannel=not host.options_exist or (bool(host.restart_reasons) and not host.flannel_active),
        units=[name for name in (*OWN_UNITS, UNIT) if host.unit_fact(name).get("load_state") == "loaded"],
        reload_units=any(host.unit_fact(name).get("need_daemon_reload") for name in LOADED_UNITS),
        rules=firewall_rules(host),
        rules_command=rules_command(host.settings),
        set_rules=host.active and (firewall_differs(host) or any(item["path"] in RULES_COME_FROM for item in files)),
        watchers=watchers(host, files),
        active=host.active,
        start=not (host.active and host.enabled),
    )
    found.remaining = remaining(host, found)
    return found


CHECKS = (
    refuse_variables,
    refuse_installation,
    refuse_what_is_not_ours,
    refuse_host,
    refuse_unit,
    refuse_zone_of_docker,
)
# The facts have no rules of IPv6: they may differ when these files do.
RULES_COME_FROM = (DROP_IN, SCRIPT)


def watchers(host: DockerHost, files: t.Sequence[FileItem]) -> list[str]:
    changed = {item["path"] for item in files}
    changed |= {docker_files.UNITS + PEERS_SERVICE} if docker_files.PEERS in changed else set()
    return [name for name in wanted_watchers(host) if not watches(host, name) or docker_files.UNITS + name in changed]


def wanted_watchers(host: DockerHost) -> list[str]:
    """firewalld starts its listener by itself, except when the listener is new."""
    listener = [FIREWALLD_LISTENER] if host.unit_fact(FIREWALLD).get("active_state") == "active" else []
    return [REFRESH_PATH, REFRESH_TIMER, PEERS_SERVICE, *listener]


def watches(host: DockerHost, name: str) -> bool:
    unit = host.unit_fact(name)
    return unit.get("active_state") == "active" and unit.get("unit_file_state") in ("enabled", "static")


def remaining(host: DockerHost, found: DockerPlan) -> list[str]:
    """Everything that the role would change, as texts; without one of them no task of the role has to run."""
    settings = host.settings
    texts = [f"the package {name} is not installed" for name in found.packages]
    texts += [f"{item['path']} differs" for item in [*found.directories, *found.files]]
    texts += [f"{name} has another value" for name in found.sysctls]
    texts += remaining_texts(found.firewall)
    texts += ["unit files are newer than what systemd has loaded"] if found.reload_units else []
    texts += [] if host.enabled else [f"{UNIT} does not start at boot"]
    texts += [f"{name} is not active and enabled" for name in wanted_watchers(host) if not watches(host, name)]
    backend = "nftables" if host.has_nftables else "iptables"
    texts += [f"the {backend} rules are not " + ", ".join(found.rules)] if firewall_differs(host) else []
    if not host.options_exist:
        texts.append(f"{settings.options_file} has no {settings.options_key} with --bip")
    return texts + found.restart
