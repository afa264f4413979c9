# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.check_members import (
    ClusterContext,
    Limits,
    checked_limits,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.model import (
    Alarm,
    Cluster,
    Endpoint,
    Member,
    Status,
    quorum_of,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.result import report, unreachable_error

LIMITS = Limits(quota_percent=80, raft_lag=1000, certificate_days=30)
NAMES = ["node1", "node2", "node3"]
NOW = 1_800_000_000.0
DAY = 86400
MIB = 1 << 20


def member(number, **changed):
    url = f"https://192.0.2.{number}:"
    return Member(f"a{number}", f"node{number}", (url + "2380",), (url + "2379",))._replace(**changed)


def status(number, **changed):
    told = Status(f"a{number}", "cdf8", "3.6.14", "a1", 2, 5000, 5000, 20 * MIB, 15 * MIB, 100 * MIB)
    return told._replace(**changed)


def endpoint(number, members=None, **changed):
    named = {name: changed.pop(name) for name in list(changed) if name in Status._fields}
    url = changed.pop("url", f"https://192.0.2.{number}:2379")
    settings = {"healthy": True, "status": status(number, **named), "members": members, "alarms": (), **changed}
    return Endpoint(url, **settings)


def down(number, **changed):
    return Endpoint(f"https://192.0.2.{number}:2379", cause="connection refused", **changed)


def cluster(*endpoints, members=None, files=None, peers=None):
    known = tuple(members or [member(number) for number in (1, 2, 3)])
    told = [dataclasses.replace(one, members=known) if one.status else one for one in endpoints]
    return Cluster(told, files or {}, peers or {})


def trio(first=None, **changed):
    return cluster(first or endpoint(1, **changed), endpoint(2), endpoint(3))


def result_of(found, expected=(), limits=LIMITS):
    return report("v3", ClusterContext(found, expected, limits, NOW))


def findings(found, expected=()):
    return [(one["severity"], one["code"], one["host"]) for one in result_of(found, expected)["findings"]]


def test_all_is_well():
    result = result_of(trio(), NAMES)
    assert (result["healthy"], result["findings"], result["leader"]) == (True, [], "node1")
    assert (result["quorum"], result["fault_tolerance"], result["alarms"]) == (2, 1, [])
    assert [one["member"] for one in result["endpoints"]] == NAMES
    assert [one["leader"] for one in result["members"]] == [True, False, False]
    assert {one["healthy"] for one in result["members"] + result["endpoints"]} == {True}


FIVE = [member(number) for number in range(1, 6)]
WARN, ERR = "warning", "error"
CASES = {
    "a member is down": (
        cluster(endpoint(1), endpoint(2), down(3)),
        [(WARN, "no_fault_tolerance", ""), (ERR, "endpoint_down", "node3")],
    ),
    "a URL that no member advertises": (
        cluster(endpoint(1), endpoint(2), endpoint(3), Endpoint("http://x", cause="no")),
        [(ERR, "endpoint_down", "")],
    ),
    "a found URL of a member that answers at another": (
        cluster(
            endpoint(1),
            endpoint(2),
            endpoint(3),
            Endpoint("https://b", given=False, cause="no"),
            members=[member(1), member(2, client_urls=("https://b", "https://192.0.2.2:2379")), member(3)],
        ),
        [],
    ),
    "a given URL of a member that answers at another": (
        cluster(
            endpoint(1),
            endpoint(2),
            endpoint(3),
            Endpoint("https://b", cause="no"),
            members=[member(1), member(2, client_urls=("https://b", "https://192.0.2.2:2379")), member(3)],
        ),
        [(ERR, "endpoint_down", "node2")],
    ),
    "everybody advertises localhost": (
        cluster(
            endpoint(1), endpoint(2), members=[member(n, client_urls=("https://192.0.2.1:2379",)) for n in (1, 2, 3)]
        ),
        [(ERR, "member_elsewhere", "node3")],
    ),
    "slow reads": (
        trio(healthy=False, unhealthy_reason="context deadline exceeded"),
        [(ERR, "endpoint_unhealthy", "node1")],
    ),
    "nobody may tell": (trio(healthy=None, unhealthy_reason="user name is empty"), [(ERR, "health_unknown", "node1")]),
    "no leader anywhere": (
        cluster(endpoint(1, leader="", healthy=False), down(2), down(3)),
        [
            (ERR, "no_leader", ""),
            (ERR, "quorum_lost", ""),
            (ERR, "endpoint_down", "node2"),
            (ERR, "endpoint_down", "node3"),
        ],
    ),
    "one is cut off": (
        cluster(endpoint(1), endpoint(2), endpoint(3, leader="", healthy=False)),
        [(ERR, "no_leader", ""), (WARN, "no_fault_tolerance", "")],
    ),
    "no members told": (
        Cluster([endpoint(1, leader="", healthy=False)]),
        [(ERR, "members_unknown", ""), (ERR, "no_leader", "")],
    ),
    "a member that never started": (
        cluster(
            endpoint(1, healthy=False, unhealthy_reason="context deadline exceeded"),
            members=[member(1), member(2, name="", client_urls=())],
        ),
        [
            (ERR, "member_unstarted", "https://192.0.2.2:2380"),
            (ERR, "quorum_lost", ""),
            (WARN, "members_even", ""),
            (ERR, "endpoint_unhealthy", "node1"),
        ],
    ),
    "the others cannot be reached from here": (
        cluster(endpoint(1), down(2, given=False), down(3, given=False)),
        [(WARN, "no_fault_tolerance", ""), (ERR, "endpoint_down", "node2"), (ERR, "endpoint_down", "node3")],
    ),
    "everybody advertises localhost, where nobody is": (
        cluster(
            endpoint(1),
            Endpoint("http://localhost", given=False, cause="no"),
            members=[member(n, client_urls=("http://localhost",)) for n in (1, 2, 3)],
        ),
        [(WARN, "no_fault_tolerance", ""), (ERR, "endpoint_down", "node2"), (ERR, "endpoint_down", "node3")],
    ),
    "a learner": (
        cluster(
            endpoint(1), endpoint(2), endpoint(3), members=[member(1), member(2), member(3), member(4, learner=True)]
        ),
        [(WARN, "learner", "node4")],
    ),
    "two members": (
        cluster(endpoint(1), endpoint(2), members=[member(1), member(2)]),
        [(WARN, "no_fault_tolerance", ""), (WARN, "members_even", "")],
    ),
    "a single member": (cluster(endpoint(1), members=[member(1)]), []),
    "two clusters": (trio(cluster_id="beef"), [(ERR, "two_clusters", "")]),
    "an upgrade": (trio(version="3.5.16"), [(WARN, "versions_mixed", "")]),
    "full": (
        cluster(
            *(
                endpoint(
                    n, healthy=False, unhealthy_reason="Active Alarm(s): NOSPACE", alarms=(Alarm("a2", "NOSPACE"),)
                )
                for n in (1, 2, 3)
            )
        ),
        [(ERR, "alarm_nospace", "node2")],
    ),
    "corrupt and slow": (
        trio(healthy=False, unhealthy_reason="context deadline exceeded", alarms=(Alarm("a1", "CORRUPT"),)),
        [(ERR, "alarm_corrupt", "node1"), (ERR, "endpoint_unhealthy", "node1")],
    ),
    "80 percent": (trio(db_size=80 * MIB, db_size_in_use=70 * MIB), [(WARN, "db_near_quota", "node1")]),
    "79 percent": (trio(db_size=80 * MIB - 1, db_size_in_use=70 * MIB), []),
    "no quota told": (trio(db_quota=None, db_size=500 * MIB, db_size_in_use=400 * MIB), []),
    "half is free": (trio(db_size=40 * MIB, db_size_in_use=20 * MIB), [(WARN, "db_fragmented", "node1")]),
    "half of little is free": (trio(db_size=30 * MIB, db_size_in_use=15 * MIB), []),
    "behind": (trio(raft_index=3999, raft_applied_index=3999), [(WARN, "raft_lag", "node1")]),
    "a little behind": (trio(raft_applied_index=4000), []),
    "behind in etcd 3.3": (trio(raft_index=3999, raft_applied_index=None), [(WARN, "raft_lag", "node1")]),
    "behind another cluster": (
        trio(raft_index=1, raft_applied_index=1, cluster_id="beef"),
        [(ERR, "two_clusters", "")],
    ),
    "29 days": (trio(certificate_end=NOW + 30 * DAY - 1), [(WARN, "certificate_ends", "node1")]),
    "30 days": (trio(certificate_end=NOW + 30 * DAY), []),
    "ended": (trio(certificate_end=NOW), [(ERR, "certificate_ends", "node1")]),
    "a peer port": (
        cluster(endpoint(1), endpoint(2), endpoint(3), peers={"https://192.0.2.2:2380": NOW + DAY}),
        [(WARN, "certificate_ends", "node2")],
    ),
    "a file": (
        cluster(endpoint(1), endpoint(2), endpoint(3), files={"/ca.pem": NOW - DAY}),
        [(ERR, "certificate_ends", "")],
    ),
}


@pytest.mark.parametrize("context", CASES)
def test_findings(context):
    found, expected = CASES[context]
    assert findings(found) == expected
    assert result_of(found)["healthy"] == all(severity == WARN for severity, _code, _host in expected)


@pytest.mark.parametrize(
    "expected",
    [
        NAMES,
        [f"https://192.0.2.{n}:2380" for n in (1, 2, 3)],
        ["node1", "https://192.0.2.2:2379/", "https://192.0.2.3:2380/"],
    ],
)
def test_expected_members(expected):
    assert findings(trio(), expected) == []


def test_others_than_expected():
    expected = ["node1", "https://192.0.2.2:2380", "node4"]
    assert findings(trio(), expected) == [(ERR, "member_missing", "node4"), (ERR, "member_foreign", "node3")]


def test_members_that_nobody_tells_are_not_missing():
    assert (ERR, "member_missing", "node1") not in findings(Cluster([endpoint(1)]), NAMES)


def test_an_expected_member_that_never_started():
    members = [member(1), member(2), member(3, name="", client_urls=())]
    found = cluster(endpoint(1), endpoint(2), members=members)
    urls = ["node1", "node2", "https://192.0.2.3:2380"]
    assert [code for _severity, code, _host in findings(found, urls)] == ["member_unstarted", "no_fault_tolerance"]
    assert findings(found, NAMES)[:2] == [
        (ERR, "member_missing", "node3"),
        (ERR, "member_unstarted", "https://192.0.2.3:2380"),
    ]


@pytest.mark.parametrize(
    ("endpoints", "quorum"),
    [
        ([endpoint(1)], (5, 3, 5)),  # nobody asked the others
        ([endpoint(1), down(2)], (5, 3, 4)),
        ([endpoint(1), down(2), down(3)], (5, 3, 3)),
        ([endpoint(1), down(2), down(3), down(4)], (5, 3, 2)),
        ([endpoint(1, leader="", healthy=False), down(2), down(3), down(4)], (5, 3, 2)),
        ([endpoint(1, leader="", healthy=False), endpoint(2)], (5, 3, 4)),  # cut off from the leader
        (
            [endpoint(1, healthy=False, unhealthy_reason="Active Alarm(s): NOSPACE", alarms=(Alarm("a1", "NOSPACE"),))],
            (5, 3, 5),
        ),
    ],
)
def test_quorum(endpoints, quorum):
    found = quorum_of(cluster(*endpoints, members=FIVE))
    assert found == quorum
    assert found.tolerance == max(quorum[2] - 3, 0)


def test_no_quorum_of_two_clusters():
    result = result_of(trio(cluster_id="beef"))
    assert (result["quorum"], result["fault_tolerance"]) == (None, None)


def test_who_was_not_asked_is_not_judged():
    result = result_of(cluster(endpoint(1)))
    assert [one["healthy"] for one in result["members"]] == [True, None, None]
    assert result["findings"] == []


def test_the_newest_leader_counts():
    assert cluster(endpoint(1, leader="a2", raft_term=3), endpoint(2), endpoint(3)).leader == "a2"


def test_nobody_answers():
    found = Cluster(
        [down(1), Endpoint("http://x", cause="wrong username or password", fix="check username and password")],
        {"/c.pem": NOW - 5 * DAY},
    )
    error = unreachable_error(found, result_of(found))
    text = str(error)
    assert "https://192.0.2.1:2379: connection refused; http://x: wrong username or password" in text
    assert "the certificate of /c.pem ended at 2027-01-10T08:00:00Z" in text
    assert "Fix: check that etcd runs there" in text
    assert text.endswith("; or check username and password")
    assert error.details["healthy"] is False
    assert len(error.details["causes"]) == 2


@pytest.mark.parametrize(
    "changed", [{"quota_percent": 0}, {"quota_percent": 101}, {"raft_lag": -1}, {"certificate_days": -1}]
)
def test_bad_limits(changed):
    name, value = next(iter(changed.items()))
    with pytest.raises(InputError, match=f"{name} = {value}: allowed: .*Fix: "):
        checked_limits({**LIMITS._asdict(), **changed})


def test_limits():
    assert checked_limits({**LIMITS._asdict(), "other": 1}) == LIMITS
