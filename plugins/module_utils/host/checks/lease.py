# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's lease in etcd, compared with what flanneld has written."""

from __future__ import annotations

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import network_of
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.services import FLANNELD, LOG


def check_lease(context: HostContext) -> list[Finding]:
    """etcd holds what flanneld has written."""
    if context.leases is None:
        return []
    if context.own is None:
        return [
            Finding(
                code="lease_not_found",
                seen=f"no lease in etcd for {context.address or 'any address of this host'}",
                expected="one lease with this host's public address",
                fix="check that flanneld is active and uses the same etcd and prefix; " + LOG.format(FLANNELD),
            )
        ]
    subnet_env = context.facts["flannel"]["subnet_env"]
    if subnet_env is None:
        return []
    written = {"subnet": subnet_env["subnet"], "ipv6_subnet": subnet_env["ipv6_subnet"]}
    pairs = [(str(context.own.get(name) or ""), network_of(value)) for name, value in written.items()]
    return [lease_mismatch(held, found) for held, found in pairs if held != found]


def lease_mismatch(held: str, written: str) -> Finding:
    return Finding(
        code="lease_subnet_mismatch",
        seen=f"the lease in etcd is {held or 'none'}, /run/flannel/subnet.env has {written or 'none'}",
        expected="the same subnet in both",
        fix="systemctl restart flanneld",
    )
