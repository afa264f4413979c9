# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three members of Debian 12's etcd 3.4 become 3.7, one minor release after the other, while they are used."""

from __future__ import annotations

import pytest
from fleet import Fleet
from labs import Lab
from releases import NAMES, PACKAGE, release, running, started
from writers import Writers

from playbooks import Playbooks, etcd_on

ELECTION = 4000  # milliseconds: a restart may take the leader away


@pytest.fixture(scope="module")
def playbooks(lab: Lab) -> Playbooks:
    _fleet, playbooks = lab.up(["bookworm", "bookworm", "bookworm"])
    playbooks = playbooks.changed(etcd_on(*NAMES))
    assert playbooks.site(variables=PACKAGE).rc == 0
    return playbooks


@pytest.fixture(scope="module")
def fleet(playbooks: Playbooks) -> Fleet:
    return Fleet(playbooks.inventory)


def test_no_release_is_skipped(playbooks: Playbooks, fleet: Fleet) -> None:
    before = started(fleet)
    run = playbooks.site(variables=release("3.6.14"))
    assert run.rc != 0 and "(3.4 -> 3.5 -> 3.6)" in " ".join(run.output.split())
    assert started(fleet) == before and not fleet[fleet.first].file("/usr/local/bin/etcd").exists


@pytest.mark.parametrize("version", ["3.5.35", "3.6.14", "3.7.3"])
def test_the_next_release(playbooks: Playbooks, fleet: Fleet, version: str) -> None:
    """The log of 3.6 still holds what 3.5 wrote, which 3.7 cannot read: the role has it dropped first."""
    leases = {name: fleet.lease(name) for name in fleet}
    with Writers(fleet, ELECTION, f"etcd becomes {version}") as writers:
        run = playbooks.site(variables=release(version))
    assert run.rc == 0 and "3 hosts, 3 healthy" in run.output
    assert running(fleet) == [version] * 3
    assert {name: count.failed for name, count in writers.counts.items()} == dict.fromkeys(NAMES, 0)
    assert [count for count in writers.counts.values() if count.done < 20] == []
    assert writers.lost_pings == 0
    assert {name: fleet.lease(name) for name in fleet} == leases
    for name in NAMES:
        assert not fleet[name].file("/var/lib/overlay-etcd/rehearsal").exists
    again = playbooks.site(variables=release(version))
    assert again.rc == 0 and again.changed == dict.fromkeys(NAMES, 0)


def test_back_to_the_release_before_needs_a_word_to_etcd(playbooks: Playbooks, fleet: Fleet) -> None:
    before = started(fleet)
    run = playbooks.site(variables=release("3.6.14"))
    assert run.rc != 0 and "etcdctl downgrade enable 3.6, then run again" in " ".join(run.output.split())
    assert started(fleet) == before
