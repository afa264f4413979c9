# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster on Debian 13's etcd 3.5.16 has in its log keeps 3.6 from starting, though no version says so: it is told before anything is changed."""

from __future__ import annotations

import json

import pytest
from fleet import Fleet
from labs import Lab
from releases import NAMES, PACKAGE, release, running, started

from playbooks import Playbooks, etcd_on

V2 = "env -u ETCDCTL_CACERT -u ETCDCTL_CERT -u ETCDCTL_KEY -u ETCDCTL_ENDPOINTS ETCDCTL_API=2 etcdctl"


@pytest.fixture(scope="module")
def alone(lab: Lab) -> Playbooks:
    """One member that serves the v2 API."""
    _fleet, playbooks = lab.up(["trixie", "trixie", "trixie"])
    playbooks = playbooks.changed(etcd_on(NAMES[0]))
    variables = {**PACKAGE, "etcd_enable_v2": True, "overlay_etcd_tls": False}
    assert playbooks.site(variables=variables).rc == 0
    return playbooks


@pytest.fixture(scope="module")
def plain() -> dict[str, bool]:
    return {"overlay_etcd_tls": False}


def refused(playbooks: Playbooks, fleet: Fleet, variables: dict[str, object], words: str) -> None:
    before, programs = started(fleet), running(fleet)
    run = playbooks.site(variables=variables)
    assert run.rc != 0 and words in " ".join(run.output.split())
    assert started(fleet) == before and running(fleet) == programs
    for name in fleet.members:
        assert not fleet[name].file("/usr/local/bin/etcd").exists
        assert not fleet[name].file("/var/lib/overlay-etcd/rehearsal").exists


def test_writes_of_v2(alone: Playbooks, plain: dict[str, bool]) -> None:
    """Also deleted ones, as long as no snapshot of the log was made since. Then the fix, as it is told."""
    fleet = Fleet(alone.inventory)
    host = fleet[fleet.first]
    url = f"http://{fleet.address(fleet.first)}:2379"
    host.check_output(f"{V2} --endpoints={url} set /somebody here && {V2} --endpoints={url} set /left/behind here")
    host.check_output(f"{V2} --endpoints={url} rm /somebody")
    refused(
        alone, fleet, {**release("3.6.14"), **plain}, "writes of the v2 API, which etcd keeps until its next snapshot"
    )
    fix = {"etcd_enable_v2": True, "etcd_settings": {"snapshot-count": 1}}
    assert alone.site(variables={**PACKAGE, **plain, **fix}).rc == 0
    host.check_output(f"{V2} --endpoints={url} rm --recursive /left")
    for number in range(2):
        fleet.etcdctl(f"put /written {number}")
    assert alone.site(variables={**PACKAGE, **plain}).rc == 0


def test_members_that_joined_as_learners(alone: Playbooks, plain: dict[str, bool]) -> None:
    playbooks = alone.changed(etcd_on(*NAMES))
    grown = playbooks.site(variables={**PACKAGE, **plain})
    fleet = Fleet(playbooks.inventory)
    assert grown.rc == 0 and running(fleet) == ["3.5.16"] * 3
    listed = json.loads(fleet.etcdctl("member list -w json"))["members"]
    assert len(listed) == 3 and not any(member.get("isLearner") for member in listed)
    refused(playbooks, fleet, {**release("3.6.14"), **plain}, "set etcd_version to a release of 3.5 from 3.5.26 on")
    for version in ("3.5.35", "3.6.14"):
        run = playbooks.site(variables={**release(version), **plain})
        assert run.rc == 0 and running(fleet) == [version] * 3
