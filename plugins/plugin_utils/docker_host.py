# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The docker role's options, and a host's facts as the plan of docker needs them. No I/O."""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.redaction import redact_arguments
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.services import DOCKER_DROP_IN
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_options import wanted_options
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_state import (
    BIP,
    ENVIRONMENT,
    RunningDocker,
    backend_of,
    bridge_addresses,
    differences,
    has_chains,
    has_hooks,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import DaemonJson, Platform
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import HostFacts

UNIT = "docker.service"
DROP_IN = DOCKER_DROP_IN
REFRESH_SERVICE = "overlay-docker-refresh.service"
REFRESH_PATH = "overlay-docker-refresh.path"
REFRESH_TIMER = "overlay-docker-refresh.timer"
FIREWALLD_LISTENER = "overlay-docker-firewalld.service"
PEERS_SERVICE = "overlay-docker-peers.service"
OWN_UNITS = (REFRESH_SERVICE, REFRESH_PATH, REFRESH_TIMER, FIREWALLD_LISTENER, PEERS_SERVICE)
# Firewalls that take docker's rules and ours away
NFTABLES, FIREWALLD = "nftables.service", "firewalld.service"
DAEMON_JSON = "/etc/docker/daemon.json"
USER_FILES = ("/etc/default/docker", "/etc/sysconfig/docker", "/etc/sysconfig/docker-network")
IPTABLES, NFT = "/usr/sbin/iptables", "/usr/sbin/nft"
NFTABLES_BACKEND = "nftables"
RUNNING = ("active", "reloading")
Item = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class DockerSettings:
    """The role's options without their prefix; meta/argument_specs.yml describes them and has their defaults."""

    install: bool
    package_source: str
    packages: t.Sequence[str]
    version: str
    ce_url: str
    ce_key_url: str
    options_file: str
    options_key: str
    flannel_unit: str
    overlay_network: str
    overlay_device: str
    overlay_ipv6_network: str
    overlay_ipv6_device: str
    accept_from: t.Sequence[str]
    closed_ports: t.Sequence[int]
    peers_only: bool
    firewall: str
    restart_serial: int
    restart_timeout: int
    start_without_flannel: int
    host_info: t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class DockerHost:
    """One host as it is, compared with nothing but the file of flannel. What is missing in the facts counts as not there."""

    settings: DockerSettings
    facts: HostFacts

    @property
    def platform(self) -> Platform:
        return t.cast(Platform, self.facts["platform"])

    @property
    def docker(self) -> Item:
        return t.cast(Item, self.facts["docker"])

    @property
    def daemon_json(self) -> DaemonJson:
        return t.cast(DaemonJson, self.docker["daemon_json"])

    def unit_fact(self, name: str) -> Item:
        return (self.facts.get("units") or {}).get(name) or {}

    def package(self, name: str) -> str | None:
        """The installed version."""
        return (self.facts.get("packages") or {}).get(name)

    def file(self, path: str) -> Item:
        return (self.facts.get("files") or {}).get(path) or {}

    def content(self, path: str) -> str:
        return self.file(path).get("content") or ""

    @property
    def unit(self) -> Item:
        return self.unit_fact(UNIT)

    @property
    def unit_exists(self) -> bool:
        return bool(self.unit.get("load_state") == "loaded")

    @property
    def active(self) -> bool:
        return bool(self.unit.get("active_state") == "active")

    @property
    def enabled(self) -> bool:
        return bool(self.unit.get("unit_file_state") == "enabled")

    @property
    def flannel_active(self) -> bool:
        """True where flannel is no unit of this host."""
        unit = self.settings.flannel_unit
        return not unit or self.unit_fact(unit).get("active_state") == "active"

    @property
    def vendor_command(self) -> str:
        return self.unit.get("fragment_exec_start") or ""

    @property
    def command(self) -> str:
        """ExecStart without our drop-in: the vendor's, unless a drop-in of the user replaces it."""
        now = self.unit.get("exec_start") or ""
        ours = f"ExecStart={now}" in self.content(DROP_IN).splitlines()
        return self.vendor_command if ours else now

    @property
    def command_takes_key(self) -> bool:
        """Also where there is no command yet."""
        key = re.escape(self.settings.options_key)
        return not self.command or bool(re.search(r"[$]{?" + key + r"(}|\s|$)", self.command))

    @property
    def wants_nftables(self) -> bool:
        """The backend of docker's next start; a docker that runs may still have the other one."""
        return self.daemon_json["keys"].get("firewall-backend") == NFTABLES_BACKEND

    @property
    def has_nftables(self) -> bool:
        """That of the docker that runs, else of its next start: the role's rules go by it."""
        if self.docker["running"] and not self.docker["error"]:
            return backend_of(self.docker) == NFTABLES_BACKEND
        return self.wants_nftables

    @functools.cached_property
    def wanted_options(self) -> list[str]:
        """What flannel has written; empty as long as it has not. Values of secrets are hidden, as those in the facts are."""
        return redact_arguments(wanted_options(self.content(self.settings.options_file), self.settings.options_key))

    @property
    def options_exist(self) -> bool:
        return any(option.startswith(BIP) and option != BIP for option in self.wanted_options)

    @property
    def address(self) -> str:
        """The host's own address in the overlay: docker0's, as flannel wants it. Empty as long as flannel has not written it."""
        bips = [option[len(BIP) :] for option in self.wanted_options if option.startswith(BIP)]
        return bips[-1].partition("/")[0] if bips else ""

    @property
    def running(self) -> RunningDocker:
        """The facts have no values of the environment: whether it differs is in the unit's drift."""
        process = (self.facts.get("processes") or {}).get("dockerd")
        return RunningDocker(
            arguments=process["argv"] if process else None,
            addresses=bridge_addresses(self.facts["interfaces"]) if self.facts.get("interfaces") else None,
            chains=has_chains(self.facts),
            hooks=has_hooks(self.facts),
        )

    @functools.cached_property
    def restart_reasons(self) -> list[str]:
        """Why docker must be started or restarted; nothing is known of a running one without flannel's options.

        Other drift of its unit is the user's: it waits for the user's restart.
        """
        state = self.unit.get("active_state") or "not there"
        if state not in RUNNING:
            return [f"{UNIT} is {state}"]
        if not self.options_exist:
            return []
        found = [difference.text for difference in differences(self.wanted_options, self.running)]
        return found or [
            drift["text"]
            for drift in self.unit.get("drift") or []
            if drift["reason"] == ENVIRONMENT and drift["name"] == self.settings.options_key
        ]
