# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which members of etcd may leave, and in which order."""

from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.removal_etcd import in_order, leaving, refuse_leaving


def member(name, healthy=True, learner=False, number=1):
    return {
        "id": f"id-{name or number}",
        "name": name,
        "peer_urls": [f"https://192.0.2.{number}:2380"],
        "learner": learner,
        "healthy": healthy,
    }


def cluster(text):
    """`a b! c?`: b is not healthy, of c it is not known, d~ is a learner."""
    states = {"!": False, "?": None}
    return [
        member(word.strip("!?~"), states.get(word[-1], True), word.endswith("~"), number)
        for number, word in enumerate(text.split(), 1)
    ]


@pytest.mark.parametrize(
    ("text", "names", "allowed"),
    [
        ("a b c", "a", True),
        ("a b c!", "c", True),
        ("a b c!", "a", False),
        ("a b c?", "a", False),
        ("a b! c!", "b", False),
        ("a b", "b", True),
        ("a b!", "b", False),
        ("a b!", "a", False),
        ("a", "a", False),
        ("a b c", "a b", True),
        ("a b c", "a b c", False),
        ("a b c!", "b c", True),
        ("a b c d e!", "a e", True),
        ("a b c d! e!", "d e", True),
        ("a b c d! e!", "a d", True),
        ("a b c d! e!", "a b", False),
        ("a b~", "b", True),
        ("a b~", "a", False),
        ("a b c", "x", True),
    ],
)
def test_a_majority_before_and_after_each_step(text, names, allowed):
    members = cluster(text)
    goes = leaving(members, dict.fromkeys(names.split(), ()))
    assert [one["name"] for one in goes] == [name for name in names.split() if name != "x"]
    assert (list(refuse_leaving(members, goes, ["host"])) == []) is allowed


def test_the_refusal_names_who_is_ill():
    members = cluster("a b! c")
    text = next(iter(refuse_leaving(members, members[:1], ["b", "c"]))).to_text("b")
    assert "a, a member of etcd; not healthy: b" in text and "2 of 3 healthy, then 2 of 2" in text


def test_who_does_not_answer_leaves_first():
    assert [one["name"] for one in in_order(cluster("a b! c~"))] == ["c", "b", "a"]


def test_a_member_that_was_never_started_is_known_by_its_address():
    members = [member("a"), member("", healthy=False, number=2)]
    assert leaving(members, {"b": ["192.0.2.2"]}) == members[1:]
    assert leaving(members, {"b": ["192.0.2.1"]}) == []
