# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of etcd_info: the cluster, its findings, and the numbers behind them."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import StoreError
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import ERROR, healthy, to_dicts
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.http_client import UNREACHABLE_FIX
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.check_access import check_access
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.check_endpoints import (
    certificates_of,
    check_endpoints,
    days_left,
    lag_of,
    utc,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.check_members import (
    ClusterContext,
    check_cluster,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.model import (
    Cluster,
    Endpoint,
    Member,
    quorum_of,
)

_SIZES = ("raft_term", "raft_index", "raft_applied_index", "db_size", "db_size_in_use", "db_quota")


def report(api: str, context: ClusterContext) -> dict[str, t.Any]:
    cluster, quorum = context.cluster, quorum_of(context.cluster)
    findings = check_cluster(context) + check_endpoints(context) + check_access(cluster)
    return {
        "changed": False,
        "api": api,
        "cluster_ids": cluster.ids,
        "versions": sorted({status.version for status in cluster.statuses}),
        "leader": cluster.title_of(cluster.leader),
        "quorum": quorum.needed if quorum else None,
        "fault_tolerance": quorum.tolerance if quorum else None,
        "members": [_member(cluster, member) for member in cluster.members],
        "endpoints": [_endpoint(cluster, endpoint) for endpoint in cluster.endpoints],
        "alarms": _alarms(cluster),
        "auth": cluster.auth,
        "certificates": [
            {"source": source, "ends": utc(end), "days": days_left(end, context.now)}
            for source, _host, end in certificates_of(cluster)
        ],
        "findings": to_dicts(findings),
        "healthy": healthy(findings),
    }


def _member(cluster: Cluster, member: Member) -> dict[str, t.Any]:
    return {
        **member._asdict(),
        "peer_urls": list(member.peer_urls),
        "client_urls": list(member.client_urls),
        "started": bool(member.name),
        "leader": member.id == cluster.leader,
        "healthy": cluster.health_of(member),
    }


def _endpoint(cluster: Cluster, endpoint: Endpoint) -> dict[str, t.Any]:
    owner, status = cluster.owner_of(endpoint), endpoint.status
    return {
        "url": endpoint.url,
        "member": owner.display_name if owner else "",
        "healthy": endpoint.healthy if status else False,
        "cause": endpoint.cause or endpoint.unhealthy_reason,
        "version": status.version if status else "",
        "cluster_id": status.cluster_id if status else "",
        "raft_lag": lag_of(cluster, status) if status else None,
        **{name: getattr(status, name, None) for name in _SIZES},
    }


def _alarms(cluster: Cluster) -> list[dict[str, str]] | None:
    if cluster.alarms is None:
        return None
    return [{"member": cluster.title_of(alarm.member_id), "alarm": alarm.kind} for alarm in cluster.alarms]


def unreachable_error(cluster: Cluster, result: t.Mapping[str, t.Any]) -> StoreError:
    """The error for a cluster of which no endpoint answers; what was found all the same is in its details."""
    causes = [f"{endpoint.url}: {endpoint.cause}" for endpoint in cluster.endpoints]
    ended = [one["seen"] for one in result["findings"] if (one["code"], one["severity"]) == ("certificate_ends", ERROR)]
    fixes = dict.fromkeys(endpoint.fix or UNREACHABLE_FIX for endpoint in cluster.endpoints)
    message = f"no endpoint of etcd answers: {'; '.join(causes + ended)}. Fix: {'; or '.join(fixes)}"
    return StoreError(message, causes=causes, **result)
