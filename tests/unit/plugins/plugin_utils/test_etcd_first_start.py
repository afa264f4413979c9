# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a member starts for the first time."""

from __future__ import annotations

import pytest
from etcd_member import DATA, member

from ansible_collections.overlay.flannel.plugins.filter import etcd_first_start as filter_file

decide = filter_file.FilterModule().filters()["etcd_first_start"]
PEERS = [f"http://192.0.2.{number}:2380" for number in (11, 12, 13)]
JOINS = {"state": "existing", "joins": True, "cluster": ""}


def plan_of(own, *others, learners=True):
    asks = [] if own["data"] else [other for other in others if other["data"]]
    members = [own, *others]
    names = [one["name"] for one in members]
    version = "3.6" if learners else "2.3"
    more = {"learners": learners, "version": version, "names": names, "data_dir": DATA}
    return {"member": own, "members": members, "ask_members": asks, "operator": "", **more}


def entry(number, name="", clients=True, identity=255):
    """A member as a member with data lists it."""
    found = {"id": identity, "name": name, "peerURLs": [PEERS[number]]}
    return {**found, "clientURLs": ["http://x"]} if clients else found


def answers(*listed):
    return [{"status": -1, "msg": "Status code was -1: refused"}, {"status": 200, "json": list(listed)}]


ONE, TWO, THREE = member("one", 11), member("two", 12, data=True), member("three", 13, data=True)
ALL = ",".join(f"{name}={url}" for name, url in zip(["one", "two", "three"], PEERS))
NEW = plan_of(ONE, TWO, THREE)
OLD = plan_of(ONE, TWO, THREE, learners=False)


def test_nobody_has_data():
    plan = plan_of(ONE, member("two", 12), member("three", 13))
    assert decide(plan) == {"start": {"state": "new", "joins": False, "cluster": ALL}, "refusal": ""}


def test_a_learner_goes_on():
    assert decide(plan_of({**ONE, "data": True}, TWO)) == {"start": JOINS, "refusal": ""}


@pytest.mark.parametrize("others", [(), (entry(0, clients=False),)], ids=["unknown", "added"])
def test_a_new_member_joins(others):
    found = decide(NEW, answers(entry(1, "two"), entry(2, "three"), *others))
    assert found == {"start": JOINS, "refusal": ""}


def test_a_founder_that_has_never_started_takes_its_place():
    found = decide(NEW, answers(entry(0, "one", clients=False), entry(1, "two"), entry(2, "three")))
    assert found == {"start": {"state": "new", "joins": False, "cluster": ALL}, "refusal": ""}


@pytest.mark.parametrize("plan", [NEW, OLD])
def test_a_member_that_lost_its_data_is_refused(plan):
    refusal = decide(plan, answers(entry(0, "one"), entry(1, "two"), entry(2, "three")))["refusal"]
    assert refusal.startswith(f"one: etcd_data_dir = {DATA} is empty, but the cluster has this member with data")
    assert "ETCDCTL_ENDPOINTS=http://192.0.2.12:2379 etcdctl member remove ff, then run again" in refusal
    assert ("adds the member as a new one" in refusal) is plan["learners"]


def test_it_is_known_by_its_name_where_it_has_another_address():
    moved = {**entry(0, "one"), "peerURLs": ["http://192.0.2.99:2380"], "id": "ab"}
    assert "member remove ab, then" in decide(NEW, answers(moved, entry(1, "two")))["refusal"]


@pytest.mark.parametrize(
    "answer", [{}, {"json": {"message": "no"}}, {"json": []}, {"json": [{"peerURLs": []}]}, {"json": ["x"]}]
)
def test_a_silent_cluster_is_refused(answer):
    refusal = decide(NEW, [{"msg": "refused", **answer}, {"msg": "refused"}])["refusal"]
    assert refusal.startswith(
        "one: etcd_members = two, three have data, but none of them answers at http://192.0.2.12:2380, http://192.0.2.13:2380: refused. Fix:"
    )


def test_etcd_2_has_no_learners():
    refusal = decide(OLD, answers(entry(1, "two"), entry(2, "three")))["refusal"]
    assert refusal.startswith(
        "one: etcd_members = one, two, three: allowed: the members that have founded the cluster, because etcd 2.3 has no"
    )
    assert "etcdctl member add one http://192.0.2.11:2380 on a member" in refusal


def test_a_member_of_etcd_2_that_a_person_has_added_only_starts():
    found = decide(OLD, answers(entry(1, "two"), entry(2, "three"), entry(0, clients=False)))
    cluster = f"two={PEERS[1]},three={PEERS[2]},one={PEERS[0]}"
    assert found == {"start": {"state": "existing", "joins": False, "cluster": cluster}, "refusal": ""}
    two_unnamed = decide(OLD, answers(entry(1, "two"), entry(2, clients=False), entry(0, clients=False)))
    assert "no learners" in two_unnamed["refusal"]


def test_after_it_was_added_it_starts_with_the_list_of_then():
    listed = [
        {"ID": 1, "name": "two", "peerURLs": [PEERS[1]]},
        {"ID": 2, "peerURLs": [PEERS[0], "http://x"], "isLearner": True},
    ]
    assert decide(NEW, members=listed) == {
        "start": {"state": "existing", "joins": True, "cluster": f"two={PEERS[1]},one={PEERS[0]}"},
        "refusal": "",
    }
