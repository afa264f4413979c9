# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import UNENDED, Finished
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster import collect_v3
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.model import Alarm
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.pages import Page, Probe

A, B, C = "http://a:1", "http://b:1", "http://c:1"
VERSIONS = {"3.4": "3.4.23", "3.5": "3.5.16", "3.6": "3.6.14"}
NAMES = {
    ("endpoint", "status"): "status",
    ("endpoint", "health"): "health",
    ("member", "list"): "members",
    ("auth", "status"): "auth",
}


@pytest.fixture(params=VERSIONS)
def answers(request, recorded):
    """What etcdctl printed of an etcd that is full (quota 100000) and has a learner that never started."""
    return json.loads(recorded(f"etcd/{request.param}.json")), VERSIONS[request.param]


@pytest.fixture
def newest(recorded):
    return json.loads(recorded("etcd/3.6.json"))


class Fake:
    """etcdctl by the answers of each endpoint; remembers what it was asked."""

    def __init__(self, told):
        self.told = told
        self.asked = []
        self.seconds = []

    def __call__(self, commands, environment, stdin, seconds):
        self.seconds.append(seconds)
        return [self.answer(command) for command in commands]

    def answer(self, command):
        url, words = command[1].split("=", 1)[1], command[command.index("--write-out=json") + 1 :]
        self.asked.append((url, " ".join(words)))
        if words[-1] == "--consistency=s":
            return Finished(1, "", "Error: unknown flag: --consistency")
        found = self.told[url].get(NAMES.get(tuple(words), "alarms"), {})
        return found if isinstance(found, Finished) else Finished(0, json.dumps(found), "")


@pytest.fixture
def collect(monkeypatch):
    def run(told, causes=None, metrics="", **settings):
        pages = {"/metrics": Page(200, metrics.encode())}
        probes = [Probe(url, (causes or {}).get(url, ""), pages) for url in told]
        monkeypatch.setattr(collect_v3, "probe_all", lambda *_: probes)
        fake = Fake(told)
        return collect_v3.collect(Connection((A,), **settings), list(told), 9, fake), fake

    return run


def test_real_answers(collect, answers):
    document, version = answers
    (found,), _fake = collect({A: document}, metrics="\n".join(document["metrics"]))
    status = found.status
    assert (status.version, status.db_quota, found.cause) == (version, 100000, "")
    assert 80000 < status.db_size_in_use <= status.db_size < 200000
    assert status.leader == status.member_id
    assert status.raft_applied_index == status.raft_index > 5
    assert found.alarms == (Alarm(status.member_id, "NOSPACE"),)
    assert {(member.name, member.learner) for member in found.members} == {("node1", False), ("", True)}
    assert [member.id for member in found.members if member.name] == [status.member_id]
    # etcdctl 3.4 does not look at alarms.
    expected = (True, "") if version < "3.5" else (False, "Active Alarm(s): NOSPACE")
    assert (found.healthy, found.unhealthy_reason) == expected


@pytest.mark.parametrize(
    ("told", "auth"),
    [
        ({"authRevision": 1}, False),
        ({"enabled": True, "authRevision": 5}, True),
        (Finished(1, "", "Error: etcdserver: permission denied"), True),
        (Finished(0, "NAME:\n\tauth - Enable or disable authentication\n", ""), None),
    ],
)
def test_authentication(collect, newest, told, auth):
    (found,), _fake = collect({A: {**newest, "auth": told}})
    assert found.auth is auth


def test_ids_are_those_of_etcdctl(collect, newest):
    (found,), _fake = collect({A: newest})
    assert int(found.status.member_id, 16) == newest["status"][0]["Status"]["header"]["member_id"]


def test_each_endpoint_by_itself(collect, newest):
    found, fake = collect({A: newest, B: newest, C: newest}, {B: "connection refused"})
    assert [one.cause for one in found] == ["", "connection refused", ""]
    assert {url for url, _words in fake.asked} == {A, C}
    assert len(fake.asked) == 2 * 5


def test_many_endpoints_share_the_time(collect, newest):
    told = {f"http://{number}:1": newest for number in range(40)}
    _found, fake = collect(told)
    assert fake.seconds[0] == pytest.approx(9 / 2 / 2, rel=0.1)
    assert fake.seconds[1] == pytest.approx(9 / 5, rel=0.1)


