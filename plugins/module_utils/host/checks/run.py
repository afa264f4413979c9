# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All checks of one host: what they find is its verdict."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding
from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import HostRunner
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.certificates import check_certificates
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.devices import check_devices
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.docker import check_docker
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.etcd_backup import check_etcd_backup
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.etcd_ports import check_etcd_ports
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.exporter import check_exporter
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.firewalld import check_firewalld
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.forwarding import check_forwarding
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.kernel import check_kernel
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.lease import check_lease
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.mtu import check_mtu
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.peers import check_peers
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.services import (
    check_access,
    check_daemon,
    check_environment_files,
    check_etcd,
    check_single_flanneld,
    check_unit_drift,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import iproute2
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.flannel import with_entries

SETTLE = 1.5


CHECKS: t.Sequence[t.Callable[[HostContext], t.Iterable[Finding]]] = (
    check_access,
    check_daemon,
    check_single_flanneld,
    check_lease,
    check_devices,
    check_mtu,
    check_firewalld,
    check_forwarding,
    check_etcd_ports,
    check_kernel,
    check_unit_drift,
    check_environment_files,
    check_exporter,
)


def check_host(context: HostContext) -> list[Finding]:
    """Nothing on a host that has no part in an overlay."""
    if context.leases is None and context.facts["flannel"]["subnet_env"] is None:
        return []
    return [finding for check in CHECKS for finding in check(context)]


def check(context: HostContext) -> list[Finding]:
    """All that the facts show. No I/O."""
    return [
        *check_host(context),
        *check_docker(context),
        *check_peers(context),
        *check_certificates(context),
        *check_etcd(context),
        *check_etcd_backup(context),
    ]


def check_settled(context: HostContext, runner: HostRunner) -> list[Finding]:
    """flanneld needs a moment after a lease has come or gone: what is wrong with peers must be wrong twice."""
    if check_peers(context):
        time.sleep(SETTLE)
        read_links_again(context, runner)
    return check(context)


def read_links_again(context: HostContext, runner: HostRunner) -> None:
    found = with_entries(context.facts["interfaces"])
    context.facts["routes"] = iproute2.read_routes(runner)
    context.facts["neighbours"] = iproute2.read_neighbours(found, runner)
    context.facts["fdb"] = iproute2.read_fdb(found, runner)
