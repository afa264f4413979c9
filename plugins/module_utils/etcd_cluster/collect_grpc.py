# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of etcd through its v3 API without etcdctl: one connection to an endpoint, and /metrics for the quota before etcd 3.6."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import DeclinedError, StoreError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.alarms import alarm_kind
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.grpc_client import GrpcClient, first_answer
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.protobuf import Fields, data, number
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.collect_v3 import (
    METRICS,
    hexadecimal,
    is_early,
    positive,
    quota_in,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.model import Alarm, Endpoint, Member, Status
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.pages import probe_all

STATUS = "etcdserverpb.Maintenance/Status"
ALARM = "etcdserverpb.Maintenance/Alarm"
MEMBERS = "etcdserverpb.Cluster/MemberList"
AUTH = "etcdserverpb.Auth/AuthStatus"
RANGE = "etcdserverpb.KV/Range"
HEALTH_KEY = b"health"  # as etcdctl: who may not read it is healthy all the same
BY_CONSENT = number(1, 1)


def collect(connection: Connection, urls: t.Sequence[str], seconds: float) -> list[Endpoint]:
    """One after the other: an exporter has one endpoint."""
    return [collect_one(connection, url, seconds / max(len(urls), 1)) for url in urls]


def collect_one(connection: Connection, url: str, seconds: float) -> Endpoint:
    deadline = time.monotonic() + seconds
    probe = probe_all(connection, [url], [METRICS], seconds / 3)[0]
    if probe.cause:
        return Endpoint(url, cause=probe.cause, certificate_end=probe.certificate_end)
    narrowed = dataclasses.replace(connection, endpoints=(url,), timeout=max(deadline - time.monotonic(), 0.1))
    try:
        found = first_answer(narrowed, lambda client: endpoint_of(client, url, is_early(probe)))
    except StoreError as error:
        return Endpoint(url, cause=str(error), certificate_end=probe.certificate_end)
    status = found.status
    if status is not None and not status.db_quota:
        status = status._replace(db_quota=quota_in(probe.pages.get(METRICS)))
    return dataclasses.replace(found, status=status, certificate_end=probe.certificate_end)


def endpoint_of(client: GrpcClient, url: str, early: bool) -> Endpoint:
    status = status_of(client.call(STATUS, b""))
    if status.learner:
        return Endpoint(url, healthy=bool(status.leader), status=status)
    if not status.leader:
        members = permitted(client, MEMBERS, b"")
        return Endpoint(url, healthy=False, unhealthy_reason="no leader", status=status, members=members_of(members))
    alarms = permitted(client, ALARM, b"")
    permitted(client, RANGE, data(1, HEALTH_KEY))
    return Endpoint(
        url,
        healthy=True,
        status=status,
        members=members_of(permitted(client, MEMBERS, BY_CONSENT)),
        alarms=None if alarms is None else tuple(alarm_of(one) for one in alarms.messages(2)),
        auth=None if early else is_enabled(permitted(client, AUTH, b"")),
    )


def is_enabled(found: Fields | None) -> bool:
    """Authentication; an etcd that knows the question refuses it only where that is on."""
    return found is None or bool(found.number(2))


def permitted(client: GrpcClient, method: str, request: bytes) -> Fields | None:
    """None where etcd refuses the question: its user may not ask it, or this etcd does not know it."""
    try:
        return client.call(method, request)
    except DeclinedError:
        return None


def status_of(found: Fields) -> Status:
    header = found.message(1)
    return Status(
        member_id=hexadecimal(header.unsigned(2)),
        cluster_id=hexadecimal(header.unsigned(1)),
        version=found.text(2),
        leader=hexadecimal(found.unsigned(4)) if found.number(4) else "",
        raft_term=found.unsigned(6),
        raft_index=found.unsigned(5),
        raft_applied_index=found.unsigned(7),
        db_size=found.number(3),
        db_size_in_use=found.number(9),
        db_quota=positive(found.number(12)),
        learner=bool(found.number(10)),
    )


def members_of(found: Fields | None) -> tuple[Member, ...] | None:
    return None if found is None else tuple(member_of(one) for one in found.messages(2))


def member_of(one: Fields) -> Member:
    return Member(
        id=hexadecimal(one.unsigned(1)),
        name=one.text(2),
        peer_urls=tuple(url.decode("utf-8", "replace") for url in one.every(3)),
        client_urls=tuple(url.decode("utf-8", "replace").rstrip("/") for url in one.every(4)),
        learner=bool(one.number(5)),
    )


def alarm_of(one: Fields) -> Alarm:
    return Alarm(hexadecimal(one.unsigned(1)), alarm_kind(one.number(2)))
