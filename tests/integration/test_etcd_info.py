# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd_info on real members: well, dead, hanging, full, behind TLS and users, and of the wrong cluster."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest
from certificates import DAY, Authority
from conftest import run_ansible, run_module
from etcd_cluster import Members
from etcd_server import folder_of, own_port
from test_connection import SLACK, failed

PLAYBOOK = Path(__file__).parent / "playbooks/etcd_info.yml"
NAMES = ["node1", "node2", "node3"]
ERR, WARN = "error", "warning"
APIS = {"3.4-v2": ("3.4", "v2"), "3.5": ("3.5", "v3"), "3.6": ("3.6", "v3"), "3.7": ("3.7", "v3")}


def collect(etcd, api="v3", **params):
    urls = params.pop("endpoints", [etcd.url])
    return run_module("etcd_info", endpoints=urls, api=api, etcdctl=etcd.etcdctl_path, **params)


def findings(result):
    assert "findings" in result, result
    return sorted((one["severity"], one["code"], one["host"]) for one in result["findings"])


@pytest.fixture
def members(tmp_path):
    """Start a cluster: members("3.6", "3.6", "3.6", options=[...]); each ends with the test."""
    started = []

    def run(*versions, options=()):
        for version in versions:
            if not folder_of(version).is_dir():
                pytest.skip(f"no etcd {version}: {folder_of(version)} is made by tests/lab/lab prepare")
        started.append(Members(tmp_path / str(len(started)), list(versions), *options))
        started[-1].folder.mkdir()
        return started[-1].start()

    yield run
    for cluster in started:
        cluster.stop()


def test_one_member(place):
    result = run_module("etcd_info", **{**place.connection(), "expected": ["node1"]})
    assert (result["changed"], result["healthy"], result["findings"]) == (False, True, [])
    assert (result["api"], result["leader"], result["quorum"], result["fault_tolerance"]) == (
        place.api,
        "node1",
        1,
        0,
    )
    (member,), (endpoint,) = result["members"], result["endpoints"]
    assert (member["client_urls"], member["healthy"], member["leader"]) == ([place.etcd.url], True, True)
    assert (endpoint["url"], endpoint["member"], endpoint["healthy"]) == (place.etcd.url, "node1", True)
    assert result["versions"] == [endpoint["version"]]
    assert endpoint["version"].startswith(place.etcd.version)
    assert result["cluster_ids"] == [endpoint["cluster_id"]]
    if place.api == "v3":
        assert (endpoint["raft_lag"], endpoint["db_quota"], result["alarms"]) == (0, 2 << 30, [])
        assert 0 < endpoint["db_size_in_use"] <= endpoint["db_size"]
    else:
        assert (endpoint["raft_lag"], endpoint["db_quota"], result["alarms"]) == (None, None, None)


