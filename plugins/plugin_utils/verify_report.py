# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The readable end of a run: one line a host, then what is wrong. No I/O."""

from __future__ import annotations

import collections
import typing as t
from typing import Any, Dict, List, Mapping, Sequence

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding, escaped

COLUMNS = ("host", "lease", "docker0", "mtu", "docker", "flannel", "pings", "state")
HEALTHY, NOT_HEALTHY, UNKNOWN, NO_VERDICT = "ok", "NOT HEALTHY", "UNKNOWN", "NO VERDICT"
NO_REASON = "nothing was read from this host. Fix: run playbooks/verify.yml"
# Findings that say: something could not be read, so that the checks of it say nothing.
UNREAD = ("docker_no_answer", "firewall_unread", "not_root", "ping_impossible")

Verdicts = Mapping[str, Mapping[str, Any]]


class Report(t.TypedDict):
    """`lines` are the table, the count and one line for each finding; `states` are those of the table; `failures` say why a host fails."""

    lines: list[str]
    states: dict[str, str]
    failures: dict[str, str]


def verify_report(
    verdicts: Verdicts,
    missing: Sequence[str] = (),
    leases: Mapping[str, Any] | None = None,
    users: Sequence[Mapping[str, Any]] = (),
) -> Report:
    """The verdict on a fleet from the results of host_info by host, the hosts without one, and the result of lease_info.

    `users` are what tells of etcd's users: `registry` of host_info, and the result of etcd_users where it ran after that.
    """
    found = leases or {}
    states = {host: state_of(verdict, found) for host, verdict in verdicts.items()}
    rows = [host_row(host, verdict, states[host]) for host, verdict in verdicts.items()]
    rows += [missing_row(host) for host in missing]
    lines = (
        table(rows, COLUMNS)
        + [summary(rows)]
        + etcd_line(verdicts, users)
        + finding_lines(found.get("findings") or [])
        + all_findings(verdicts)
    )
    return Report(
        lines=lines,
        states={**states, **dict.fromkeys(missing, NO_VERDICT)},
        failures=failures(verdicts, states, found),
    )


def state_of(verdict: Mapping[str, Any], leases: Mapping[str, Any]) -> str:
    """What could not be read is unknown, never healthy. Without the leases nobody knows whether a host has its own one."""
    if not verdict.get("healthy"):
        return NOT_HEALTHY
    unread = any(finding["code"] in UNREAD for finding in verdict.get("findings") or [])
    return UNKNOWN if unread or "leases" not in leases else HEALTHY


def failures(verdicts: Verdicts, states: Mapping[str, str], leases: Mapping[str, Any]) -> dict[str, str]:
    """Why a host fails. What is wrong with the leases, or that they were not read, fails the first host."""
    found = {
        host: f"{host}: {' '.join(finding_lines(verdict.get('findings') or [])) or NO_REASON}"
        for host, verdict in verdicts.items()
        if states[host] == NOT_HEALTHY or (states[host] != HEALTHY and verdict.get("findings"))
    }
    if verdicts and not leases.get("healthy"):
        first = next(iter(verdicts))
        reason = leases.get("msg") or " ".join(finding_lines(leases.get("findings") or []))
        text = escaped(" ".join(str(reason or "the leases were not read").split()))
        found[first] = "\n".join(filter(None, [text, found.get(first)]))
    return found


def ping_count(pings: Sequence[Mapping[str, Any]]) -> str:
    """Say how many of the pings were answered, as ``answered/sent``."""
    return "{0}/{1}".format(sum(1 for ping in pings if ping["ok"]), len(pings)) if pings else "-"


def host_row(host: str, verdict: Mapping[str, Any], state: str) -> Dict[str, str]:
    """Turn one host's verdict (the result of host_info) into a row of the table."""
    flannel, docker = verdict.get("flannel") or {}, verdict.get("docker") or {}
    seen = {
        "lease": (verdict.get("lease") or {}).get("subnet"),
        "docker0": docker.get("docker0"),
        "mtu": (flannel.get("subnet_env") or {}).get("mtu"),
        "docker": docker.get("version"),
        "flannel": flannel.get("version"),
    }
    row = {name: str(value) if value else "-" for name, value in seen.items()}
    return dict(row, host=host, pings=ping_count(verdict.get("pings") or []), state=state)


def summary(rows: Sequence[Mapping[str, str]]) -> str:
    """Count the hosts and the healthy ones."""
    count = collections.Counter(row["state"] for row in rows)
    unknown = f", {count[UNKNOWN]} unknown" if count[UNKNOWN] else ""
    wrong = count[NOT_HEALTHY] + count[NO_VERDICT]
    return f"{len(rows)} hosts, {count[HEALTHY]} healthy, {wrong} not healthy{unknown}"


def etcd_line(verdicts: Verdicts, users: Sequence[Mapping[str, Any]]) -> List[str]:
    """How etcd is protected, as far as its members are among these hosts."""
    urls = [url for verdict in verdicts.values() for url in (verdict.get("etcd") or {}).get("client_urls") or []]
    if not urls:
        return []
    if not all(url.startswith("https:") for url in urls):
        return ["etcd: http, which anybody on its network can read and write"]
    known = any(found.get("users_differ") is False or (found.get("after") or {}).get("auth") for found in users)
    return ["etcd: TLS and users" if known else "etcd: TLS"]


def missing_row(host: str) -> Dict[str, str]:
    """Give the row of a host that did not answer, or failed before it could be checked."""
    return dict(dict.fromkeys(COLUMNS, "-"), host=host, state=NO_VERDICT)


def finding_lines(findings: Sequence[Mapping[str, str]]) -> List[str]:
    """Write each finding as one sentence."""
    return [Finding(**finding).to_text() for finding in findings]


def all_findings(verdicts: Mapping[str, Mapping[str, Any]]) -> List[str]:
    """Write every finding as a sentence that begins with the name of its host."""
    return [
        Finding(**dict(finding, host=host)).to_text()
        for host, verdict in verdicts.items()
        for finding in verdict.get("findings") or []
    ]


def cell(value: t.Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return escaped(", ".join(map(str, value))) or "-"
    return escaped(str(value))


def table(rows: t.Sequence[t.Mapping[str, t.Any]], columns: t.Sequence[str]) -> list[str]:
    """A line of titles and one for each row; columns are as wide as their longest cell."""
    cells = [list(columns)] + [[cell(row.get(name)) for name in columns] for row in rows]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    return ["  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip() for line in cells]
