# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The timer of the backups: its files, its state and what is refused; and the member from which backup.yml takes one."""

from __future__ import annotations

import json
import shlex

import pytest
from etcd_member import HAS_DATA, controller_of, converged, facts_of, plan_of

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_backup import members_text, quoted
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_backup_member import chosen

TIMER = "overlay-etcd-backup.timer"
PATHS = [
    "/usr/local/sbin/overlay-etcd-backup",
    "/etc/systemd/system/overlay-etcd-backup.service",
    f"/etc/systemd/system/{TIMER}",
]
WANTED = {"schedule": "daily", "keep": 3}
RUNS = {"active_state": "active", "unit_file_state": "enabled", "need_daemon_reload": False}


def refused(given, facts=None, **variables):
    return plan_of(facts or facts_of(HAS_DATA), controller_of(), backup=given, **variables).refusals


def with_timer(facts, **unit):
    return {**facts, "units": {**facts["units"], TIMER: {**RUNS, **unit}}}


def test_no_timer_unless_it_is_wanted():
    plan = plan_of()
    assert plan.backup_timer == "" and not any("backup" in item["path"] for item in plan.files)


def test_files_then_timer_then_nothing():
    plan = plan_of(backup=WANTED)
    assert [item["path"] for item in plan.files if "backup" in item["path"]] == PATHS
    assert plan.backup_timer == "started" and f"{TIMER} is to be started" in plan.remaining
    done = with_timer(converged(plan, facts_of()))
    again = plan_of(done, controller_of(), backup=WANTED)
    assert again.backup_timer == "" and again.remaining == []


@pytest.mark.parametrize(
    "unit", [{"active_state": "inactive"}, {"unit_file_state": "disabled"}, {"need_daemon_reload": True}]
)
def test_a_timer_that_does_not_run_is_started(unit):
    done = with_timer(converged(plan_of(backup=WANTED), facts_of()), **unit)
    assert plan_of(done, controller_of(), backup=WANTED).backup_timer == "started"


def test_what_nobody_wants_goes():
    done = with_timer(converged(plan_of(backup=WANTED), facts_of()))
    plan = plan_of(done, controller_of())
    assert plan.backup_timer == "stopped" and {item["path"] for item in plan.unwanted} >= set(PATHS)
    assert plan.restart == []


def test_the_unit_runs_etcdctl_as_the_operator():
    unit = next(item["content"] for item in plan_of(backup=WANTED, pki_dir="/pki").files if item["path"] == PATHS[1])
    line = next(line for line in unit.splitlines() if line.startswith("ExecStart="))
    words = shlex.split(line.partition("=")[2])
    assert words[:5] == [PATHS[0], "/var/lib/overlay-etcd/backup", "3", "600", "/flannel/network"]
    assert "--cert=/etc/etcd/pki/root.crt" in words and words[-1] == "--endpoints=https://192.0.2.11:2379"


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("/a/b", "/a/b"),
        ("NO_PROXY=*", "NO_PROXY=*"),
        ("a b", '"a b"'),
        ("50%", '"50%%"'),
        ("$x", '"$$x"'),
        ('"', '"\\""'),
        ("", '""'),
    ],
)
def test_words_of_a_unit(word, text):
    assert quoted(word) == text


REFUSED = {
    "unknown": ({"every": 1}, "etcd_backup = every: allowed: schedule, keep, dir"),
    "none kept": ({"keep": 0}, "etcd_backup.keep = 0"),
    "negative": ({"keep": -1}, "etcd_backup.keep = -1"),
    "no number": ({"keep": "all"}, "etcd_backup.keep = all"),
    "bool": ({"keep": True}, "etcd_backup.keep = True"),
    "relative": ({"dir": "backup"}, "etcd_backup.dir = backup: allowed: an absolute path"),
    "upwards": ({"dir": "/var/../etc"}, "etcd_backup.dir"),
    "one part": ({"dir": "/backup"}, "etcd_backup.dir"),
    "percent": ({"dir": "/var/%n"}, "etcd_backup.dir"),
    "data": ({"dir": "/var/lib/etcd/overlay"}, "allowed: a directory outside of etcd's own (/var/lib/etcd/overlay)"),
    "in data": ({"dir": "/var/lib/etcd/overlay/member/b"}, "allowed: a directory outside of etcd's own"),
    "two lines": ({"schedule": "daily\nExecStart=x"}, "etcd_backup.schedule"),
    "specifier": ({"schedule": "%H"}, "etcd_backup.schedule"),
    "empty": ({"schedule": ""}, "etcd_backup.schedule"),
}


@pytest.mark.parametrize("case", list(REFUSED))
def test_refused(case):
    given, said = REFUSED[case]
    found = refused(given)
    assert len(found) == 1 and said in found[0] and "Fix: " in found[0]


