# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the daemons: does flanneld run, and does each daemon run what its files say? No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding, listed
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Daemon, Unit, UnitDrift

FLANNELD = "flanneld.service"
DOCKER = "docker.service"
ETCD = "etcd.service"
ETCD_DROP_IN = "/etc/systemd/system/etcd.service.d/60-overlay-flannel-guard.conf"
DOCKER_DROP_IN = "/etc/systemd/system/docker.service.d/50-overlay-flannel.conf"
OPTIONS_FILE = "/run/flannel/docker"
LOG = "journalctl -u {0} -n 50"
RUNNING = ("active", "reloading")


def check_access(context: HostContext) -> list[Finding]:
    user = context.facts["platform"]["user"]
    if user == 0:
        return []
    return [
        Finding(
            code="not_root",
            seen=f"the facts were collected as user {user}: processes, firewall and docker are not visible",
            expected="root",
            fix="become: true",
        )
    ]


def check_daemon(context: HostContext) -> list[Finding]:
    flannel, unit = context.facts["flannel"], context.facts["units"].get(FLANNELD)
    found = []
    if "flanneld" not in context.facts["processes"] or (
        unit and unit["main_pid"] and unit["active_state"] not in RUNNING
    ):
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


def check_etcd(context: HostContext) -> list[Finding]:
    """Of a member that the role etcd has made. It is also a check of hosts without flannel."""
    unit = context.facts["units"].get(ETCD)
    if unit is None or unit["active_state"] in RUNNING or ETCD_DROP_IN not in unit["drop_in_paths"]:
        return []
    return [
        Finding(
            code="etcd_not_active",
            seen=f"etcd is {unit_state(unit)}",
            expected="etcd active: with each member that is missing, the next one may cost the quorum",
            fix=LOG.format(ETCD),
        )
    ]


def check_single_flanneld(context: HostContext) -> list[Finding]:
    """With one VNI they share a device, which has both addresses then; their iptables chains are the same ones in any case."""
    found = [one for one in context.facts.get("daemons") or [] if one["name"] == "flanneld" and one["on_host_network"]]
    if len(found) < 2:
        return []
    unit = context.facts["units"].get(FLANNELD)
    others = [one for one in found if unit is None or one["pid"] != unit["main_pid"]]
    return [
        Finding(
            code="flanneld_twice",
            seen=f"{len(found)} flanneld run: {listed([place_of(one) for one in found])}",
            expected="one flanneld on a host: two of them take each other's rules away, and with one VNI each other's device",
            fix=f"stop what is not of {FLANNELD}: {listed([place_of(one) for one in others])}; then systemctl restart {FLANNELD}",
        )
    ]


def place_of(daemon: Daemon) -> str:
    return f"process {daemon['pid']} of {daemon['unit'] or 'no unit'}"


def unit_state(unit: Unit | None) -> str:
    if unit is None or unit["load_state"] == "not-found":
        return "not there as a unit"
    text = f"{unit['active_state']} ({unit['sub_state']})"
    text += "" if unit["result"] in ("", "success") else f", last result {unit['result']}"
    return text + (f", restarted {unit['restarts']} times" if unit["restarts"] else "")


def check_unit_drift(context: HostContext) -> list[Finding]:
    """A daemon that does not run what its files say: it would come back as another one after a reboot.

    The docker role renews the rules of its drop-in under a running docker. Command and options of it are compared for themselves.
    """
    units = {
        name: context.facts["units"][name]["drift"] for name in (FLANNELD, DOCKER) if name in context.facts["units"]
    }
    shown = {name: [one for one in drift if one["name"] != DOCKER_DROP_IN] for name, drift in units.items()}
    return [drift_finding(name, drift) for name, drift in shown.items() if drift]


def check_environment_files(context: HostContext) -> list[Finding]:
    """flannel's file of docker's options has checks of its own."""
    found = []
    for name in (FLANNELD, DOCKER):
        unit = context.facts["units"].get(name)
        paths = [path for path in unit.get("missing_files") or [] if path != OPTIONS_FILE] if unit else []
        if paths:
            found.append(
                Finding(
                    code="environment_file_missing",
                    seen=f"{name} needs {', '.join(paths)}, which is not there",
                    expected="files without which the unit does not start again",
                    fix=f"restore the file, or remove its line (systemctl cat {name})",
                )
            )
    return found


def drift_finding(unit: str, drift: t.Sequence[UnitDrift]) -> Finding:
    return Finding(
        code="unit_stale",
        seen="; ".join(entry["text"] for entry in drift),
        expected=f"{unit} runs what its files say",
        fix=f"systemctl daemon-reload; systemctl restart {unit}",
    )
