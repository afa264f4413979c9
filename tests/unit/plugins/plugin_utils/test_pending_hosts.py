# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.pending_hosts import hosts_without_lease, pending_hosts

HOSTVARS = {
    "a": {"overlay_preflight": {"remaining": {"flannel": ["x"], "docker": []}}},
    "b": {"overlay_preflight": {"remaining": {"flannel": [], "docker": ["y"]}}},
    "c": {"overlay_preflight": {"remaining": {"flannel": [], "docker": []}}},
    "gone": {},
    "refused": {"overlay_preflight": {"failed": True}},
}


def test_one_part_is_enough():
    assert pending_hosts(HOSTVARS, HOSTVARS, ["flannel"]) == ["a"]
    assert pending_hosts(HOSTVARS, HOSTVARS, ["flannel", "docker"]) == ["a", "b"]
    assert pending_hosts(["b", "a"], HOSTVARS, ["docker", "flannel"]) == ["b", "a"]


def test_a_host_without_a_result_or_part_has_nothing():
    assert pending_hosts(HOSTVARS, HOSTVARS, ["preparation"]) == []


def test_without_hostvars_nobody_has_anything():
    """As in a syntax check."""
    assert pending_hosts(["a"], {}, ["flannel"]) == []


def host(address, *leases):
    return {"overlay_preflight": {"flannel_address": address}, "overlay_configuration": {"public_ips": list(leases)}}


@pytest.mark.parametrize(
    ("variables", "lost"),
    [
        (host("192.0.2.1", "192.0.2.1", "192.0.2.2"), False),
        (host("192.0.2.1", "192.0.2.2"), True),
        (host("192.0.2.1"), True),
        (host("", "192.0.2.2"), False),  # no flannel on this host
        ({**host("192.0.2.1"), "overlay_configuration": {"failed": True}}, False),  # not read
        ({"overlay_preflight": {"flannel_address": "192.0.2.1"}}, False),
        ({}, False),
    ],
)
def test_a_lease_is_lost_only_where_the_leases_were_read(variables, lost):
    assert hosts_without_lease(["a", "other"], {"a": variables}) == (["a"] if lost else [])
