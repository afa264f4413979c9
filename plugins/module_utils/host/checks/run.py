# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on a host: look, judge, look again where somebody has just come, ping."""

from __future__ import annotations

import ipaddress
import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import WARNING, Finding, listed
from ansible_collections.overlay.flannel.plugins.module_utils.common.host_runner import Runner
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import Case, Lease
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.docker import judge_docker
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.peers import judge_peers
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.services import judge_host
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import iproute2 as host_links
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.flannel import with_entries
from ansible_collections.overlay.flannel.plugins.module_utils.host.probes.ping import ping
from ansible_collections.overlay.flannel.plugins.module_utils.host.probes.tcp_syn import judge_checksums
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Ping

SETTLE = 1.5


def judge(case: Case, runner: Runner) -> list[Finding]:
    """flanneld needs a moment after a lease has come or gone: what is wrong with peers must be wrong twice."""
    peers = judge_peers(case)
    if peers:
        time.sleep(SETTLE)
        look_at_links_again(case, runner)
        peers = judge_peers(case)
    return [*judge_host(case), *judge_docker(case), *peers]


def look_at_links_again(case: Case, runner: Runner) -> None:
    found = with_entries(case.look["interfaces"])
    case.look["routes"] = host_links.look_at_routes(runner)
    case.look["neighbours"] = host_links.look_at_neighbours(found, runner)
    case.look["fdb"] = host_links.look_at_fdb(found, runner)


def chosen(case: Case, count: int) -> list[Lease]:
    """The next ones in the order of the subnets, so that the hosts together ping everybody."""
    if case.own is None:
        return []
    mine = place(case.own)
    ring = sorted(case.peers, key=lambda lease: (place(lease) < mine, place(lease)))
    return ring[:count]


def place(lease: Lease) -> int:
    return int(ipaddress.ip_network(str(lease["subnet"]), strict=False)[0])


def gateway(lease: Lease) -> str:
    """The address of docker0 there."""
    return str(ipaddress.ip_network(str(lease["subnet"]), strict=False)[1])


def ping_peers(case: Case, count: int, timeout: float) -> tuple[list[Ping], list[Finding]]:
    subnet_env = case.look["flannel"]["subnet_env"]
    targets = [gateway(lease) for lease in chosen(case, count)]
    if not targets or subnet_env is None:
        return [], []
    source = (case.look["docker"]["docker0"] or "").partition("/")[0]
    try:
        pings = ping(targets, source, subnet_env["mtu"], timeout)
    except OSError as error:
        return [], [cannot_ping(source, error)]
    lost = [found["address"] for found in pings if not found["ok"]]
    findings = [ping_lost(lost, source, subnet_env["mtu"])] if lost else []
    return pings, [*findings, *judge_checksums(case, pings, source)]


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
