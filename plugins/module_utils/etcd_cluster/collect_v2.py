# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How etcd is by its v2 API: each member's own pages, as `etcdctl cluster-health` of etcd 2.3 reads them.

python-etcd has no part in it: it follows members elsewhere, and no key is read. v2 reports neither raft's progress nor sizes.
"""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.http_client import document_of
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.model import Endpoint, Member, Status
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.pages import Page, Probe, probe_all

VERSION, MEMBERS, LEADER = "/version", "/v2/members", "/v2/members/leader"
SELF, HEALTH = "/v2/stats/self", "/health"
PATHS = (VERSION, MEMBERS, LEADER, SELF, HEALTH)  # the one that can take seconds comes last
_SWITCHED_OFF = "etcd's v2 API is switched off"
_SWITCH_ON = "start etcd 3.4 or 3.5 with --enable-v2, or set api to v3"
_NOTHING = Page(0, b"")


def collect(connection: Connection, urls: t.Sequence[str], seconds: float) -> list[Endpoint]:
    return [endpoint_of(probe) for probe in probe_all(connection, urls, PATHS, seconds)]


def endpoint_of(probe: Probe) -> Endpoint:
    pages = {path: probe.pages.get(path, _NOTHING) for path in PATHS}
    if not pages[SELF].status == pages[MEMBERS].status == 200:
        cause, fix = (probe.cause, "") if probe.cause else _refusal(pages[MEMBERS].status)
        return Endpoint(probe.url, cause=cause, fix=fix, certificate_end=probe.certificate_end)
    healthy, unhealthy_reason = health_of(pages[HEALTH])
    return Endpoint(
        probe.url,
        healthy=healthy,
        unhealthy_reason=unhealthy_reason,
        status=Status(
            member_id=str(document_of(pages[SELF].body).get("id", "")),
            cluster_id=pages[MEMBERS].cluster_id,
            version=str(document_of(pages[VERSION].body).get("etcdserver", "")),
            leader=str(document_of(pages[LEADER].body).get("id", "")) if pages[LEADER].status == 200 else "",
        ),
        members=members_of(pages[MEMBERS]),
        certificate_end=probe.certificate_end,
    )


def _refusal(status: int) -> tuple[str, str]:
    if status == 404:
        return _SWITCHED_OFF, _SWITCH_ON
    return (
        f"the answer has no list of members (HTTP status {status or 'unknown'})",
        "check the endpoints",
    )


def health_of(page: Page) -> tuple[bool, str]:
    """A text, or a boolean in some old releases: cluster-health takes both. From 3.5 on a reason comes with it."""
    if not page.status:
        return False, "/health does not answer in time"
    reported = document_of(page.body)
    healthy = reported.get("health") in ("true", True)
    return healthy, "" if healthy else str(reported.get("reason") or "/health reports that it is not healthy")


def members_of(page: Page) -> tuple[Member, ...]:
    return tuple(
        Member(
            id=one["id"],
            name=one.get("name", ""),
            peer_urls=tuple(one.get("peerURLs") or ()),
            client_urls=tuple(url.rstrip("/") for url in one.get("clientURLs") or ()),
        )
        for one in document_of(page.body).get("members") or ()
    )
