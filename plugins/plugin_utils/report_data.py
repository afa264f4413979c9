# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as data: what the page shows and what is written as JSON, from the results that verify has. No I/O."""

from __future__ import annotations

import collections
import datetime
import statistics
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import BACKENDS, lease_type
from ansible_collections.overlay.flannel.plugins.plugin_utils import report_space
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_drift import FORMAT, drift, read_baseline
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_etcd import etcd_entry
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_hosts import host_entry
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_pings import Pair, pairs
from ansible_collections.overlay.flannel.plugins.plugin_utils.verify_report import (
    HEALTHY,
    NO_VERDICT,
    NOT_HEALTHY,
    UNKNOWN,
    Verdicts,
)

NETWORK = ("Network", "SubnetLen", "SubnetMin", "SubnetMax", "IPv6Network", "IPv6SubnetLen")
Found = t.Mapping[str, t.Any]
Data = t.Dict[str, t.Any]


def report_data(
    verdicts: Verdicts,
    report: Found,
    leases: Found | None,
    etcd: Found | None,
    now: float,
    baseline: str = "",
) -> Data:
    """`report` is the result of verify_report, whose states are those of the hosts; `etcd` that of etcd_info; `baseline` an earlier report as JSON."""
    found, states = leases or {}, report["states"]
    hosts = [host_entry(name, verdicts.get(name) or {}, state, now) for name, state in states.items()]
    cluster = etcd_entry(etcd or {})
    connected = pairs(verdicts)
    data: Data = {
        "format": FORMAT,
        "made": moment(now),
        "healthy": not report["failures"] and set(states.values()) == {HEALTHY} and cluster["healthy"],
        "summary": summary(states, connected),
        "network": network(found),
        "leases": lease_entries(found),
        "leases_error": "" if "leases" in found else str(found.get("msg") or "the leases were not read"),
        "hosts": hosts,
        "etcd": cluster,
        "pings": connected,
        "findings": findings(found, cluster, hosts),
    }
    data["drift"] = drift(read_baseline(baseline), data) if baseline else None
    return data


def moment(now: float) -> str:
    return datetime.datetime.fromtimestamp(now, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def summary(states: t.Mapping[str, str], connected: t.Sequence[Pair]) -> Data:
    count = collections.Counter(states.values())
    times = [one["ms"] for one in connected if one["ms"] is not None]
    return {
        "hosts": len(states),
        "healthy": count[HEALTHY],
        "not_healthy": count[NOT_HEALTHY],
        "unknown": count[UNKNOWN],
        "no_verdict": count[NO_VERDICT],
        "pings": sum(one["sent"] for one in connected),
        "pings_lost": sum(one["lost"] for one in connected),
        "median_ms": round(statistics.median(times), 2) if times else None,
    }


def network(found: Found) -> Data:
    normalized, capacity = found.get("normalized") or {}, found.get("capacity") or {}
    entry: Data = {name: normalized[name] for name in NETWORK if normalized.get(name)}
    entry["backend"] = backend_of(normalized)
    entry["capacity"] = (
        {name: capacity.get(name) for name in ("total", "used", "reserved", "free")} if capacity else None
    )
    return entry


def backend_of(normalized: Found) -> str:
    return str((normalized.get("Backend") or {}).get("Type") or "")


def lease_entries(found: Found) -> list[Data]:
    backend = backend_of(found.get("normalized") or {})
    return [
        {
            "subnet": str(lease["subnet"]),
            "host": str(lease.get("host") or ""),
            "public_ip": str(lease.get("public_ip") or ""),
            "kind": kind(lease, backend),
            "expiry": str(lease.get("expiry") or ""),
        }
        for lease in found.get("leases") or []
    ]


def kind(lease: Found, backend: str) -> str:
    """As lease_info counts them: a lease without a backend has been written for a host, unless the backend writes no type."""
    if not lease.get("backend") and (backend not in BACKENDS or lease_type(backend)):
        return report_space.RESERVED
    return report_space.USED if lease.get("host") else report_space.FOREIGN


def findings(found: Found, cluster: Found, hosts: t.Sequence[Found]) -> list[Data]:
    """All of them, errors first."""
    every: list[Data] = [dict(one, part="leases") for one in found.get("findings") or []]
    every += [dict(one, part="etcd") for one in cluster.get("findings") or []]
    every += [dict(one, part="host", host=host["name"]) for host in hosts for one in host["findings"]]
    return sorted(every, key=lambda one: one["severity"] != "error")
