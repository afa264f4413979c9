# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check docker on one host: file, bridge and running daemon carry the subnet of flannel, and its firewall lets it through. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import WARNING, Finding
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.docker_nft import check_docker_nft
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.masquerade import check_masquerade
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.services import DOCKER, LOG, unit_state
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_state import (
    ARGUMENTS,
    BRIDGE,
    differences_by_name,
    has_chains,
)

RESTART = "systemctl restart docker"
REWRITE = "systemctl restart flanneld"


def check_docker(context: HostContext) -> list[Finding]:
    """Only on a host that has a subnet and docker."""
    if context.facts["flannel"]["subnet_env"] is None or not has_docker(context):
        return []
    found = [*check_file(context), *check_daemon(context)]
    if context.facts["docker"]["running"]:
        found += [*check_options(context), *check_bridge(context), *check_rules(context), *check_docker_nft(context)]
        found += check_masquerade(context)
    return found


def has_docker(context: HostContext) -> bool:
    unit = context.facts["units"].get(DOCKER)
    return context.facts["docker"]["running"] or bool(unit and unit["load_state"] not in ("not-found", "masked"))


def check_file(context: HostContext) -> t.Iterator[Finding]:
    """/run/flannel/docker is made of subnet.env. The MTU is checked with the others of its chain."""
    options, subnet_env = context.facts["flannel"]["docker_options"], context.facts["flannel"]["subnet_env"]
    if options is None or subnet_env is None:
        yield Finding(
            code="docker_env_missing",
            seen="/run/flannel/docker is missing",
            expected="docker's options, written from /run/flannel/subnet.env",
            fix=REWRITE,
        )
        return
    wanted = {"bip": subnet_env["subnet"]}
    if "ip_masq" in options:
        wanted["ip_masq"] = "false" if subnet_env["ipmasq"] else "true"
    for name, value in wanted.items():
        if options.get(name) != value:
            yield Finding(
                code="docker_env_mismatch",
                seen=f"/run/flannel/docker has {name} {options.get(name, 'not set')}, /run/flannel/subnet.env gives {value}",
                expected="the options that follow from /run/flannel/subnet.env",
                fix=REWRITE,
            )


def check_daemon(context: HostContext) -> t.Iterator[Finding]:
    docker, unit = context.facts["docker"], context.facts["units"].get(DOCKER)
    if not docker["running"]:
        yield Finding(
            code="docker_not_running",
            seen=f"docker is {unit_state(unit)}",
            expected="docker active",
            fix=f"{LOG.format(DOCKER)}; systemctl reset-failed docker; systemctl start docker",
        )
    if docker["error"]:
        yield Finding(
            code="docker_no_answer",
            severity=WARNING,
            seen=docker["error"],
            expected="an answer within 3 seconds",
            fix=LOG.format(DOCKER),
        )
    if docker["daemon_json"]["error"]:
        yield Finding(
            code="daemon_json_invalid",
            seen=f"/etc/docker/daemon.json: {docker['daemon_json']['error']}",
            expected="a JSON object, without which docker cannot restart",
            fix="fix the JSON in /etc/docker/daemon.json",
        )


def check_options(context: HostContext) -> t.Iterator[Finding]:
    """The running dockerd has the options of the file. The MTU is checked with the others of its chain."""
    for difference in differences_by_name(context.facts["flannel"]["docker_options"] or {}, context.facts):
        if difference.where == ARGUMENTS and difference.name != "mtu":
            yield Finding(
                code="docker_options_mismatch",
                seen=f"the running dockerd has {difference.name} {difference.running or 'not set'}, /run/flannel/docker has {difference.wanted}",
                expected="the options of /run/flannel/docker",
                fix=RESTART,
            )


def check_bridge(context: HostContext) -> t.Iterator[Finding]:
    """docker0 has the address. Under live-restore dockerd's arguments may be new while docker0 is old."""
    docker = context.facts["docker"]
    wanted = (context.facts["flannel"]["docker_options"] or {}).get("bip") or context.subnet
    for difference in differences_by_name({"bip": wanted}, context.facts):
        if difference.where != BRIDGE:
            continue
        kept = docker["options"].get("bip") == wanted and docker["live_restore"] and docker["containers_running"]
        yield Finding(
            code="docker_old_bridge" if kept else "docker_bridge_mismatch",
            seen=f"docker0 has {difference.running or 'no address'}, /run/flannel/docker {wanted}"
            + (f", and live-restore kept {docker['containers_running']} containers on the old bridge" if kept else ""),
            expected="the same address",
            fix=f"stop the containers of this host, then {RESTART}" if kept else RESTART,
        )


def check_rules(context: HostContext) -> t.Iterator[Finding]:
    """Where docker uses iptables its own chains are there; forwarding.py checks how packets pass them, docker_nft.py the other backend."""
    if has_chains(context.facts) is False:
        yield Finding(
            code="docker_chains_missing",
            seen="the firewall has no chain DOCKER",
            expected="docker's own chains, without which published ports do not work",
            fix=RESTART,
        )
