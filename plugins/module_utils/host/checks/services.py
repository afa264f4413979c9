# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge one host: does everything on it carry the same subnet, and is what it needs in place? No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import WARNING, Finding
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import Case, network_of
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.devices import judge_devices
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.forwarding import judge_forwarding
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.kernel import judge_kernel
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.mtu import judge_mtu
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Stale, Unit

FLANNELD = "flanneld.service"
DOCKER = "docker.service"
DOCKER_DROP_IN = "/etc/systemd/system/docker.service.d/50-overlay-flannel.conf"
LOG = "journalctl -u {0} -n 50"
RUNNING = ("active", "reloading")


def judge_host(case: Case) -> list[Finding]:
    """Nothing on a host that has no part in an overlay."""
    if case.leases is None and case.look["flannel"]["subnet_env"] is None:
        return []
    return [
        *judge_access(case),
        *judge_daemon(case),
        *judge_lease(case),
        *judge_devices(case),
        *judge_mtu(case),
        *judge_forwarding(case),
        *judge_kernel(case),
        *judge_stale(case),
    ]


def judge_access(case: Case) -> list[Finding]:
    user = case.look["platform"]["user"]
    if user == 0:
        return []
    return [
        Finding(
            code="not_root",
            severity=WARNING,
            seen=f"the host was looked at as user {user}: processes, firewall and docker are not visible",
            expected="root",
            fix="become: true",
        )
    ]


def judge_daemon(case: Case) -> list[Finding]:
    flannel, unit = case.look["flannel"], case.look["units"].get(FLANNELD)
    found = []
    if "flanneld" not in case.look["processes"] or (unit and unit["main_pid"] and unit["active_state"] not in RUNNING):
        found.append(
            Finding(
                code="flanneld_not_active",
                seen=f"flanneld is {unit_state(unit)}",
                expected="flanneld active: without it routes and the lease are not kept",
                fix=LOG.format(FLANNELD),
            )
        )
    if flannel["subnet_env"] is None:
        found.append(
            Finding(
                code="subnet_env_missing",
                seen="/run/flannel/subnet.env is missing or has no subnet",
                expected="the file that flanneld writes when it has its lease",
                fix=LOG.format(FLANNELD),
            )
        )
    return found


def unit_state(unit: Unit | None) -> str:
    if unit is None or unit["load_state"] == "not-found":
        return "not there as a unit"
    text = f"{unit['active_state']} ({unit['sub_state']})"
    text += "" if unit["result"] in ("", "success") else f", last result {unit['result']}"
    return text + (f", restarted {unit['restarts']} times" if unit["restarts"] else "")


def judge_lease(case: Case) -> list[Finding]:
    """Arrow one: what etcd holds is what flanneld has written."""
    if case.leases is None:
        return []
    if case.own is None:
        return [
            Finding(
                code="lease_not_found",
                seen=f"no lease in etcd for {case.address or 'any address of this host'}",
                expected="one lease with this host's public address",
                fix="check that flanneld is active and uses the same etcd and prefix; " + LOG.format(FLANNELD),
            )
        ]
    subnet_env = case.look["flannel"]["subnet_env"]
    if subnet_env is None:
        return []
    written = {"subnet": subnet_env["subnet"], "ipv6_subnet": subnet_env["ipv6_subnet"]}
    pairs = [(str(case.own.get(name) or ""), network_of(value)) for name, value in written.items()]
    return [lease_mismatch(held, found) for held, found in pairs if held != found]


def lease_mismatch(held: str, written: str) -> Finding:
    return Finding(
        code="lease_subnet_mismatch",
        seen=f"the lease in etcd is {held or 'none'}, /run/flannel/subnet.env has {written or 'none'}",
        expected="the same subnet in both",
        fix="systemctl restart flanneld",
    )


def judge_stale(case: Case) -> list[Finding]:
    """A daemon that does not run what its files say: it would come back as another one after a reboot.

    The docker role renews the rules of its drop-in under a running docker. Command and options of it are compared for themselves.
    """
    units = {name: case.look["units"][name]["stale"] for name in (FLANNELD, DOCKER) if name in case.look["units"]}
    told = {name: [one for one in stale if one["name"] != DOCKER_DROP_IN] for name, stale in units.items()}
    return [stale_finding(name, stale) for name, stale in told.items() if stale]


def stale_finding(unit: str, stale: t.Sequence[Stale]) -> Finding:
    return Finding(
        code="unit_stale",
        severity=WARNING,
        seen="; ".join(entry["text"] for entry in stale),
        expected=f"{unit} runs what its files say",
        fix=f"systemctl daemon-reload; systemctl restart {unit}",
    )
