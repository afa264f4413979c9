# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A member of etcd with TLS gets two others; then the directory of certificates is lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from fleet import Fleet
from labs import Lab

from playbooks import Playbooks, Run, etcd_on

NAMES = ("flannel-1", "flannel-2", "flannel-3")
SECURED = "etcd: TLS and users"


def directory(playbooks: Playbooks) -> Path:
    return Path(json.loads(playbooks.inventory.read_text())["all"]["vars"]["overlay_pki_dir"])


def members(fleet: Fleet) -> list[str]:
    """Names of those that vote."""
    listed = json.loads(fleet.etcdctl("member list -w json"))["members"]
    return sorted(member["name"] for member in listed if not member.get("isLearner"))


@pytest.fixture(scope="module")
def founded(lab: Lab) -> tuple[Playbooks, Run]:
    _fleet, playbooks = lab.up(["trixie", "trixie", "sid"])
    playbooks = playbooks.changed(etcd_on(NAMES[0]))
    return playbooks, playbooks.site()


@pytest.fixture(scope="module")
def grown(founded: tuple[Playbooks, Run]) -> tuple[Playbooks, Run]:
    playbooks = founded[0].changed(etcd_on(*NAMES))
    return playbooks, playbooks.site()


@pytest.fixture(scope="module")
def fleet(grown: tuple[Playbooks, Run]) -> Fleet:
    return Fleet(grown[0].inventory)


def test_the_run_that_founds_it_says_how_etcd_is_protected(founded: tuple[Playbooks, Run]) -> None:
    run = founded[1]
    assert run.rc == 0 and SECURED in run.output


def test_others_join_by_tls(grown: tuple[Playbooks, Run], fleet: Fleet) -> None:
    """They have no certificate of the members when they ask whom they join."""
    playbooks, run = grown
    assert run.rc == 0 and "3 hosts, 3 healthy" in run.output
    assert members(fleet) == list(NAMES)
    again = playbooks.site()
    assert again.rc == 0 and again.changed == dict.fromkeys(NAMES, 0) and SECURED in again.output


def leader(fleet: Fleet) -> str:
    status = json.loads(fleet.etcdctl("endpoint status --cluster -w json"))[0]["Status"]
    listed = json.loads(fleet.etcdctl("member list -w json"))["members"]
    return str(next(member["name"] for member in listed if member["ID"] == status["leader"]))


def started_last(fleet: Fleet) -> str:
    """All hosts have the clock of this machine."""
    command = "systemctl show --property ExecMainStartTimestampMonotonic --value etcd"
    return max(NAMES, key=lambda name: int(fleet[name].check_output(command)))


@pytest.mark.parametrize("interval", [110, 120])
def test_the_leader_restarts_last(grown: tuple[Playbooks, Run], fleet: Fleet, interval: int) -> None:
    """Twice, because the first run moves leadership."""
    before = leader(fleet)
    run = grown[0].site(variables={"etcd_settings": {"heartbeat-interval": interval}})
    assert run.rc == 0 and started_last(fleet) == before != leader(fleet)


def test_a_host_that_is_only_a_member_has_its_row(grown: tuple[Playbooks, Run], fleet: Fleet) -> None:
    """Its etcd is missed by nobody as long as the others have the quorum."""

    def only_a_member(hosts: dict[str, Any]) -> None:
        for group in ("flannel", "docker"):
            del hosts["children"][group]["hosts"][NAMES[2]]

    playbooks = grown[0].changed(only_a_member)
    fleet[NAMES[2]].check_output("systemctl stop etcd")
    try:
        run = playbooks.run("playbooks/verify.yml")
    finally:
        fleet[NAMES[2]].check_output("systemctl start etcd")
    said = " ".join(run.output.split())
    assert run.rc != 0 and "3 hosts, 2 healthy, 1 not healthy" in said
    assert f"{NAMES[2]}: etcd is inactive (dead)" in said and "[etcd_not_active]" in said
    assert "3 hosts, 3 healthy" in playbooks.run("playbooks/verify.yml").output


def test_a_lost_directory_is_refused_and_begun_anew_as_the_documentation_says(
    grown: tuple[Playbooks, Run], fleet: Fleet
) -> None:
    playbooks = grown[0]
    before = {name: fleet.lease(name) for name in fleet}
    shutil.rmtree(directory(playbooks))
    refused = playbooks.site()
    assert refused.rc != 0 and "whose trust.crt has none of the authorities in" in " ".join(refused.output.split())
    assert not directory(playbooks).exists()
    for name in NAMES:
        fleet[name].check_output("systemctl stop etcd && rm -r /etc/etcd/pki /etc/flannel/pki")
    run = playbooks.site()
    assert run.rc == 0 and "3 hosts, 3 healthy" in run.output and SECURED in run.output
    assert {name: fleet.lease(name) for name in fleet} == before
    again = playbooks.site()
    assert again.rc == 0 and again.changed == dict.fromkeys(NAMES, 0)
