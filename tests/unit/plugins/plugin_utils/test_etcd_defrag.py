# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order members of etcd are defragmented, and what is refused."""

from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_defrag import defrag_of

NAMES = ["one", "two", "three"]
NEW = {"one": "0.28.10", "two": "0.28.10", "three": ""}
OLD = {"one": "0.28.10", "two": "0.26.7", "three": "0.28.8"}
FULL = [{"member": "one", "alarm": "NOSPACE"}]
CORRUPT = [{"member": "one", "alarm": "CORRUPT"}]


def url(number):
    return f"https://192.0.2.1{number}:2379"


def member(number, **changes):
    given = {
        "name": NAMES[number],
        "peer_urls": [f"https://192.0.2.1{number}:2380"],
        "client_urls": [url(number)],
        "started": True,
        "learner": False,
        "leader": number == 0,
        "healthy": True,
    }
    return {**given, **changes}


def endpoint(number, **changes):
    sizes = {"db_size": 8 << 20, "db_size_in_use": 1 << 20, "db_quota": 2 << 30}
    return {"url": url(number), **sizes, **changes}


def info(*members, alarms=(), **changes):
    found = members or (member(0), member(1), member(2))
    endpoints = [endpoint(number) for number in range(3)]
    return {"api": "v3", "leader": "one", "members": found, "endpoints": endpoints, "alarms": alarms, **changes}


def test_the_leader_comes_last():
    assert defrag_of(info(), NEW, "") == {
        "endpoints": [url(2), url(1), url(0)],
        "compact": True,
        "disarm": False,
        "restart": [],
        "lines": [
            "Old revisions are dropped",
            "three: 8.0 MiB, 1.0 MiB of it in use, of 2048.0 MiB",
            "two: 8.0 MiB, 1.0 MiB of it in use, of 2048.0 MiB",
            "one: 8.0 MiB, 1.0 MiB of it in use, of 2048.0 MiB, the leader",
        ],
        "refusals": [],
    }


def test_a_full_etcd_calls_itself_unhealthy():
    members = [member(number, healthy=False) for number in range(3)]
    plan = defrag_of(info(*members, alarms=FULL), NEW, "")
    assert (plan["refusals"], plan["disarm"]) == ([], True)
    assert plan["lines"][-1] == "The alarm NOSPACE is taken back: etcd takes writes again"


@pytest.mark.parametrize(
    ("flannel", "wish", "compact", "restart"),
    [
        (NEW, "", True, []),
        (NEW, False, False, []),
        (NEW, "no", False, []),
        (OLD, "", False, []),
        (OLD, "true", True, ["two", "three"]),
        (OLD, False, False, []),
        ({"one": "0.17.0"}, "", True, []),
        ({"one": "0.28.9"}, "", True, []),
    ],
)
def test_old_revisions_are_dropped_where_flanneld_bears_it(flannel, wish, compact, restart):
    plan = defrag_of(info(), flannel, wish)
    assert (plan["compact"], plan["restart"]) == (compact, restart)
    assert (f"flanneld restarts on {', '.join(restart)}" in plan["lines"]) == bool(restart)


def test_why_they_are_kept():
    assert defrag_of(info(), OLD, "")["lines"][0] == (
        "Old revisions are kept: flanneld 0.26.7 on two, 0.28.8 on three does not go on by itself after a compaction"
        " (overlay_defrag_compact)"
    )
    assert defrag_of(info(), NEW, False)["lines"][0] == "Old revisions are kept"


@pytest.mark.parametrize(
    ("state", "flannel", "wish", "words"),
    [
        (info(api="v2"), NEW, "", ["etcd 3.4 or newer"]),
        (info(members=[], msg="no route"), NEW, "", ["no leader that answers: no route", "journalctl -u etcd"]),
        (info(leader="", causes=["a", "b"]), NEW, "", ["no leader that answers: a; b"]),
        (info(member(0), member(1, healthy=False)), NEW, "", ["two: not healthy", "replace_member.yml"]),
        (
            info(member(0), member(1, started=False, name="", client_urls=[])),
            NEW,
            "",
            ["https://192.0.2.11:2380: not healthy"],
        ),
        (info(alarms=CORRUPT), NEW, "", ["CORRUPT", "replace_member.yml"]),
        (info(alarms=FULL), OLD, "", ["etcd is full", "two, three", "-e overlay_defrag_compact=true"]),
        (info(), NEW, "maybe", ["overlay_defrag_compact = maybe: allowed: true, false"]),
    ],
)
def test_what_is_refused(state, flannel, wish, words):
    plan = defrag_of(state, flannel, wish)
    assert plan["endpoints"] == [] and len(plan["refusals"]) == 1
    assert [word for word in [*words, "Fix: "] if word not in plan["refusals"][0]] == []


def test_a_full_etcd_under_an_old_flanneld_on_a_wish():
    for wish in (True, False):
        plan = defrag_of(info(alarms=FULL), OLD, wish)
        assert plan["refusals"] == [] and plan["compact"] is wish


def test_sizes_that_are_not_known():
    endpoints = [endpoint(0, db_size=None), endpoint(1, db_size_in_use=None, db_quota=None)]
    assert defrag_of(info(endpoints=endpoints), NEW, "")["lines"][1:] == [
        "three: of a size that is not known",
        "two: 8.0 MiB",
        "one: of a size that is not known, the leader",
    ]
