# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a member of etcd can be replaced, and how."""

from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_replacement import replacement_of

NAMES = ["one", "two", "three"]


def member(number, healthy=True, learner=False, name=None, leader=False):
    return {
        "leader": leader,
        "id": f"{number}{number}",
        "name": NAMES[number] if name is None else name,
        "peer_urls": [f"https://192.0.2.1{number}:2380"],
        "healthy": healthy,
        "learner": learner,
    }


def info(*members, leader="two"):
    return {"members": list(members), "leader": leader}


ALL = info(member(0), member(1), member(2))


def found(state=ALL, name="one", names=NAMES, answering=None, data=True, learners=True, silent=()):
    """`silent` members get no answer from etcd."""
    hostvars = {
        one: {
            "__etcd_plan": {
                "member": {
                    "name": one,
                    "peer_url": f"https://192.0.2.1{number}:2380",
                    "endpoint": f"https://192.0.2.1{number}:2379",
                    "data": data,
                },
                "data_dir": "/var/lib/etcd/overlay",
                "learners": learners,
            },
            "overlay_etcd_state": {"msg": "etcd does not answer", "failed": True} if one in silent else state,
        }
        for number, one in enumerate(names)
    }
    return replacement_of(names, hostvars, names if answering is None else answering, name)


def test_a_healthy_member():
    plan = found()
    assert plan == {
        "asker": "two",
        "remove": "00",
        "heir": "",
        "leader": "",
        "retire": True,
        "text": "one: two removes the member 00 from the cluster; one stops etcd and keeps its data beside /var/lib/etcd/overlay;"
        " site.yml adds it as a learner, and promotes it when it has caught up",
        "refusals": [],
    }


def test_a_leader_lets_another_one_lead_first():
    plan = found(info(member(0, leader=True), member(1), member(2), leader="one"), silent=["two"])
    assert (plan["asker"], plan["heir"], plan["leader"]) == ("three", "22", "https://192.0.2.10:2379")
    assert plan["text"].startswith("one: three becomes the leader; three removes the member 00")


@pytest.mark.parametrize(
    ("state", "data", "remove", "retire"),
    [
        (info(member(0, healthy=False), member(1), member(2)), False, "00", False),
        (info(member(1), member(2)), True, "", True),
        (info(member(1), member(2)), False, "", False),
        (info(member(0, healthy=None, learner=True, name=""), member(1), member(2)), True, "00", True),
    ],
    ids=[
        "its data are lost",
        "a killed run: removed",
        "a killed run: removed and put aside",
        "a killed run: a learner",
    ],
)
def test_from_what_is_there(state, data, remove, retire):
    plan = found(state, data=data, silent=["one"])
    assert (plan["refusals"], plan["remove"], plan["retire"]) == ([], remove, retire)


def test_who_asks_is_one_that_sees_a_leader():
    assert found(silent=["two"])["asker"] == "three"
    assert found(answering=["one", "three"])["asker"] == "three"


def test_two_members_that_live():
    assert found(info(member(0), member(1)), names=NAMES[:2])["refusals"] == []


@pytest.mark.parametrize(
    ("options", "allowed", "fix"),
    [
        (
            {"name": ""},
            "overlay_replace_member = (empty): allowed: one of one, two, three",
            "-e overlay_replace_member",
        ),
        ({"name": "four"}, "overlay_replace_member = four: allowed: one of", "-e overlay_replace_member"),
        ({"names": ["one"]}, "a cluster that has others", "restore.yml"),
        ({"answering": ["two", "three"]}, "a host that answers", "remove.yml"),
        ({"learners": False}, "etcd 3.4 or newer", "by hand"),
        (
            {"silent": ["one", "two", "three"]},
            "have a leader",
            "two: etcd does not answer; three: etcd does not answer",
        ),
        ({"state": info(member(0), member(1), member(2), leader="")}, "have a leader", "two: no leader"),
        (
            {"state": info(member(0), member(1), member(2, healthy=False))},
            "all other members are healthy",
            "repair three first",
        ),
        ({"state": info(member(0), member(1), member(2, learner=True))}, "no other member is a learner", "site.yml"),
        (
            {"state": info(member(0, healthy=False), member(1)), "names": NAMES[:2]},
            "the others are a majority without it",
            "start etcd on one",
        ),
    ],
)
def test_refused(options, allowed, fix):
    plan = found(**options)
    (text,) = plan["refusals"]
    assert allowed in text and fix in text.partition("Fix: ")[2]
    assert (plan["asker"], plan["remove"], plan["retire"]) == ("", "", False)
