# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""During an upgrade a host's etcdctl and the member that it asks are of different releases."""

from __future__ import annotations

import itertools

import pytest
from conftest import run_module
from etcd_server import folder_of

RELEASES = ("3.4", "3.5", "3.6", "3.7")
NETWORK = {"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}}
numbers = itertools.count(1)


@pytest.fixture(params=itertools.permutations(RELEASES, 2), ids="-and-".join)
def mixed(request, servers):
    """How modules connect with the etcdctl of another release."""
    server, client = request.param
    etcd, program = servers(server), folder_of(client) / "etcdctl"
    if not program.is_file():
        pytest.skip(f"no etcdctl {client}: {program} is made by tests/lab/lab prepare")
    return {"endpoints": [etcd.url], "api": "v3", "etcdctl": str(program)}


def test_modules(mixed):
    place = {**mixed, "prefix": f"/mixed/{next(numbers)}"}
    cluster = run_module("etcd_info", **mixed)
    assert (cluster["healthy"], cluster["findings"]) == (True, [])
    assert [run_module("network", **place, config=NETWORK)["changed"] for _twice in range(2)] == [True, False]
    reserved = {"subnet": "10.5.9.0/24", "public_ip": "192.0.2.9"}
    assert [run_module("lease", **place, **reserved)["changed"] for _twice in range(2)] == [True, False]
    assert [lease["subnet"] for lease in run_module("lease_info", **place)["leases"]] == [reserved["subnet"]]
