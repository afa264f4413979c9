# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of etcd through its v3 API: one etcdctl for each endpoint, and /metrics for the quota before etcd 3.6."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import (
    BatchRunner,
    Finished,
    run_commands,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.alarms import alarm_kind
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.auth import enabled_in
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.etcdctl import (
    command_line,
    environment,
    known_cause,
    last_line,
    not_etcd,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.model import Alarm, Endpoint, Member, Status
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.pages import Page, Probe, probe_all

AT_ONCE = 32  # four questions to each of ten members; they wait rather than work
METRICS = "/metrics"
_QUOTA = re.compile(rb"^etcd_server_quota_backend_bytes (\S+)$", re.MULTILINE)
# A cluster of 3.4, or on its way from it, is asked nothing that 3.4 does not know.
_EARLY = re.compile(rb'^etcd_cluster_version\{cluster_version="3\.[0-4]"\} 1', re.MULTILINE)
_STATUS = {"status": ["endpoint", "status"]}
_LED = {
    "members": ["member", "list"],
    "health": ["endpoint", "health"],
    "alarms": ["alarm", "list"],
    "auth": ["auth", "status"],
}
# Without a leader the rest would only wait. etcd 3.4 reports its members anyway, 3.6 if its own view is enough (--consistency=s).
_LEADERLESS = {"members": ["member", "list"], "own": ["member", "list", "--consistency=s"]}
_USER_WANTED = "user name is empty"

T = t.TypeVar("T")
Questions = t.Mapping[str, t.Mapping[str, t.List[str]]]
Answers = t.Dict[str, t.Dict[str, Finished]]


_run = functools.partial(run_commands, at_once=AT_ONCE)


def collect(connection: Connection, urls: t.Sequence[str], seconds: float, run: BatchRunner = _run) -> list[Endpoint]:
    deadline = time.monotonic() + seconds
    probes = probe_all(connection, urls, [METRICS], seconds / 3)
    there = [probe.url for probe in probes if not probe.cause]
    answers = ask(connection, dict.fromkeys(there, _STATUS), (deadline - time.monotonic()) / 2, run)
    statuses = {url: status_of(answers[url]["status"]) for url in there}
    early = {probe.url for probe in probes if is_early(probe)}
    questions = {url: _questions(status, url in early) for url, status in statuses.items() if status}
    more = ask(connection, questions, deadline - time.monotonic(), run)
    return [
        endpoint_of(
            probe, statuses.get(probe.url), {**answers.get(probe.url, {}), **more.get(probe.url, {})}, connection
        )
        for probe in probes
    ]


def is_early(probe: Probe) -> bool:
    page = probe.pages.get(METRICS)
    return bool(page and _EARLY.search(page.body))


def _questions(status: Status, early: bool) -> dict[str, list[str]]:
    if status.learner:
        return {}
    wanted = _LED if status.leader else _LEADERLESS
    return {name: words for name, words in wanted.items() if not (early and name == "auth")}


def ask(connection: Connection, questions: Questions, seconds: float, run: BatchRunner) -> Answers:
    """Each question to its own endpoint: by URL, then by name."""
    places = [(url, name) for url, named in questions.items() for name in named]
    rounds = -(-len(places) // AT_ONCE) or 1
    share = max(seconds / rounds, 0.1)
    commands = [
        command_line(dataclasses.replace(connection, endpoints=(url,), timeout=share), questions[url][name])
        for url, name in places
    ]
    answers: Answers = {url: {} for url in questions}
    for (url, name), done in zip(places, run(commands, environment(connection), "", share)):
        answers[url][name] = done
    return answers


def endpoint_of(
    probe: Probe, status: Status | None, answers: t.Mapping[str, Finished], connection: Connection
) -> Endpoint:
    if status is None:
        cause, fix = probe.cause, ""
        if "status" in answers:
            cause, fix = _failure(answers["status"], connection)
        return Endpoint(probe.url, cause=cause, fix=fix, certificate_end=probe.certificate_end)
    healthy, unhealthy_reason = health_of(answers["health"]) if "health" in answers else _health_by(status)
    return Endpoint(
        probe.url,
        healthy=healthy,
        unhealthy_reason=unhealthy_reason,
        status=status if status.db_quota else status._replace(db_quota=quota_in(probe.pages.get(METRICS))),
        members=members_of(answers.get("members")) or members_of(answers.get("own")),
        alarms=alarms_of(answers.get("alarms")),
        certificate_end=probe.certificate_end,
        auth=enabled_in(answers["auth"]) if "auth" in answers else None,
    )


def _failure(done: Finished, connection: Connection) -> tuple[str, str]:
    if not done.code:
        return not_etcd(connection.etcdctl, done.stdout)
    known = known_cause(done.stderr, connection.username)
    return (known.cause, known.fix) if known else (last_line(done.stderr), "")


def _parse_or_none(done: Finished | None, read: t.Callable[[t.Any], T]) -> T | None:
    """What `read` makes of etcdctl's JSON; None where it is none of etcd's. `endpoint health` prints also when it fails."""
    try:
        return read(json.loads(done.stdout)) if done else None
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None


def status_of(done: Finished) -> Status | None:
    return _parse_or_none(done, _status)


def _status(found: t.Any) -> Status:
    reported = found[0]["Status"]
    header = reported["header"]
    return Status(
        member_id=hexadecimal(header["member_id"]),
        cluster_id=hexadecimal(header["cluster_id"]),
        version=reported["version"],
        leader=hexadecimal(reported["leader"]) if reported.get("leader") else "",
        raft_term=reported.get("raftTerm"),
        raft_index=reported.get("raftIndex"),
        raft_applied_index=reported.get("raftAppliedIndex"),
        db_size=reported.get("dbSize"),
        db_size_in_use=reported.get("dbSizeInUse"),
        db_quota=positive(reported.get("dbSizeQuota", 0)),
        learner=reported.get("isLearner", False),
    )


def health_of(done: Finished) -> tuple[bool | None, str]:
    reported = _parse_or_none(done, _health)
    return reported or (done.code == 0, "" if done.code == 0 else last_line(done.stderr))


def _health(found: t.Any) -> tuple[bool | None, str]:
    error = str(found[0].get("error", "")).strip()
    return (None if _USER_WANTED in error else bool(found[0]["health"])), error


def _health_by(status: Status) -> tuple[bool, str]:
    """Of a member that is not queried for its health."""
    return (True, "") if status.leader else (False, "no leader")


def members_of(done: Finished | None) -> tuple[Member, ...] | None:
    return _parse_or_none(done, lambda found: tuple(_member(one) for one in found["members"]))


def _member(one: t.Any) -> Member:
    return Member(
        id=hexadecimal(one["ID"]),
        name=one.get("name", ""),
        peer_urls=tuple(one.get("peerURLs", ())),
        client_urls=tuple(url.rstrip("/") for url in one.get("clientURLs", ())),
        learner=one.get("isLearner", False),
    )


def alarms_of(done: Finished | None) -> tuple[Alarm, ...] | None:
    return _parse_or_none(done, lambda found: tuple(_alarm(one) for one in found.get("alarms") or ()))


def _alarm(one: t.Any) -> Alarm:
    return Alarm(hexadecimal(one["memberID"]), alarm_kind(one["alarm"]))


def quota_in(page: Page | None) -> int | None:
    """etcd_server_quota_backend_bytes: there from etcd 3.4 on, unless /metrics is served elsewhere."""
    match = _QUOTA.search(page.body) if page else None
    return positive(int(float(match.group(1)))) if match else None


def positive(number: int) -> int | None:
    """Zero: not reported. Below zero: switched off."""
    return number if number > 0 else None


def hexadecimal(number: int) -> str:
    return f"{number:x}"
