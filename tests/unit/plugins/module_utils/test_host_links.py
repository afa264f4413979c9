# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.overlay.flannel.plugins.module_utils import host_links as links


def test_interfaces(recorded):
    found = links.parse_interfaces(recorded("ip_addr.json"))
    device = found["flannel.1"]
    assert (device["kind"], device["vni"], device["port"], device["mtu"], device["up"]) == (
        "vxlan",
        1,
        8472,
        1450,
        True,
    )
    assert device["addresses"][0] == {"address": "10.43.69.0", "prefixlen": 32, "family": 4}
    assert (found["host0"]["kind"], found["host0"]["vni"]) == ("veth", None)
    assert [item["family"] for item in found["host0"]["addresses"]] == [4, 6, 6]


def test_routes(recorded):
    routes = links.parse_routes(recorded("ip_route.json"), "0.0.0.0/0")
    assert routes[0] == {"dst": "0.0.0.0/0", "via": "172.72.103.1", "dev": "host0", "src": "", "metric": 0}
    peer = {"dst": "10.43.24.0/24", "via": "10.43.24.0", "dev": "flannel.1", "src": "", "metric": 0}
    assert peer in routes


def test_many_hops_and_other_family():
    text = """[{"dst":"10.0.0.0/8","nexthops":[{"gateway":"192.0.2.1","dev":"a"},{"via":{"family":"inet6","host":"fe80::1"},"dev":"b"}]}]"""
    assert [(route["via"], route["dev"]) for route in links.parse_routes(text, "")] == [
        ("192.0.2.1", "a"),
        ("fe80::1", "b"),
    ]


def test_neighbours_and_forwarding_entries(recorded):
    near = links.parse_neighbours(recorded("ip_neigh.json"), "flannel.1")
    assert {entry["address"] for entry in near if entry["permanent"]} == {"10.43.24.0", "10.43.47.0"}
    fdb = links.parse_fdb(recorded("bridge_fdb.json"), "flannel.1")
    assert {entry["dst"] for entry in fdb} == {"172.72.103.11", "172.72.103.12"}


def test_what_old_and_missing_programs_say():
    assert links.parse_interfaces('[{},{},{"ifname":"lo"}]')["lo"]["mtu"] == 0
    assert links.parse_routes("", "") == []
    assert links.parse_fdb("Option -j is unknown", "x") == []
