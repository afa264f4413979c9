# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check a docker with the firewall backend nftables: it lets the overlay in, and nobody else. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import contains, network_of
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding, listed
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import IPV4, HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.packet_paths import every_path
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_nft import (
    ACCEPT_MARK,
    HOOKS,
    MARK,
    is_hooked,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_state import NFTABLES, backend_of
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import DockerNft

RESTART = "systemctl restart docker"
SET_RULES = "systemctl start overlay-docker-refresh, or run the docker role"
COMMENT = " overlay.flannel "


def check_docker_nft(context: HostContext) -> t.Iterator[Finding]:
    yield from check_backend(context)
    found = context.facts["firewall"].get("docker_nft")
    if backend_of(context.facts["docker"]) != NFTABLES:
        yield from check_left_table(found)
        return
    yield from check_left_rules(context)
    if found is None:
        yield unread()
        return
    yield from check_hooks(found)
    yield from check_direct(context, found)
    yield from check_mark(context, found)
    yield from check_guard(context, found)


def check_backend(context: HostContext) -> t.Iterator[Finding]:
    """docker reads its file when it starts; the role's rules follow the docker that runs."""
    docker = context.facts["docker"]
    wanted = docker["daemon_json"]["keys"].get("firewall-backend") or "iptables"
    running = docker["firewall_backend"]
    if running and running != wanted:
        yield Finding(
            code="docker_backend_pending",
            seen=f"docker runs with the firewall backend {running}, and its next start has {wanted}, by /etc/docker/daemon.json",
            expected="the backend of /etc/docker/daemon.json",
            fix=f"{RESTART}, which exchanges the rules of the role as well",
        )


def check_left_table(found: DockerNft | None) -> t.Iterator[Finding]:
    if found and found["own"]:
        yield Finding(
            code="docker_rules_leftover",
            seen="the table overlay-flannel of nftables is there, and docker uses iptables",
            expected="rules of the backend that docker uses",
            fix=SET_RULES,
        )


def check_left_rules(context: HostContext) -> t.Iterator[Finding]:
    """docker takes its own away, and leaves DOCKER-USER: the guard there still drops packets of the overlay that come by an uplink."""
    chains = context.facts["firewall"]["chains"]
    left = [chain["chain"] for chain in chains if any(COMMENT in rule.replace('"', "") for rule in chain["rules"])]
    if left:
        yield Finding(
            code="docker_rules_leftover",
            seen=f"iptables has rules of the docker role in {listed(list(dict.fromkeys(left)))}, and docker uses nftables",
            expected="rules of the backend that docker uses",
            fix=SET_RULES,
        )


def unread() -> Finding:
    return Finding(
        code="docker_nftables",
        seen="docker uses nftables, and nft does not list its rules",
        expected="rules that can be read",
        fix="nft list ruleset shows why",
    )


def check_hooks(found: DockerNft) -> t.Iterator[Finding]:
    if is_hooked(found) is False:
        missing = [name for name in HOOKS if name not in found["hooks"]]
        what = f"no hook of the kernel calls {' and '.join(missing)}" if missing else "docker0 is not in docker's maps"
        yield Finding(
            code="docker_nft_hooks_missing",
            seen=f"in the table docker-bridges {what}: docker's rules see no packet, and published ports do not work",
            expected="docker's chains with their hooks; the table alone comes back by itself, without them",
            fix=RESTART,
        )


def check_direct(context: HostContext, found: DockerNft) -> t.Iterator[Finding]:
    subnet = network_of(context.subnet)
    dropped = [address for address in found["direct_drops"] if contains(subnet, f"{address}/32")]
    if dropped:
        yield Finding(
            code="docker_nft_direct_drop",
            seen=f"docker drops what comes for {listed(dropped)} by another device than docker0, before any mark counts",
            expected='no such rules: "allow-direct-routing": true in /etc/docker/daemon.json',
            fix=f"set it there, then {RESTART}; the docker role keeps neighbours out",
        )


def check_mark(context: HostContext, found: DockerNft) -> t.Iterator[Finding]:
    if is_hooked(found) and not any(MARK in rule for rule in found["marks"]):
        yield Finding(
            code="docker_nft_mark_missing",
            seen="docker accepts no packet by the mark of the overlay",
            expected=f'"bridge-accept-fwmark": "{ACCEPT_MARK}" in /etc/docker/daemon.json',
            fix=f"set it there, then {RESTART}",
        )
    lacking = [path.device for path in every_path(context) if not is_marked(found, path.device, path.family)]
    if lacking:
        yield Finding(
            code="docker_nft_mark_missing",
            seen=f"no rule gives packets of the overlay that come by {listed(lacking)} the mark by which docker accepts them",
            expected="the table overlay-flannel of the docker role, with its hooks",
            fix=SET_RULES,
        )


def is_marked(found: DockerNft, device: str, family: int) -> bool:
    start = f'{"ip" if family == IPV4 else "ip6"} forward iifname "{device}" oifname "docker0" '
    return any(rule.startswith(start) and MARK in rule and rule.endswith(" accept") for rule in found["own"])


def check_guard(context: HostContext, found: DockerNft) -> t.Iterator[Finding]:
    """allow-direct-routing opens what is published on 127.0.0.1, and networks of the user as well."""
    networks = context.facts["docker"]["networks"]
    names = {name for network in networks if (name := network.get("bridge") or "") and not name.startswith("br-")}
    bridges = ["docker0", "br-*", *sorted(names - {"docker0"})]
    drops = [f'{family} forward oifname "{bridge}" drop' for family in ("ip", "ip6") for bridge in bridges]
    lacking = [rule.split('"')[1] for rule in drops if rule not in found["own"]]
    if lacking:
        yield Finding(
            code="docker_nft_guard_missing",
            seen=f"nothing keeps neighbours out of the containers of {listed(list(dict.fromkeys(lacking)))}, which docker's allow-direct-routing opens",
            expected="the table overlay-flannel of the docker role, with its hooks",
            fix=SET_RULES,
        )
