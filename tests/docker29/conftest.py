# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three hosts with docker 29, as the role has converged them, with containers on docker's own network and on two of the user."""

from __future__ import annotations

from typing import Iterator

import pytest
from backends import OTHERS, Docker
from containers import Probes
from fleet import Fleet
from labs import Lab
from neighbour import Neighbour

from playbooks import Playbooks, Run


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("runs"))
    yield lab
    lab("down")


@pytest.fixture(scope="session")
def converged(lab: Lab) -> tuple[Playbooks, Run]:
    """The hosts have the newest dockerd from the start; the role finds Debian's package with it."""
    _fleet, playbooks = lab.up(["sid", "sid", "sid"])
    lab("docker29")
    run = playbooks.site("--skip-tags", "verify")
    lab("image")
    return playbooks, run


@pytest.fixture(scope="session")
def playbooks(converged: tuple[Playbooks, Run]) -> Playbooks:
    return converged[0]


@pytest.fixture(scope="session")
def fleet(playbooks: Playbooks) -> Fleet:
    return Fleet(playbooks.inventory)


@pytest.fixture(scope="session")
def probes(fleet: Fleet) -> Iterator[Probes]:
    with Probes(fleet) as probes:
        yield probes


@pytest.fixture(scope="session")
def neighbour(fleet: Fleet) -> Iterator[Neighbour]:
    with Neighbour(fleet) as neighbour:
        yield neighbour


@pytest.fixture(scope="session")
def docker(fleet: Fleet, probes: Probes, neighbour: Neighbour) -> Docker:
    docker = Docker(fleet, probes, neighbour)
    for name in fleet:
        docker.make(name, OTHERS)
    return docker


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Add the state of every host to a failure."""
    report = (yield).get_result()
    docker = getattr(item, "funcargs", {}).get("docker")
    if report.when == "call" and report.failed and docker is not None:
        report.sections.extend(docker.fleet.evidence() + docker.rules())
