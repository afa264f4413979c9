# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check an etcd cluster as a whole: its members against those expected, and whether they can agree."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.alarms import alarm_fix
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.model import Cluster, Member, quorum_of


class Limits(t.NamedTuple):
    quota_percent: int
    raft_lag: int  # entries
    certificate_days: int


class ClusterContext(t.NamedTuple):
    """All that the checks need; `now` is in seconds since 1970."""

    cluster: Cluster
    expected: t.Sequence[str]
    limits: Limits
    now: float


def checked_limits(params: t.Mapping[str, t.Any]) -> Limits:
    limits = Limits(*(params[name] for name in Limits._fields))
    if not 1 <= limits.quota_percent <= 100:
        raise InputError("quota_percent", limits.quota_percent, "1 to 100", "leave it out for 80")
    for name in ("raft_lag", "certificate_days"):
        if getattr(limits, name) < 0:
            raise InputError(name, getattr(limits, name), "0 or more", "leave it out for the default")
    return limits


def check_cluster(context: ClusterContext) -> list[Finding]:
    return [
        *_two_clusters(context.cluster),
        *_unknown(context.cluster),
        *_missing(context),
        *_foreign(context),
        *_members(context.cluster),
        *_no_leader(context.cluster),
        *_quorum(context.cluster),
        *_versions(context.cluster),
        *_alarms(context.cluster),
    ]


def _two_clusters(cluster: Cluster) -> t.Iterator[Finding]:
    if len(cluster.ids) > 1:
        groups = (
            f"{name}: "
            + ", ".join(one.url for one in cluster.endpoints if one.status and one.status.cluster_id == name)
            for name in cluster.ids
        )
        yield Finding(
            code="two_clusters",
            seen=f"the endpoints belong to {len(cluster.ids)} clusters: {'; '.join(groups)}",
            expected="endpoints of one cluster: hosts that read another one have another overlay",
            fix="remove the wrong endpoints; a member that bootstrapped itself: empty its data directory and add it again",
        )


def _unknown(cluster: Cluster) -> t.Iterator[Finding]:
    if cluster.statuses and not cluster.members:
        fix = "bring back the majority; the etcdctl of 3.6 shows the members without it"
        yield Finding("members_unknown", "no endpoint reports the members", "the list of members", fix)


def _missing(context: ClusterContext) -> t.Iterator[Finding]:
    known = [names_of(member) for member in context.cluster.members]
    for one in context.expected if known else ():
        if not any(_plain(one) in names for names in known):
            yield Finding(
                code="member_missing",
                host=one,
                seen="the cluster has no such member",
                expected=f"a member with the name or URL {one}",
                fix="add it: etcdctl member add, then start its etcd with --initial-cluster-state=existing",
            )


def _foreign(context: ClusterContext) -> t.Iterator[Finding]:
    expected = {_plain(one) for one in context.expected}
    for member in context.cluster.members if expected else ():
        if member.name and not expected & names_of(member):
            yield Finding(
                code="member_foreign",
                host=member.display_name,
                seen=f"member {member.id} at {', '.join(member.peer_urls)}, which is not expected",
                expected="the expected members only",
                fix=f"add it to expected, or remove it: etcdctl member remove {member.id}",
            )


def names_of(member: Member) -> set[str]:
    """By each of these a member can be expected."""
    return {_plain(text) for text in (member.name, *member.peer_urls, *member.client_urls) if text}


def _plain(text: str) -> str:
    return text.rstrip("/")


def _members(cluster: Cluster) -> t.Iterator[Finding]:
    for member in cluster.members:
        if not member.name:
            yield Finding(
                code="member_unstarted",
                host=member.display_name,
                seen=f"member {member.id} was added, but its etcd has never been started",
                expected="a member that runs: it counts for the majority",
                fix="start its etcd with --initial-cluster-state=existing and an empty data directory, or remove it: "
                f"etcdctl member remove {member.id}",
            )
        elif member.learner:
            yield Finding(
                code="learner",
                host=member.display_name,
                seen="it is a learner, which neither votes nor serves clients",
                expected="a voting member",
                fix=f"promote it when it has caught up: etcdctl member promote {member.id}",
            )


def _no_leader(cluster: Cluster) -> t.Iterator[Finding]:
    without = [one for one in cluster.endpoints if one.status and not one.status.leader]
    if without:
        yield Finding(
            code="no_leader",
            seen=f"no leader is known at {', '.join(one.url for one in without)}: nothing can be written there",
            expected="one leader that all members know",
            fix="bring back the majority of the members, and check etcd's journal and the network between them",
        )


def _quorum(cluster: Cluster) -> t.Iterator[Finding]:
    """A healthy endpoint has read by consent of the majority, whatever can be seen of the others from here."""
    quorum = quorum_of(cluster)
    if quorum is None:
        return
    seen = f"{quorum.present} of {quorum.voters} voting members take part"
    if quorum.present < quorum.needed and not any(one.healthy for one in cluster.endpoints):
        fix = "bring them back; if they are gone for good, restore a snapshot"
        yield Finding("quorum_lost", seen, f"{quorum.needed} or more, else nothing can be written", fix)
    elif quorum.voters > 1 and quorum.tolerance == 0:
        yield Finding(
            code="no_fault_tolerance",
            seen=f"{seen}: when one more fails, nothing can be written",
            expected=f"{quorum.needed + 1} or more",
            fix="bring back or replace the members that do not take part, or have three members",
        )
    if quorum.voters % 2 == 0:
        yield Finding(
            code="members_even",
            seen=f"{quorum.voters} voting members",
            expected="an odd number: one member more than that tolerates no further failure",
            fix="add or remove one member",
        )


def _versions(cluster: Cluster) -> t.Iterator[Finding]:
    versions = sorted({status.version for status in cluster.statuses})
    if len(versions) > 1:
        yield Finding(
            code="versions_mixed",
            seen=f"members run etcd {', '.join(versions)}",
            expected="one version, except during an upgrade",
            fix="upgrade the older members, one at a time",
        )


def _alarms(cluster: Cluster) -> t.Iterator[Finding]:
    for alarm in cluster.alarms or ():
        yield Finding(
            code=f"alarm_{alarm.kind.lower()}",
            host=cluster.title_of(alarm.member_id),
            seen=f"alarm {alarm.kind}: the cluster takes no more writes",
            expected="no alarm",
            fix=alarm_fix(alarm.kind, alarm.member_id),
        )
