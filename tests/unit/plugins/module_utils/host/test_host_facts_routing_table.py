# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.routing_table import RoutingTable


def route(dst, via="", dev="eth0", metric=0):
    return {"dst": dst, "via": via, "dev": dev, "src": "", "metric": metric}


TABLE = RoutingTable(
    [
        route("0.0.0.0/0", "192.0.2.1"),
        route("192.0.2.0/24"),
        route("192.0.2.128/25", "192.0.2.2", "eth1", 100),
        route("192.0.2.128/25", "192.0.2.3", "eth2", 50),
        route("192.0.2.7", "192.0.2.4"),
        route("fd00::/64", metric=256),
        route("::/0", "fe80::1", metric=1024),
    ]
)


def test_the_cheapest_of_many():
    found = TABLE.to("192.0.2.128/25")
    assert found is not None and found["dev"] == "eth2"
    assert TABLE.to("192.0.2.128/26") is None


@pytest.mark.parametrize(
    ("address", "adjacent"),
    [
        ("192.0.2.9", True),
        ("192.0.2.7", False),
        ("192.0.2.200", False),
        ("198.51.100.1", False),
        ("fd00::9", True),
        ("2001:db8::1", False),
        ("", False),
    ],
)
def test_adjacent(address, adjacent):
    assert TABLE.is_adjacent(address) is adjacent


def test_no_route_at_all():
    assert RoutingTable([]).towards("192.0.2.1") is None
