# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The readable end of a run: one line a host, then what is wrong. No I/O."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding, listed

COLUMNS = ("host", "lease", "docker0", "mtu", "docker", "flannel", "pings", "state")


def ping_count(pings: Sequence[Mapping[str, Any]]) -> str:
    """Say how many of the pings were answered, as ``answered/sent``."""
    return "{0}/{1}".format(sum(1 for ping in pings if ping["ok"]), len(pings)) if pings else "-"


def host_row(host: str, verdict: Mapping[str, Any]) -> Dict[str, str]:
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
    state = "ok" if verdict.get("healthy") else "NOT HEALTHY"
    return dict(row, host=host, pings=ping_count(verdict.get("pings") or []), state=state)


def summary(rows: Sequence[Mapping[str, str]]) -> str:
    """Count the hosts and the healthy ones."""
    healthy = sum(1 for row in rows if row["state"] == "ok")
    return f"{len(rows)} hosts, {healthy} healthy, {len(rows) - healthy} not healthy"


def missing_row(host: str) -> Dict[str, str]:
    """Give the row of a host that did not answer, or failed before it could be judged."""
    return dict(dict.fromkeys(COLUMNS, "-"), host=host, state="NO VERDICT")


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


def with_container_pings(
    verdict: Mapping[str, Any], peers: Mapping[str, str], result: Mapping[str, Any]
) -> Dict[str, Any]:
    """Add pings between containers to a host's verdict.

    `peers` are the pinged addresses by host, `result` is that of the command which prints those that did not answer.
    """
    ran = result["rc"] == 0
    silent = {host: address for host, address in peers.items() if not ran or address in result["stdout_lines"]}
    pings = [{"address": address, "ok": host not in silent, "ms": None} for host, address in peers.items()]
    findings = [container_unreachable(silent) if ran else container_cannot_ping(result)] if silent else []
    return dict(
        verdict,
        pings=list(verdict.get("pings") or []) + pings,
        findings=list(verdict.get("findings") or []) + [finding.to_dict() for finding in findings],
        healthy=verdict.get("healthy") and not silent,
    )


def container_unreachable(silent: Mapping[str, str]) -> Finding:
    """Name the other ends, so that each pair is told."""
    lost = listed([f"{address} ({host})" for host, address in silent.items()])
    return Finding(
        code="container_unreachable",
        seen="a container of this host gets no answer from the containers " + lost,
        expected="an answer to a full-size ping from every container",
        fix="see the findings of both hosts; with docker 28 and newer the accept rules of the docker role must stand",
    )


def container_cannot_ping(result: Mapping[str, Any]) -> Finding:
    """No ping has been sent: nothing is known of the other hosts."""
    said = result.get("stderr") or result.get("msg") or "no reason given"
    return Finding(
        code="container_cannot_ping",
        seen="a container of this host cannot ping: " + " ".join(said.split()),
        expected="a running container with sh, sleep and ping",
        fix="take an image that has these as overlay_verify_image, and see that docker runs",
    )
