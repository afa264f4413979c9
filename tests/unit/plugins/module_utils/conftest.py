# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import pathlib

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host_case import Case

FIXTURES = pathlib.Path(__file__).parent / "fixtures"


@pytest.fixture
def recorded():
    """What a real program has printed."""
    return lambda name: (FIXTURES / name).read_text()


@pytest.fixture
def healthy(recorded):
    """What host_info saw on a healthy host with docker 28.5 (look), and the leases in etcd (leases)."""
    return json.loads(recorded("healthy_host.json"))


@pytest.fixture
def look(healthy):
    return healthy["look"]


@pytest.fixture
def case(healthy):
    return Case(healthy["look"], healthy["leases"])


@pytest.fixture
def recorded_case(recorded, look):
    """What host_info saw with another backend, beside the rest of a healthy host."""

    def make(name):
        seen = json.loads(recorded("backends.json"))[name]
        network, leases = seen.pop("network"), seen.pop("leases")
        return Case({**look, **seen}, leases, network, address="172.72.42.11")

    return make
