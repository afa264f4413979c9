# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order running members of etcd restart."""

from __future__ import annotations

import json

import pytest

from ansible_collections.overlay.flannel.plugins.filter import etcd_turns as filter_file

turns = filter_file.FilterModule().filters()["etcd_turns"]
LEADER = 11


def plan(name, must_restart=True):
    return {"member": {"name": name}, "must_restart": must_restart}


def status(member):
    return {"stdout": json.dumps([{"Status": {"header": {"member_id": member}, "leader": LEADER}}])}


def test_the_leader_comes_last():
    assert turns([plan("a"), plan("b"), plan("c")], [status(LEADER), status(2), status(3)]) == ["b", "c", "a"]


def test_only_those_that_must_restart():
    assert turns([plan("a"), plan("b", False), plan("c")], [status(1), status(LEADER), status(3)]) == ["a", "c"]


@pytest.mark.parametrize(
    "answer",
    [{}, {"stdout": ""}, {"stdout": "Incorrect Usage."}, {"stdout": "[]"}, {"stdout": "null"}, {"stdout": "[{}]"}],
    ids=["skipped", "no answer", "etcd 2", "no member", "an old etcdctl", "no status"],
)
def test_without_a_leader_the_order_stays(answer):
    assert turns([plan("a"), plan("b")], [answer, answer]) == ["a", "b"]
    assert turns([plan("a"), plan("b")], []) == ["a", "b"]
