# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check each endpoint of etcd: whether it answers and is healthy, its database, how far it lags, and its certificate."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import ERROR, WARNING, Finding
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.check_members import ClusterContext
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.model import Cluster, Endpoint, Status

DAY = 86400
_MOSTLY_FREE = 16 << 20  # bytes; less is not worth the pause of a defragmentation
_CHECK_JOURNAL = "check etcd's journal there, and that this URL can be reached from here"
_REPLACE = "; a member that is gone for good: etcdctl member remove, then add"


def check_endpoints(context: ClusterContext) -> list[Finding]:
    cluster = context.cluster
    return [
        *_down(cluster),
        *_elsewhere(cluster),
        *_unhealthy(cluster),
        *(finding for one in cluster.endpoints if one.status for finding in _database(one, one.status, context)),
        *_lag(context),
        *_certificates(context),
    ]


def _down(cluster: Cluster) -> t.Iterator[Finding]:
    for one in cluster.endpoints:
        for host in [] if one.status else _hosts_of(cluster, one):
            yield Finding(
                code="endpoint_down",
                host=host,
                seen=f"{one.url}: {one.cause}",
                expected="a member of etcd that answers",
                fix=one.fix or (_CHECK_JOURNAL + (_REPLACE if host else "")),
            )


def _hosts_of(cluster: Cluster, one: Endpoint) -> list[str]:
    """The members concerned; none when the URL was only found, and its member answers at another one."""
    silent = [member.display_name for member in cluster.advertisers_of(one) if cluster.is_silent(member)]
    return silent or ([cluster.host_of(one)] if one.given else [])


def _elsewhere(cluster: Cluster) -> t.Iterator[Finding]:
    """A member at whose URLs another one answered: http://localhost:2379 on every host, for example."""
    answered = {one.url: one for one in cluster.endpoints if one.status}
    for member in cluster.members:
        url = next((url for url in member.client_urls if url in answered), None)
        if url is not None and not cluster.answers_of(member):
            yield Finding(
                code="member_elsewhere",
                host=member.display_name,
                seen=f"it advertises {url}, where {cluster.host_of(answered[url]) or 'another member'} answers",
                expected="a client URL that others can reach",
                fix="start it with --advertise-client-urls=URL, or set cluster to false and give an endpoint of each member",
            )


def _unhealthy(cluster: Cluster) -> t.Iterator[Finding]:
    """No leader and alarms have findings of their own, but etcdctl calls a member with an alarm unhealthy too."""
    for one in cluster.endpoints:
        host, seen = cluster.host_of(one), f"{one.url}: {one.unhealthy_reason}"
        if one.status and one.healthy is None:
            fix = "set username and password; a user without any role is enough"
            yield Finding("health_unknown", f"{seen}: etcd reports its health to users only", "a user", fix, host)
        elif (
            one.status
            and not one.healthy
            and one.status.leader
            and not (cluster.alarms and "Alarm" in one.unhealthy_reason)
        ):
            yield Finding("endpoint_unhealthy", seen, "a member that answers reads in time", _CHECK_JOURNAL, host)


def _database(one: Endpoint, status: Status, context: ClusterContext) -> t.Iterator[Finding]:
    host, size = context.cluster.host_of(one) or one.url, status.db_size
    used, quota = status.db_size_in_use, status.db_quota
    if size and quota and size * 100 >= quota * context.limits.quota_percent:
        yield Finding(
            code="db_near_quota",
            host=host,
            seen=f"the database has {size} of {quota} bytes, {size * 100 // quota} %",
            expected=f"less than {context.limits.quota_percent} %: when it is full, no lease can be renewed",
            fix="run the playbook overlay.flannel.defrag (compact and defragment), or raise --quota-backend-bytes",
        )
    if size and used is not None and size - used >= max(_MOSTLY_FREE, used):
        yield Finding(
            code="db_fragmented",
            host=host,
            seen=f"{size - used} of the database's {size} bytes are free",
            expected="less than half",
            fix="run the playbook overlay.flannel.defrag, or etcdctl defrag, one member at a time and the leader last: it stops the member for a moment",
        )


def _lag(context: ClusterContext) -> t.Iterator[Finding]:
    for one in context.cluster.endpoints:
        behind = lag_of(context.cluster, one.status) if one.status else None
        if behind is not None and behind > context.limits.raft_lag:
            yield Finding(
                code="raft_lag",
                host=context.cluster.host_of(one) or one.url,
                seen=f"it is {behind} entries behind",
                expected=f"{context.limits.raft_lag} or fewer; etcd refuses writes from 5000 on",
                fix="check disk and network there; a member that was away catches up by itself",
            )


def lag_of(cluster: Cluster, status: Status) -> int | None:
    """Entries of raft that the cluster has committed and the member has not applied; None where v2 does not report it."""
    applied = status.raft_index if status.raft_applied_index is None else status.raft_applied_index
    same = (other.raft_index for other in cluster.statuses if other.cluster_id == status.cluster_id)
    indexes = [index for index in same if index is not None]
    return None if applied is None else max(max(indexes) - applied, 0)


def _certificates(context: ClusterContext) -> t.Iterator[Finding]:
    for source, host, end in certificates_of(context.cluster):
        ended = end <= context.now
        if ended or days_left(end, context.now) < context.limits.certificate_days:
            yield Finding(
                code="certificate_ends",
                severity=ERROR if ended else WARNING,
                host=host,
                seen=f"the certificate of {source} {'ended' if ended else 'ends'} at {utc(end)}",
                expected=f"one that lasts {context.limits.certificate_days} days or more",
                fix="replace the certificate; etcd reloads its own at each connection, and authorities when it starts",
            )


def certificates_of(cluster: Cluster) -> list[tuple[str, str, float]]:
    """Where it was seen (URL or path), whose it is, and its end."""
    seen = [(one.url, cluster.host_of(one), one.certificate_end) for one in cluster.endpoints]
    return [
        *((url, host, end) for url, host, end in seen if end is not None),
        *((url, cluster.host_of_peer(url), end) for url, end in cluster.peers.items()),
        *((path, "", end) for path, end in cluster.files.items()),
    ]


def days_left(end: float, now: float) -> int:
    """Whole days, below zero after the end."""
    return int((end - now) // DAY)


def utc(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
