# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""upgrade.yml takes three members of Debian 12's etcd 3.4 to 3.7 in one run, while they are used."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fleet import Fleet
from labs import Lab
from releases import NAMES, PACKAGE, release, running, started
from writers import Writers

from playbooks import Change, Playbooks, etcd_on

ELECTION = 4000  # milliseconds: a restart may take the leader away
WAY = "etcd: 3.4.23 -> 3.5.35 -> 3.6.14 -> 3.7.3"


def given(**variables: Any) -> Change:
    """In the inventory, where a user would write them."""

    def change(hosts: dict[str, Any]) -> None:
        hosts.setdefault("vars", {}).update(variables)

    return change


def step(version: str) -> dict[str, str]:
    return {name: value for name, value in release(version).items() if name != "etcd_install_method"}


@pytest.fixture(scope="module")
def old(lab: Lab) -> Playbooks:
    _fleet, playbooks = lab.up(["bookworm", "bookworm", "bookworm"])
    playbooks = playbooks.changed(etcd_on(*NAMES))
    assert playbooks.site(variables=PACKAGE).rc == 0
    return playbooks


@pytest.fixture(scope="module")
def playbooks(old: Playbooks) -> Playbooks:
    return old.changed(given(**release("3.7.3"), etcd_upgrade_path=[step("3.5.35"), step("3.6.14")]))


@pytest.fixture(scope="module")
def fleet(playbooks: Playbooks) -> Fleet:
    return Fleet(playbooks.inventory)


def nothing_has_changed(fleet: Fleet, before: dict[str, str]) -> None:
    assert started(fleet) == before
    for name in NAMES:
        assert not fleet[name].file("/usr/local/bin/etcd").exists
        assert not fleet[name].file("/var/lib/overlay-etcd/rehearsal").exists


def test_a_gap_is_refused(old: Playbooks, fleet: Fleet) -> None:
    before = started(fleet)
    run = old.changed(given(**release("3.7.3"), etcd_upgrade_path=[step("3.6.14")])).run("playbooks/upgrade.yml")
    said = " ".join(run.output.split())
    assert run.rc != 0 and "etcd_upgrade_path = [3.6.14]: allowed: a release of 3.5" in said
    nothing_has_changed(fleet, before)


def test_extra_variables_are_refused(playbooks: Playbooks, fleet: Fleet) -> None:
    before = started(fleet)
    run = playbooks.run("playbooks/upgrade.yml", variables=release("3.7.3"))
    assert run.rc != 0 and "in the inventory only" in " ".join(run.output.split())
    nothing_has_changed(fleet, before)


def test_a_dry_run_shows_the_way_and_tries_the_first_step(playbooks: Playbooks, fleet: Fleet) -> None:
    before = started(fleet)
    run = playbooks.run("playbooks/upgrade.yml", "--check")
    assert run.rc == 0 and WAY in run.output
    assert "Start it on a copy of this member's data" in run.output
    nothing_has_changed(fleet, before)


def test_the_whole_way(playbooks: Playbooks, fleet: Fleet) -> None:
    leases = {name: fleet.lease(name) for name in fleet}
    with Writers(fleet, ELECTION, "upgrade.yml takes etcd from 3.4 to 3.7") as writers:
        run = playbooks.run("playbooks/upgrade.yml")
    assert run.rc == 0 and WAY in run.output
    assert running(fleet) == ["3.7.3"] * 3
    assert re.findall(r"(flannel-\d): (/var/lib/overlay-etcd/backup/\S+[.]db): revision", run.output) != []
    assert {name: count.failed for name, count in writers.counts.items()} == dict.fromkeys(NAMES, 0)
    assert [count for count in writers.counts.values() if count.done < 20] == []
    assert writers.lost_pings == 0
    assert {name: fleet.lease(name) for name in fleet} == leases


def test_again(playbooks: Playbooks) -> None:
    run = playbooks.run("playbooks/upgrade.yml")
    assert run.rc == 0 and run.changed == dict.fromkeys(NAMES, 0)
    assert "etcd: 3.7.3" in run.output and "3 hosts, 3 healthy" in run.output
