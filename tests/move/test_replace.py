# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each of three members of etcd is replaced by a new one, while the cluster is used."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest
from fleet import Fleet, wait_for
from labs import Lab
from writers import Writers

from playbooks import Playbooks, Run, etcd_on

NAMES = ("flannel-1", "flannel-2", "flannel-3")
DATA = "/var/lib/etcd/overlay"
ELECTION = 4000  # milliseconds: the leader may be the one that goes
PLAYBOOK = "playbooks/replace_member.yml"


def replace(playbooks: Playbooks, name: str, *args: str) -> Run:
    return playbooks.run(PLAYBOOK, *args, variables={"overlay_replace_member": name})


def lose_data(fleet: Fleet, name: str) -> None:
    """Its disk is another one. It may have been the leader: the election is not what is measured."""
    fleet[name].check_output(f"systemctl kill --signal KILL etcd; systemctl stop etcd; rm -r {DATA}/member")
    other = fleet[next(one for one in NAMES if one != name)]
    health = "bash -lc 'etcdctl endpoint health'"
    wait_for(lambda: other.run(health).rc, lambda rc: rc == 0, 30, "the others have a leader")


def leave_alone(_fleet: Fleet, _name: str) -> None:
    """It is healthy."""


def voters(fleet: Fleet) -> dict[str, int]:
    """Names and IDs."""
    listed = json.loads(fleet.etcdctl("member list -w json"))["members"]
    return {member["name"]: member["ID"] for member in listed if not member.get("isLearner")}


def leader(fleet: Fleet) -> str:
    """As each member says of itself."""
    ids = {number: name for name, number in voters(fleet).items()}
    status: list[dict[str, Any]] = json.loads(fleet.etcdctl("endpoint status --cluster -w json"))
    return ids[status[0]["Status"]["leader"]]


@pytest.fixture(scope="module")
def playbooks(lab: Lab) -> Playbooks:
    _fleet, playbooks = lab.up(["trixie", "trixie", "trixie"])
    playbooks = playbooks.changed(etcd_on(*NAMES))
    assert playbooks.site().rc == 0
    return playbooks


@pytest.fixture(scope="module")
def fleet(playbooks: Playbooks) -> Fleet:
    return Fleet(playbooks.inventory)


def test_a_name_that_is_no_member_is_refused(playbooks: Playbooks) -> None:
    run = replace(playbooks, "flannel-9")
    said = " ".join(run.output.split())
    assert run.rc != 0 and "overlay_replace_member = flannel-9: allowed: one of flannel-1, flannel-2, flannel-3" in said


def test_while_another_member_is_down_nothing_is_touched(playbooks: Playbooks, fleet: Fleet) -> None:
    before = voters(fleet)
    fleet[NAMES[1]].check_output("systemctl stop etcd")
    run = replace(playbooks, NAMES[2])
    assert run.rc != 0 and f"repair {NAMES[1]} first" in " ".join(run.output.split())
    fleet[NAMES[1]].check_output("systemctl start etcd")
    assert voters(fleet) == before
    assert fleet[NAMES[2]].file(f"{DATA}/member").exists


def test_a_dry_run_shows_what_will_be_done(playbooks: Playbooks, fleet: Fleet) -> None:
    before = voters(fleet)
    run = replace(playbooks, NAMES[0], "--check")
    said = " ".join(run.output.split())
    assert run.rc == 0 and f"removes the member {before[NAMES[0]]:x} from the cluster" in said
    assert voters(fleet) == before


@pytest.mark.parametrize(
    ("what", "prepare"), [("the leader", leave_alone), ("a member without data", lose_data), ("the first", lose_data)]
)
def test_a_member_is_replaced(
    playbooks: Playbooks, fleet: Fleet, what: str, prepare: Callable[[Fleet, str], None]
) -> None:
    was_leader = leader(fleet)
    chosen = {"the leader": was_leader, "the first": NAMES[0]}
    name = chosen.get(what) or next(one for one in NAMES[1:] if one != was_leader)
    before, leases = voters(fleet), {one: fleet.lease(one) for one in fleet}
    others = [one for one in NAMES if one != name]
    prepare(fleet, name)
    with Writers(fleet, ELECTION, f"replace_member.yml: {what}") as writers:
        run = replace(playbooks, name)
    after = voters(fleet)
    assert run.rc == 0 and "3 hosts, 3 healthy" in run.output
    assert sorted(after) == sorted(NAMES) and after[name] != before[name]
    assert {one: after[one] for one in others} == {one: before[one] for one in others}
    assert {one: writers.counts[one].failed for one in others} == dict.fromkeys(others, 0)
    assert [one for one in others if writers.counts[one].done < 20] == []
    assert writers.lost_pings == 0
    assert {one: fleet.lease(one) for one in fleet} == leases


def test_again_nothing_is_left_to_do(playbooks: Playbooks) -> None:
    again = playbooks.site()
    assert again.rc == 0 and again.changed == dict.fromkeys(NAMES, 0)
