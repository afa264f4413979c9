# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the whole stack: a converged fleet, the playbooks, containers, and a neighbour outside the overlay.

OVERLAY_INVENTORY names the fleet's inventory; `site.yml` has been run on it. A test may break a host, and mends it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Iterator

import pytest
from containers import Probes
from fleet import Fleet
from neighbour import Neighbour

from playbooks import Playbooks


@pytest.fixture(scope="session")
def inventory() -> Path:
    return Path(os.environ["OVERLAY_INVENTORY"])


@pytest.fixture(scope="session")
def fleet(inventory: Path) -> Fleet:
    return Fleet(inventory)


@pytest.fixture(scope="session")
def playbooks(inventory: Path, tmp_path_factory: pytest.TempPathFactory) -> Playbooks:
    return Playbooks(inventory, tmp_path_factory.mktemp("playbooks"))


@pytest.fixture(scope="session")
def probes(fleet: Fleet) -> Iterator[Probes]:
    with Probes(fleet) as probes:
        yield probes


@pytest.fixture(scope="session")
def neighbour(fleet: Fleet) -> Iterator[Neighbour]:
    """Root puts it on the bridge; machines of a provider that has no bridge, or of another user, do without it."""
    if os.geteuid() != 0:
        pytest.skip("only root can put a machine beside the hosts")
    if not Neighbour.possible(fleet):
        pytest.skip("no bridge of this machine carries the hosts")
    with Neighbour(fleet) as neighbour:
        yield neighbour


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Add what an operator needs to a failure: the state of every host."""
    outcome = yield
    report = outcome.get_result()
    fleet = getattr(item, "funcargs", {}).get("fleet")
    if report.when == "call" and report.failed and fleet is not None:
        report.sections.extend(fleet.evidence())
