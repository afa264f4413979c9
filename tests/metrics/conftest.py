# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fresh hosts with the exporter: one with etcd, flannel and docker, one without etcd."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Iterator

import pytest
from fleet import Fleet
from labs import Lab

from playbooks import Playbooks

WANTED = {"overlay_metrics": True}


@pytest.fixture(scope="session")
def playbooks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playbooks]:
    """OVERLAY_INVENTORY names a fleet that has converged; without it the tests have hosts of their own."""
    folder = tmp_path_factory.mktemp("runs")
    if "OVERLAY_INVENTORY" in os.environ:
        yield Playbooks(Path(os.environ["OVERLAY_INVENTORY"]), folder)
        return
    lab = Lab(folder)
    _fleet, playbooks = lab.up(["trixie", "sid"])
    assert playbooks.site().rc == 0
    yield playbooks
    lab("down")


@pytest.fixture(scope="session")
def fleet(playbooks: Playbooks) -> Fleet:
    return Fleet(playbooks.inventory)
