# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report tells of a host, from its verdict. Only what is named here gets into a report. No I/O."""

from __future__ import annotations

import statistics
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import network_of
from ansible_collections.overlay.flannel.plugins.module_utils.host.five_places import five, part

Verdict = t.Mapping[str, t.Any]
DAY = 86400


def host_entry(name: str, verdict: Verdict, state: str, now: float) -> dict[str, t.Any]:
    flannel, docker, lease = part(verdict, "flannel"), part(verdict, "docker"), part(verdict, "lease")
    environment = part(flannel, "subnet_env")
    return {
        "name": name,
        "state": state,
        "subnet": str(lease.get("subnet") or network_of(str(environment.get("subnet") or ""))),
        "address": str(lease.get("public_ip") or flannel.get("public_ip") or ""),
        "backend": str(lease.get("backend") or ""),
        "mtu": environment.get("mtu"),
        "five": five(verdict),
        "versions": versions(verdict),
        "containers": docker.get("containers_running"),
        "pings": ping_numbers(verdict.get("pings") or []),
        "certificates": certificates(verdict, now),
        "findings": [dict(finding) for finding in verdict.get("findings") or []],
    }


def versions(verdict: Verdict) -> dict[str, str]:
    platform = part(verdict, "platform")
    found = {
        "flannel": str(part(verdict, "flannel").get("version") or "").lstrip("v"),
        "docker": part(verdict, "docker").get("version"),
        "etcd": part(verdict, "etcd").get("version"),
        "kernel": platform.get("kernel"),
        "system": f"{platform.get('id') or ''} {platform.get('version') or ''}".strip(),
    }
    return {name: str(value) for name, value in found.items() if value}


def ping_numbers(pings: t.Sequence[Verdict]) -> dict[str, t.Any]:
    times = [ping["ms"] for ping in pings if ping["ok"] and ping.get("ms") is not None]
    return {
        "sent": len(pings),
        "answered": sum(1 for ping in pings if ping["ok"]),
        "median_ms": round(statistics.median(times), 2) if times else None,
        "slowest_ms": max(times, default=None),
        "silent": [str(ping["address"]) for ping in pings if not ping["ok"]],
    }


def certificates(verdict: Verdict, now: float) -> list[dict[str, t.Any]]:
    """The first to end comes first. A file without a readable certificate has no days."""
    found: list[dict[str, t.Any]] = []
    for path, chain in part(verdict, "certificates").items():
        ends = [one["not_after"] for one in chain or []]
        if chain != []:
            end = min(ends, default=None)
            days = int((end - now) // DAY) if end is not None else None
            found.append({"file": str(path), "ends": end, "days": days})
    return sorted(found, key=lambda one: (one["days"] is not None, one["days"] or 0))
