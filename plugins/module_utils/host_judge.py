# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge one host: does everything on it carry the same subnet, and is what it needs in place? No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.findings import WARNING, Finding
from ansible_collections.overlay.flannel.plugins.module_utils.host_case import Case, network_of
from ansible_collections.overlay.flannel.plugins.module_utils.host_judge_devices import (
    device_finding,
    judge_devices,
    own_devices,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host_rules import accepts_first
from ansible_collections.overlay.flannel.plugins.module_utils.host_types import Interface, Stale, Unit

FLANNELD = "flanneld.service"
DOCKER = "docker.service"
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
        *judge_mtus(case),
        *judge_forwarding(case),
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


def judge_mtus(case: Case) -> list[Finding]:
    """Of the devices that are there."""
    links = case.look["interfaces"]
    names = [name for name in own_devices(case).values() if name in links]
    return [finding for name in dict.fromkeys(names) for finding in judge_mtu(case, name, links[name])]


def judge_mtu(case: Case, device: str, link: Interface) -> t.Iterator[Finding]:
    """Over IPv6 the kernel takes 70 bytes where flannel counts 50."""
    subnet_env = case.look["flannel"]["subnet_env"]
    if subnet_env is None or link["mtu"] == subnet_env["mtu"]:
        return
    seen = f"{device} has MTU {link['mtu']}, /run/flannel/subnet.env {subnet_env['mtu']}"
    if device == case.device:
        yield device_finding("device_mtu", device, seen, "the same MTU: flannel keeps an existing device as it is")
        return
    yield Finding(
        code="device_mtu",
        severity=WARNING,
        seen=seen,
        expected="the same MTU",
        fix="set MTU in the network's Backend to 20 less than that of the uplink, delete flannel's devices, restart flanneld",
    )


def judge_forwarding(case: Case) -> t.Iterator[Finding]:
    firewall = case.look["firewall"]
    if case.look["sysctls"].get("net.ipv4.ip_forward") == "0":
        yield Finding(
            code="ip_forward_off",
            seen="net.ipv4.ip_forward is 0",
            expected="1: else no packet passes between docker0 and the overlay",
            fix="sysctl -w net.ipv4.ip_forward=1, and a file in /etc/sysctl.d",
        )
    accepted = firewall["flannel_forward"] or accepts_first(firewall["docker_user"], case.device, case.range)
    if firewall["forward_policy"] == "DROP" and not accepted:
        yield Finding(
            code="forward_drop",
            seen="the policy of the firewall's chain FORWARD is DROP, and no rule of flannel accepts the overlay",
            expected="packets of the overlay are accepted",
            fix="set net.ipv4.ip_forward=1 before docker starts; iptables -P FORWARD ACCEPT for now",
        )


def judge_stale(case: Case) -> list[Finding]:
    """A daemon that does not run what its files say: it would come back as another one after a reboot."""
    units = {name: case.look["units"][name] for name in (FLANNELD, DOCKER) if name in case.look["units"]}
    return [stale_finding(name, unit["stale"]) for name, unit in units.items() if unit["stale"]]


def stale_finding(unit: str, stale: t.Sequence[Stale]) -> Finding:
    return Finding(
        code="unit_stale",
        severity=WARNING,
        seen="; ".join(entry["text"] for entry in stale),
        expected=f"{unit} runs what its files say",
        fix=f"systemctl daemon-reload; systemctl restart {unit}",
    )
