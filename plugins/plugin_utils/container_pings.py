# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pings to containers of other hosts, from a container and from the host itself, as part of a host's verdict. No I/O.

`peers` are the pinged addresses by host, `result` is that of the command which prints those that did not answer.
"""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding, listed

Verdict = t.Mapping[str, t.Any]
Peers = t.Mapping[str, str]
Result = t.Mapping[str, t.Any]


def with_container_pings(verdict: Verdict, peers: Peers, result: Result) -> dict[str, t.Any]:
    return with_pings(verdict, peers, result, unreachable, "a container of this host", "sh, sleep and ping")


def with_host_pings(verdict: Verdict, peers: Peers, result: Result) -> dict[str, t.Any]:
    return with_pings(
        verdict, peers, result, unreachable_from_host, "a container with this host's network", "sh and ping"
    )


def with_pings(
    verdict: Verdict, peers: Peers, result: Result, lost: t.Callable[[str], Finding], sender: str, programs: str
) -> dict[str, t.Any]:
    """`lost` makes the finding of those that did not answer; `sender` needs `programs` in its image."""
    ran = result["rc"] == 0
    silent = {host: address for host, address in peers.items() if not ran or address in result["stdout_lines"]}
    pings = [{"address": address, "ok": host not in silent, "ms": None} for host, address in peers.items()]
    # The other ends are named, so that each pair is reported.
    names = listed([f"{address} ({host})" for host, address in silent.items()])
    findings = [lost(names) if ran else cannot_ping(result, sender, programs)] if silent else []
    return dict(
        verdict,
        pings=[*(verdict.get("pings") or []), *pings],
        findings=[*(verdict.get("findings") or []), *(finding.to_dict() for finding in findings)],
        healthy=verdict.get("healthy") and not silent,
    )


def unreachable(names: str) -> Finding:
    return Finding(
        code="container_unreachable",
        seen=f"a container of this host gets no answer from the containers {names}",
        expected="an answer to a full-size ping from every container",
        fix="check the findings of both hosts; with docker 28 and newer the accept rules of the docker role must exist",
    )


def unreachable_from_host(names: str) -> Finding:
    return Finding(
        code="container_unreachable_from_host",
        seen=f"this host itself gets no answer from the containers {names}",
        expected="an answer to a full-size ping from every container, also to a host",
        fix="check the findings of both hosts; with DirectRouting and host-gw run the docker role, "
        "whose rule in POSTROUTING gives packets of this host its address in the overlay",
    )


def cannot_ping(result: Result, sender: str, programs: str) -> Finding:
    """No ping has been sent: nothing is known of the other hosts."""
    said = result.get("stderr") or result.get("msg") or "no reason given"
    return Finding(
        code="container_cannot_ping",
        seen=f"{sender} cannot ping: " + " ".join(said.split()),
        expected=f"a running container with {programs}",
        fix="set overlay_verify_image to an image that has these, and check that docker runs",
    )