def test_without_a_leader_nothing_is_asked_that_needs_one(collect, newest):
    del newest["status"][0]["Status"]["leader"]
    (found,), fake = collect({A: newest})
    assert [words for _url, words in fake.asked] == ["endpoint status", "member list", "member list --consistency=s"]
    assert (found.healthy, found.unhealthy_reason, found.alarms) == (False, "no leader", None)
    assert len(found.members) == 2


def test_a_learner_is_asked_for_its_status_only(collect, newest):
    """etcd answers all else with `rpc not supported for learner`."""
    newest["status"][0]["Status"]["isLearner"] = True
    (found,), fake = collect({A: newest})
    assert [words for _url, words in fake.asked] == ["endpoint status"]
    assert (found.healthy, found.members, found.alarms) == (True, None, None)


def test_nobody_tells_the_members(collect, newest):
    del newest["status"][0]["Status"]["leader"]
    newest["members"] = Finished(1, "", "Error: context deadline exceeded")
    (found,), _fake = collect({A: newest})
    assert found.members is None


@pytest.mark.parametrize(
    ("stderr", "cause", "fix"),
    [
        ("Error: etcdserver: user name is empty", "etcd needs a user", "set username"),
        ("Error: authentication failed, invalid user ID or password", "wrong username or password", "check username"),
        ("Failed to get the status of endpoint x (context deadline exceeded)", "context deadline exceeded", ""),
        ("", "it failed without a message", ""),
    ],
)
def test_no_status(collect, newest, stderr, cause, fix):
    newest["status"] = Finished(1, "null", stderr)
    (found,), fake = collect({A: newest})
    assert found.status is None
    assert cause in found.cause
    assert fix in found.fix
    assert len(fake.asked) == 1


@pytest.mark.parametrize(
    ("done", "told"),
    [
        (Finished(0, '[{"endpoint":"x","health":true,"took":"1ms"}]', ""), (True, "")),
        (
            Finished(1, '[{"health":false,"error":"etcdserver: user name is empty"}]', ""),
            (None, "etcdserver: user name is empty"),
        ),
        (
            Finished(1, '[{"health":false,"error":"context deadline exceeded"}]', ""),
            (False, "context deadline exceeded"),
        ),
        (Finished(0, "x is healthy: successfully committed proposal", ""), (True, "")),
        (Finished(1, "", "Error: unhealthy cluster"), (False, "unhealthy cluster")),
        (Finished(UNENDED, "", "etcdctl did not end within 3 s"), (False, "etcdctl did not end within 3 s")),
    ],
)
def test_health(done, told):
    assert collect_v3.health_of(done) == told


@pytest.mark.parametrize(
    ("page", "quota"),
    [
        (None, None),
        (Page(404, b"404 page not found"), None),
        (
            Page(
                200, b"# TYPE etcd_server_quota_backend_bytes gauge\netcd_server_quota_backend_bytes 2.147483648e+09\n"
            ),
            2 << 30,
        ),
        (Page(200, b"etcd_server_quota_backend_bytes 0\n"), None),
        (Page(200, b"etcd_server_quota_backend_bytes -1\n"), None),
    ],
)
def test_quota(page, quota):
    assert collect_v3.quota_in(page) == quota


def test_secrets_are_in_no_argument(collect, newest, monkeypatch):
    seen = []
    original = Fake.__call__
    monkeypatch.setattr(Fake, "__call__", lambda self, *words: seen.append(words) or original(self, *words))
    collect({A: newest}, username="u", password="geheim")
    assert all("geheim" not in str(commands) for commands, *_rest in seen)
    assert all(environment[b"ETCDCTL_USER"] == b"u:geheim" for _commands, environment, *_rest in seen)


@pytest.mark.parametrize(("version", "asks"), [("3.4", False), ("3.5", True), ("3.6", True)])
def test_authentication_is_not_asked_for_in_a_cluster_of_3_4(collect, newest, version, asks):
    """A cluster of 3.4, or on its way from it, is asked nothing that 3.4 does not know."""
    fake = collect({A: newest}, metrics=f'etcd_cluster_version{{cluster_version="{version}"}} 1\n')[1]
    assert ((A, "auth status") in fake.asked) is asks