def test_beside_the_data_is_allowed():
    assert refused({"dir": "/var/lib/etcd/overlay-backup"}) == []


def test_what_systemd_says_of_the_schedule():
    facts = {**facts_of(HAS_DATA), "calendars": {"dayly": "Failed to parse", "daily": ""}}
    assert "(Failed to parse)" in refused({"schedule": "dayly"}, facts)[0]
    assert refused({"schedule": "daily"}, facts) == []


@pytest.mark.parametrize(
    ("there", "good"),
    [
        ({"type": "directory", "owner": "root", "mode": "0700"}, True),
        ({"type": "directory", "owner": "root", "mode": "0755"}, False),
        ({"type": "directory", "owner": "etcd", "mode": "0700"}, False),
        ({"type": "file", "owner": "root", "mode": "0700"}, False),
    ],
)
def test_a_directory_of_somebody_else(there, good):
    facts = facts_of({**HAS_DATA, "/srv/backup": {"exists": True, **there}})
    assert (refused({"dir": "/srv/backup"}, facts) == []) is good


def test_releases_without_flannels_keys_in_a_snapshot():
    assert "does not hold the keys of v2" in refused(WANTED, enable_v2=True)[0]
    file = {"install_method": "file", "file_dir": "/programs", "version": "2.3.8"}
    assert "etcd 2.3 has no snapshots" in refused(WANTED, **file)[0]


def test_no_other_change_while_a_restore_is_not_finished():
    facts = facts_of({**HAS_DATA, "/var/lib/overlay-etcd/restore-progress": {"exists": True, "type": "file"}})
    found = plan_of(facts, controller_of()).refusals
    assert len(found) == 1 and "run restore.yml again with the same snapshot" in found[0]


def cluster(*members, sizes=()):
    found = [
        {
            "name": name,
            "client_urls": [f"http://{name}:2379"],
            "learner": False,
            "leader": False,
            "healthy": True,
            **more,
        }
        for name, more in members
    ]
    return {"members": found, "endpoints": [{"url": f"http://{name}:2379", "db_size": size} for name, size in sizes]}


URLS = {f"http://{name}:2379": name for name in "abc"}
V3 = {"is_etcd_2": False, "uses_v2": False}
CHOICES = {
    "a follower before the leader": ([("a", {"leader": True}), ("b", {})], "b"),
    "the leader where it is alone": ([("a", {"leader": True})], "a"),
    "no learner": ([("a", {"learner": True}), ("b", {"leader": True})], "b"),
    "only a healthy one": ([("a", {"healthy": False}), ("b", {})], "b"),
    "health unknown": ([("a", {"healthy": None})], "a"),
    "none of another inventory": ([("x", {}), ("c", {})], "c"),
    "none": ([("a", {"healthy": False}), ("b", {"learner": True})], ""),
}


@pytest.mark.parametrize("case", list(CHOICES))
def test_the_member_that_makes_it(case):
    members, name = CHOICES[case]
    found = chosen(cluster(*members), URLS, V3)
    assert found["member"] == name and bool(found["refusal"]) is not bool(name)


def test_its_size():
    assert chosen(cluster(("a", {}), sizes=[("b", 1), ("a", 20480)]), URLS, V3)["size"] == 20480


def test_a_cluster_that_does_not_answer():
    found = chosen({"failed": True, "msg": "no endpoint answers", "causes": ["http://a:2379: refused"]}, URLS, V3)
    assert "http://a:2379: refused" in found["refusal"] and "Fix: " in found["refusal"]


def test_no_snapshot_of_v2():
    assert "keys of v2" in chosen(cluster(("a", {})), URLS, {**V3, "uses_v2": True})["refusal"]


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ({"failed": True, "msg": "no endpoint answers"}, []),
        ({"members": [], "leader": ""}, []),
        ({"members": [], "leader": "b"}, ["overlay_backup_survivor = a", "b leads now", "replace_member.yml"]),
    ],
)
def test_the_survivor_of_a_lost_quorum(info, words):
    """It need not answer: one that has been started since then answers nobody."""
    found = chosen(info, URLS, V3, "a")
    assert [word for word in words if word not in found["refusal"]] == []
    assert (found["member"], bool(found["lost"]), bool(found["refusal"])) == (
        ("", False, True) if words else ("a", True, False)
    )


def test_a_survivor_that_is_no_member():
    found = chosen({"failed": True}, URLS, V3, "z")
    assert found["refusal"].startswith("overlay_backup_survivor = z: allowed: a member whose host answers: a, b")


def test_members_of_a_cluster_that_does_not_list_them():
    text = members_text([{"name": "a", "peer_url": "https://a:2380"}, {"name": "b", "peer_url": "https://b:2380"}])
    assert json.loads(f"[{text}]") == [
        {"name": "a", "peerURLs": ["https://a:2380"]},
        {"name": "b", "peerURLs": ["https://b:2380"]},
    ]
