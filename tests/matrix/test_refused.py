# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs that cannot work: the run ends with the reason, and the hosts are as bare as before."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any, Callable

import pytest
from cells import DOCKERS, REFUSED, Refused
from fleet import Fleet
from labs import Lab, foreign_etcd, mark, touched, variables_of
from report import Result

from playbooks import Playbooks

LOOKING = {"overlay.flannel.host_info", "ansible.builtin.uri"}


@pytest.fixture(scope="session")
def bare(lab: Lab) -> tuple[Fleet, Playbooks]:
    """One fleet for all: each cell has to leave it as bare as it was."""
    return lab.up(list(dict.fromkeys(DOCKERS.values())))


@pytest.mark.parametrize("cell", REFUSED, ids=str)
def test_refused(
    cell: Refused,
    bare: tuple[Fleet, Playbooks],
    lab: Lab,
    step: Callable[[str], Any],
    result: Result,
    tmp_path: Path,
) -> None:
    fleet, playbooks = bare
    mark(fleet)
    with step("site.yml"), contextlib.ExitStack() as stack:
        if cell.foreign:
            url = stack.enter_context(foreign_etcd(cell.foreign, lab.net, tmp_path / "etcd"))
            playbooks = without_etcd(playbooks, url, tmp_path)
        run = playbooks.site(variables=variables_of(cell))
    assert run.rc != 0
    assert run.changed and set(run.changed.values()) == {0}
    assert {module for modules in run.modules.values() for module in modules} <= LOOKING
    said = " ".join(run.output.split())
    assert [word for word in cell.words if word not in said] == []
    with step("look at the hosts"):
        assert touched(fleet) == {}


def without_etcd(playbooks: Playbooks, url: str, folder: Path) -> Playbooks:
    """The same hosts, with an etcd that is not ours."""
    hosts = json.loads(playbooks.inventory.read_text())
    hosts["all"]["children"]["etcd"]["hosts"] = {}
    hosts["all"]["vars"]["overlay_etcd_endpoints"] = [url]
    (folder / "inventory.json").write_text(json.dumps(hosts))
    return Playbooks(folder / "inventory.json", folder)
