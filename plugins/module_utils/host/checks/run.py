# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on a host: look, judge, look again where somebody has just come, ping."""

from __future__ import annotations

import ipaddress
import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import WARNING, Finding, listed
from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import HostRunner
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext, Lease
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.docker import check_docker
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.peers import check_peers
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.services import check_host
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import iproute2
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.flannel import with_entries
from ansible_collections.overlay.flannel.plugins.module_utils.host.probes.ping import ping
from ansible_collections.overlay.flannel.plugins.module_utils.host.probes.tcp_syn import check_checksums
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Ping

SETTLE = 1.5


def check(context: HostContext, runner: HostRunner) -> list[Finding]:
    """flanneld needs a moment after a lease has come or gone: what is wrong with peers must be wrong twice."""
    peers = check_peers(context)
    if peers:
        time.sleep(SETTLE)
        read_links_again(context, runner)
        peers = check_peers(context)
    return [*check_host(context), *check_docker(context), *peers]


def read_links_again(context: HostContext, runner: HostRunner) -> None:
    found = with_entries(context.facts["interfaces"])
    context.facts["routes"] = iproute2.read_routes(runner)
    context.facts["neighbours"] = iproute2.read_neighbours(found, runner)
    context.facts["fdb"] = iproute2.read_fdb(found, runner)


def chosen(context: HostContext, count: int) -> list[Lease]:
    """The next ones in the order of the subnets, so that the hosts together ping everybody."""
    if context.own is None:
        return []
    mine = place(context.own)
    ring = sorted(context.peers, key=lambda lease: (place(lease) < mine, place(lease)))
    return ring[:count]


def place(lease: Lease) -> int:
    return int(ipaddress.ip_network(str(lease["subnet"]), strict=False)[0])


def gateway(lease: Lease) -> str:
    """The address of docker0 there."""
    return str(ipaddress.ip_network(str(lease["subnet"]), strict=False)[1])


def ping_peers(context: HostContext, count: int, timeout: float) -> tuple[list[Ping], list[Finding]]:
    subnet_env = context.facts["flannel"]["subnet_env"]
    targets = [gateway(lease) for lease in chosen(context, count)]
    if not targets or subnet_env is None:
        return [], []
    source = (context.facts["docker"]["docker0"] or "").partition("/")[0]
    try:
        pings = ping(targets, source, subnet_env["mtu"], timeout)
    except OSError as error:
        return [], [cannot_ping(source, error)]
    lost = [found["address"] for found in pings if not found["ok"]]
    findings = [ping_lost(lost, source, subnet_env["mtu"])] if lost else []
    return pings, [*findings, *check_checksums(context, pings, source)]


def cannot_ping(source: str, error: OSError) -> Finding:
    return Finding(
        code="ping_impossible",
        severity=WARNING,
        seen=f"this host cannot ping from {source or 'itself'}: {error}",
        expected="a raw socket, which root may open",
        fix="become: true",
    )


def ping_lost(lost: t.Sequence[str], source: str, mtu: int) -> Finding:
    return Finding(
        code="ping_lost",
        seen=f"no answer from {listed(lost)} to a packet of {mtu} bytes from {source or 'this host'}",
        expected="an answer from docker0 of every peer",
        fix="see the findings of both hosts; let the overlay's UDP port (8472) pass between them, and packets of full size",
    )
