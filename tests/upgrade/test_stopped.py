# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster that does not run tells no version: what counts is whether a release serves its data."""

from __future__ import annotations

import pytest
from fleet import Fleet
from labs import Lab
from releases import NAMES, release, running

from playbooks import Playbooks, etcd_on

PROGRAM = "/usr/local/bin/etcd"


@pytest.fixture(scope="module")
def playbooks(lab: Lab) -> Playbooks:
    _fleet, playbooks = lab.up(["trixie"])
    playbooks = playbooks.changed(etcd_on(NAMES[0]))
    assert playbooks.site(variables=release("3.5.35")).rc == 0
    return playbooks


def test_no_release_is_skipped(playbooks: Playbooks) -> None:
    host = Fleet(playbooks.inventory)[NAMES[0]]
    host.check_output("systemctl stop etcd")
    run = playbooks.site(variables=release("3.7.3"))
    assert run.rc != 0 and "this member's data, whose etcd does not run. Nothing was changed." in " ".join(
        run.output.split()
    )
    assert "etcd Version: 3.5.35" in host.check_output(f"{PROGRAM} --version")
    assert host.run("systemctl is-active etcd").stdout.strip() == "inactive"
    assert not host.file("/var/lib/overlay-etcd/rehearsal").exists


def test_the_next_release_starts(playbooks: Playbooks) -> None:
    run = playbooks.site(variables=release("3.6.14"))
    assert run.rc == 0 and running(Fleet(playbooks.inventory)) == ["3.6.14"]
