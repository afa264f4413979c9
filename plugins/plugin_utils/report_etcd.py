# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report tells of etcd, from the result of etcd_info. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.redaction import redact

Found = t.Mapping[str, t.Any]


def etcd_entry(found: Found) -> dict[str, t.Any]:
    """`error` says why nothing is known of etcd."""
    if "members" not in found:
        return {
            "known": False,
            "healthy": False,
            "error": redact(str(found.get("msg") or "etcd was not read")),
            "members": [],
        }
    return {
        "known": True,
        "healthy": bool(found.get("healthy")),
        "error": "",
        "leader": str(found.get("leader") or ""),
        "quorum": found.get("quorum"),
        "fault_tolerance": found.get("fault_tolerance"),
        "auth": found.get("auth"),
        "alarms": [f"{one['member']}: {one['alarm']}" for one in found.get("alarms") or []],
        "members": members(found),
        "certificates": [
            {"source": redact(str(one["source"])), "ends": str(one["ends"]), "days": one["days"]}
            for one in found.get("certificates") or []
        ],
        "findings": [dict(finding) for finding in found.get("findings") or []],
    }


def members(found: Found) -> list[dict[str, t.Any]]:
    """Each member with what its endpoint says; an endpoint of no member is left to the findings."""
    answers: dict[str, Found] = {}
    for endpoint in found.get("endpoints") or []:
        answers.setdefault(str(endpoint.get("member") or ""), endpoint)
    return [member(one, answers.get(str(one.get("name") or ""), {})) for one in found["members"]]


def member(one: Found, endpoint: Found) -> dict[str, t.Any]:
    return {
        "name": str(one.get("name") or ""),
        "id": str(one.get("id") or ""),
        "role": "learner" if one.get("learner") else "leader" if one.get("leader") else "follower",
        "started": bool(one.get("started")),
        "healthy": one.get("healthy"),
        "url": redact(", ".join(map(str, one.get("client_urls") or []))),
        "version": str(endpoint.get("version") or ""),
        "raft_lag": endpoint.get("raft_lag"),
        "db_size": endpoint.get("db_size"),
        "db_quota": endpoint.get("db_quota"),
    }