def test_by_playbook(newest):
    newest.configure({"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}})
    done = run_ansible("ansible-playbook", str(PLAYBOOK), variables={"etcd": newest.connection()})
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["3.4-v2", "3.5", "3.6"])
def test_one_of_three_dead_then_two(members, name):
    version, api = APIS[name]
    cluster = members(*[version] * 3, options=["--enable-v2"] if api == "v2" else [])
    first = cluster["node1"]
    result = collect(first, api, expected=NAMES)
    assert (result["findings"], result["quorum"], result["fault_tolerance"]) == ([], 2, 1)
    assert sorted(one["member"] for one in result["endpoints"]) == NAMES
    assert {one["healthy"] for one in result["members"]} == {True}

    cluster.lose("node3")
    for endpoints in ([first.url], cluster.urls):
        result = collect(first, api, endpoints=endpoints, expected=NAMES)
        assert findings(result) == [(ERR, "endpoint_down", "node3"), (WARN, "no_fault_tolerance", "")]
        assert (result["healthy"], result["fault_tolerance"], result["leader"] in NAMES) == (False, 0, True)
        assert [one["healthy"] for one in result["members"]] == [True, True, False]

    cluster["node2"].stop()
    first.wait_for_no_leader()
    started = time.monotonic()
    result = collect(first, api, endpoints=cluster.urls, timeout=8)
    assert time.monotonic() - started < 8 + SLACK
    dead = [(ERR, "endpoint_down", "node2"), (ERR, "endpoint_down", "node3")]
    rest = [(ERR, "no_leader", ""), (ERR, "quorum_lost", "")]
    if version == "3.5":  # tells its members only with a leader
        dead, rest = [(ERR, "endpoint_down", "")] * 2, [(ERR, "members_unknown", ""), (ERR, "no_leader", "")]
    assert findings(result) == dead + rest
    assert (result["leader"], result["alarms"]) == ("", None)

    first.stop()
    failed(collect(first, api, endpoints=cluster.urls), *cluster.urls, "connection refused")


def test_a_member_that_hangs(members):
    cluster = members("3.6", "3.6", "3.6")
    result = collect(cluster["node1"])
    victim = next(one for one in NAMES[1:] if one != result["leader"])
    cluster[victim].process.send_signal(signal.SIGSTOP)
    for settings in ({"endpoints": cluster.urls}, {}, {"cluster": False}):
        started = time.monotonic()
        result = collect(cluster["node1"], timeout=4, **settings)
        assert time.monotonic() - started < 4 + SLACK
        if settings.get("cluster", True):
            assert findings(result) == [(ERR, "endpoint_down", victim), (WARN, "no_fault_tolerance", "")]
            assert "no answer within" in str(result["findings"])
        else:
            assert result["findings"] == []
            assert [one["healthy"] for one in result["members"]] == [True, None, None]


@pytest.mark.parametrize("version", ["3.4", "3.6"])
def test_members_that_come(members, version):
    cluster = members(version)
    learner = cluster.add("node2", learner=True)
    first = cluster["node1"]
    result = collect(first, expected=["node1"])
    assert findings(result) == [(ERR, "member_unstarted", learner.peer)]
    cluster.start_added("node2")
    result = collect(first, expected=["node1", learner.peer])
    assert findings(result) == [(WARN, "learner", "node2")]
    assert [one["learner"] for one in result["members"]] == [False, True]
    first.change_members("promote", first.members()["node2"])
    result = collect(first, expected=["node1", "node9"])
    assert findings(result) == [
        (ERR, "member_foreign", "node2"),
        (ERR, "member_missing", "node9"),
        (WARN, "members_even", ""),
        (WARN, "no_fault_tolerance", ""),
    ]


@pytest.mark.parametrize(("old", "new"), [("3.5", "3.6"), ("3.6", "3.7")])
def test_an_upgrade(members, old, new):
    cluster = members(old, new, old)
    result = collect(cluster["node2"])
    assert findings(result) == [(WARN, "versions_mixed", "")]
    assert [version[:3] for version in result["versions"]] == [old, new]
    assert all(one["db_quota"] == 2 << 30 for one in result["endpoints"])


@pytest.mark.parametrize("api", ["v2", "v3"])
def test_two_clusters(servers, start, api):
    etcd, other = servers("3.4"), start("3.4", "--enable-v2")
    result = collect(etcd, api, endpoints=[etcd.url, other.url])
    assert findings(result) == [(ERR, "two_clusters", "")]
    assert len(result["cluster_ids"]) == 2
    assert result["fault_tolerance"] is None


@pytest.mark.parametrize("there", [False, True])
def test_all_say_the_same_address(members, start, there):
    """As members do that were left at etcd's default of http://localhost:2379."""
    url = start("3.6").url if there else f"http://127.0.0.1:{own_port()}"
    cluster = members("3.6", "3.6", options=[f"--advertise-client-urls={url}"])
    found = findings(collect(cluster["node1"]))
    if there:  # and another etcd answers
        assert (ERR, "member_elsewhere", "node2") in found
        assert (ERR, "two_clusters", "") in found
    else:
        assert [one for one in found if one[0] == ERR] == [(ERR, "endpoint_down", "node2")]
    assert {severity for severity, _code, _host in findings(collect(cluster["node1"], endpoints=cluster.urls))} == {
        WARN
    }


def fill(etcd, size, count):
    for number in range(count):
        if etcd.etcdctl("put", f"/fill/{number}", stdin="x" * size, check=False).returncode:
            return


@pytest.mark.parametrize("version", ["3.4", "3.5", "3.6"])
def test_a_full_etcd(start, version):
    etcd = start(version, "--quota-backend-bytes=100000")
    fill(etcd, 10000, 20)
    result = collect(etcd)
    assert findings(result) == [(ERR, "alarm_nospace", "node1"), (WARN, "db_near_quota", "node1")]
    assert result["alarms"] == [{"member": "node1", "alarm": "NOSPACE"}]
    assert "alarm disarm" in str(result["findings"])


@pytest.mark.parametrize("version", ["3.4", "3.6"])
def test_nearly_full(start, version):
    quota = 8000000
    etcd = start(version, f"--quota-backend-bytes={quota}")
    while (
        json.loads(etcd.etcdctl("endpoint", "status", "--write-out=json").stdout)[0]["Status"]["dbSize"] < 0.82 * quota
    ):
        fill(etcd, 200000, 2)
        time.sleep(0.2)  # it writes its database every 100 ms, and tells only what is written
    result = collect(etcd)
    assert findings(result) == [(WARN, "db_near_quota", "node1")]
    assert result["healthy"]
    assert findings(collect(etcd, quota_percent=99)) == []


def test_a_database_of_holes(start):
    etcd = start("3.6")
    for _number in range(20):
        etcd.etcdctl("put", "/fill", stdin="x" * 1200000)
    revision = json.loads(etcd.etcdctl("get", "/fill", "--keys-only", "--write-out=json").stdout)["header"]["revision"]
    etcd.etcdctl("compact", str(revision), "--physical")
    deadline = time.monotonic() + 20
    while not (found := findings(collect(etcd))) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert found == [(WARN, "db_fragmented", "node1")]
    etcd.etcdctl("defrag")
    assert findings(collect(etcd)) == []


def test_grpc_only(start):
    """The pages are elsewhere: all but the quota of older releases comes from etcdctl."""
    for version, quota in (("3.5", None), ("3.6", 2 << 30)):
        etcd = start(version, f"--listen-client-http-urls=http://127.0.0.1:{own_port()}")
        result = collect(etcd)
        assert result["findings"] == []
        assert result["endpoints"][0]["db_quota"] == quota


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def secure(start, authority):
    """Start etcd with a certificate that lasts so long; it wants one of each client."""
    certificate, key = authority.issue("client", lasts=60 * DAY)
    flags = ("--insecure-skip-tls-verify", f"--cert={certificate}", f"--key={key}")

    def run(version, lasts, *more):
        server = authority.issue(f"server{version}{lasts.days}", lasts=lasts)
        options = [f"--cert-file={server[0]}", f"--key-file={server[1]}", f"--trusted-ca-file={authority.certificate}"]
        return start(version, "--client-cert-auth", *options, *more, scheme="https", flags=flags)

    return run


def tls(authority, name="client"):
    files = authority.folder / f"{name}.pem", authority.folder / f"{name}.key"
    return {"ca_cert": str(authority.certificate), "client_cert": str(files[0]), "client_key": str(files[1])}


@pytest.mark.parametrize("name", ["3.4-v2", "3.6"])
def test_certificates_of_peers(start, tmp_path, name):
    """Members have an authority of their own, which knows no client: the certificate is seen all the same."""
    version, api = APIS[name]
    peers = Authority(tmp_path, "peers")
    cert, key = peers.issue("peer", lasts=9 * DAY)
    options = [f"--peer-cert-file={cert}", f"--peer-key-file={key}", f"--peer-trusted-ca-file={peers.certificate}"]
    etcd = start(version, "--peer-client-cert-auth", *options, *(["--enable-v2"] if api == "v2" else []))
    result = collect(etcd, api)
    assert [(one["source"], one["days"]) for one in result["certificates"]] == [(etcd.peer, 8)]
    assert findings(result) == [(WARN, "certificate_ends", "node1")]


@pytest.mark.parametrize("name", ["3.4-v2", "3.6"])
def test_certificates(secure, authority, name):
    version, api = APIS[name]
    open_to_all = [(WARN, "auth_off", "")] if api == "v3" else []
    good = secure(version, 5 * DAY, *(["--enable-v2"] if api == "v2" else []))
    result = collect(good, api, **tls(authority))
    assert findings(result) == [
        *open_to_all,
        (WARN, "certificate_ends", ""),
        (WARN, "certificate_ends", "node1"),
    ]
    assert [(one["source"], one["days"]) for one in result["certificates"]] == [
        (good.url, 4),
        (str(authority.certificate), 1),
        (tls(authority)["client_cert"], 59),
    ]
    assert findings(collect(good, api, **tls(authority), certificate_days=1)) == open_to_all

    ended = secure(version, -DAY)
    result = collect(good, api, **tls(authority), certificate_days=1, endpoints=[good.url, ended.url])
    assert findings(result) == [(ERR, "certificate_ends", ""), (ERR, "endpoint_down", ""), *open_to_all]
    assert f"{ended.url}: TLS: certificate has expired" in str(result["findings"])
    failed(collect(ended, api, **tls(authority)), ended.url, "certificate has expired", "ended at")

    authority.issue("ended", lasts=-DAY)
    failed(collect(good, api, **tls(authority, "ended"), timeout=5), good.url, "TLS: ", "ended.pem ended at")


def test_another_authority(secure, authority, tmp_path):
    other = Authority(tmp_path, "other")
    etcd = secure("3.6", 6 * DAY)
    failed(collect(etcd, **{**tls(authority), "ca_cert": str(other.certificate)}, timeout=5), etcd.url, "TLS: ")


@pytest.fixture(scope="module", params=["3.4", "3.5", "3.6"])
def guarded(request, start_for_module):
    """etcd with users; `plain` has no role."""
    etcd = start_for_module(request.param)
    for words in ("user add root:geheim", "user grant-role root root", "user add plain:streng:geheim", "auth enable"):
        etcd.etcdctl(*words.split())
    return etcd


def test_users(guarded):
    result = collect(guarded, username="plain", password="streng:geheim")
    assert (result["findings"], result["healthy"], result["alarms"]) == ([], True, [])


def test_without_a_user(guarded):
    result = collect(guarded)
    if guarded.version == "3.6":
        failed(result, "etcd needs a user, and none was given")
    else:
        assert findings(result) == [(ERR, "health_unknown", "node1")]
        assert result["endpoints"][0]["healthy"] is None


def test_a_wrong_password(guarded):
    result = collect(guarded, username="plain", password="streng:falsch")
    failed(result, "wrong username or password", guarded.url)
    assert "streng:falsch" not in json.dumps(result)


def test_nobody_there(newest, mute):
    urls = [f"http://127.0.0.1:{own_port()}", mute, "http://etcd.invalid:2379"]
    started = time.monotonic()
    result = collect(newest.etcd, endpoints=urls, timeout=3)
    assert time.monotonic() - started < 3 + SLACK
    failed(result, *urls, "connection refused", "no answer within", "does not resolve")
    assert len(result["causes"]) == 3
    assert findings(result) == [(ERR, "endpoint_down", "")] * 3
    assert result["healthy"] is False


def test_one_endpoint_is_mute(newest, mute):
    result = collect(newest.etcd, endpoints=[mute, newest.etcd.url], timeout=4)
    assert findings(result) == [(ERR, "endpoint_down", "")]
    assert result["leader"] == "node1"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"etcdctl": "/nowhere/etcdctl"}, ["etcdctl = /nowhere/etcdctl", "install it"]),
        ({"quota_percent": 101}, ["quota_percent = 101", "1 to 100"]),
        ({"raft_lag": -1}, ["raft_lag = -1", "0 or more"]),
        ({"ca_cert": "/nowhere/ca.pem"}, ["ca_cert = /nowhere/ca.pem", "can be read"]),
        ({"api": "v2"}, ["v2 API is switched off", "--enable-v2"]),
    ],
)
def test_bad_options(newest, changed, words):
    failed(run_module("etcd_info", **{**newest.connection(), **changed}), *words)


@pytest.mark.parametrize(("version", "found"), [("3.4", None), ("3.5", "v3"), ("3.6", "v3")])
def test_the_api_that_answers(servers, version, found):
    etcd = servers(version)
    result = collect(etcd, "auto")
    if found:
        assert (result["api"], result["findings"]) == (found, [])
    else:
        failed(result, "etcd answers v2 and v3", "flannel_version")
        assert collect(etcd, "auto", flannel_version="0.17.0")["api"] == "v2"
