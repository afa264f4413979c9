# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A full etcd of three members comes back, and one that is at work is defragmented while clients write."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fleet import Fleet
from labs import Lab
from writers import Writers

from playbooks import Playbooks, etcd_on

NAMES = ("flannel-1", "flannel-2", "flannel-3")
PLAYBOOK = "playbooks/defrag.yml"
QUOTA = 64 << 20
VARIABLES = {"etcd_settings": {"quota-backend-bytes": QUOTA}}
# One key again and again, 1 MB each: all but its last value is history.
FILL = """bash -l <<'END'
export ETCDCTL_CERT=/etc/etcd/pki/root.crt ETCDCTL_KEY=/etc/etcd/pki/root.key
head -c 1000000 /dev/zero | tr '\\0' x >/run/value
for i in $(seq {times}); do
  ! etcdctl alarm list 2>/dev/null | grep -q NOSPACE || break
  etcdctl put /overlay-test </run/value >/dev/null 2>&1 || :
done
END"""


@pytest.fixture(scope="module")
def playbooks(lab: Lab) -> Playbooks:
    _fleet, playbooks = lab.up(["trixie", "trixie", "trixie"])
    playbooks = playbooks.changed(etcd_on(*NAMES))
    assert playbooks.site(variables=VARIABLES).rc == 0
    return playbooks


@pytest.fixture(scope="module")
def fleet(playbooks: Playbooks) -> Fleet:
    return Fleet(playbooks.inventory)


def fill(fleet: Fleet, times: int) -> None:
    fleet[NAMES[0]].check_output(FILL.format(times=times))
    assert min(sizes(fleet)) > min(times * 1000000, QUOTA) * 0.8


def states(fleet: Fleet) -> list[dict[str, Any]]:
    return [one["Status"] for one in json.loads(fleet.etcdctl("endpoint status --cluster -w json"))]


def sizes(fleet: Fleet) -> list[int]:
    return [state["dbSize"] for state in states(fleet)]


def test_the_history_has_an_end_by_default(fleet: Fleet) -> None:
    for name in fleet:
        said = fleet[name].check_output(
            'journalctl -u etcd -o cat | grep -o \'"auto-compaction-retention":"[^"]*"\' | tail -n 1'
        )
        assert said == '"auto-compaction-retention":"24h0m0s"'


def test_a_full_etcd_comes_back(fleet: Fleet, playbooks: Playbooks) -> None:
    leases = {name: fleet.lease(name) for name in fleet}
    fill(fleet, 200)
    verify = playbooks.verify()
    assert (
        verify.rc != 0
        and "[etcd_alarm]" in verify.output
        and "overlay.flannel.defrag" in " ".join(verify.output.split())
    )
    dry = playbooks.run(PLAYBOOK, "--check", variables=VARIABLES)
    said = " ".join(dry.output.split())
    assert dry.rc == 0 and "The alarm NOSPACE is taken back" in said and "the leader" in said
    assert min(sizes(fleet)) > QUOTA / 2
    run = playbooks.run(PLAYBOOK, variables=VARIABLES)
    assert run.rc == 0 and "3 hosts, 3 healthy" in run.output
    assert max(sizes(fleet)) < 8 << 20
    fleet.etcdctl("put /overlay-test again")
    assert {name: fleet.lease(name) for name in fleet} == leases


def test_an_etcd_at_work_is_defragmented(fleet: Fleet, playbooks: Playbooks) -> None:
    """Each member answers nobody for a moment, so whoever has asked it waits; the containers' packets do not notice."""
    fill(fleet, 40)
    with Writers(fleet, 10000, "defrag.yml, databases of 40 MB") as writers:
        run = playbooks.run(PLAYBOOK, variables=VARIABLES)
    assert run.rc == 0 and "3 hosts, 3 healthy" in run.output
    assert max(sizes(fleet)) < 8 << 20
    assert {name: count.failed for name, count in writers.counts.items()} == dict.fromkeys(NAMES, 0)
    assert writers.lost_pings == 0


def test_while_a_member_is_down_nothing_is_touched(fleet: Fleet, playbooks: Playbooks) -> None:
    fill(fleet, 20)
    before = min(sizes(fleet))
    fleet[NAMES[1]].check_output("systemctl stop etcd")
    run = playbooks.run(PLAYBOOK, variables=VARIABLES)
    fleet[NAMES[1]].check_output("systemctl start etcd")
    assert run.rc != 0 and f"{NAMES[1]}: not healthy. Allowed: all members healthy" in " ".join(run.output.split())
    assert min(sizes(fleet)) >= before
