# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pings from a host itself to containers of other hosts, as part of its verdict. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding, listed


def with_host_pings(
    verdict: t.Mapping[str, t.Any], peers: t.Mapping[str, str], result: t.Mapping[str, t.Any]
) -> dict[str, t.Any]:
    """`peers` are the pinged addresses by host, `result` is that of the command which prints those that did not answer."""
    ran = result["rc"] == 0
    silent = {host: address for host, address in peers.items() if not ran or address in result["stdout_lines"]}
    pings = [{"address": address, "ok": host not in silent, "ms": None} for host, address in peers.items()]
    findings = [unreachable(silent) if ran else cannot_ping(result)] if silent else []
    return dict(
        verdict,
        pings=[*(verdict.get("pings") or []), *pings],
        findings=[*(verdict.get("findings") or []), *(finding.to_dict() for finding in findings)],
        healthy=verdict.get("healthy") and not silent,
    )


def unreachable(silent: t.Mapping[str, str]) -> Finding:
    lost = listed([f"{address} ({host})" for host, address in silent.items()])
    return Finding(
        code="container_unreachable_from_host",
        seen=f"this host itself gets no answer from the containers {lost}",
        expected="an answer to a full-size ping from every container, also to a host",
        fix="check the findings of both hosts; with DirectRouting and host-gw run the docker role, "
        "whose rule in POSTROUTING gives packets of this host its address in the overlay",
    )


def cannot_ping(result: t.Mapping[str, t.Any]) -> Finding:
    """No ping has been sent: nothing is known of the other hosts."""
    said = result.get("stderr") or result.get("msg") or "no reason given"
    return Finding(
        code="container_cannot_ping",
        seen="a container with this host's network cannot ping: " + " ".join(said.split()),
        expected="a running container with sh and ping",
        fix="set overlay_verify_image to an image that has these, and check that docker runs",
    )
