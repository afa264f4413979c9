# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host_case import Case
from ansible_collections.overlay.flannel.plugins.module_utils.host_judge_peers import judge_peers, listed

PEER = "10.43.24.0/24 (172.72.103.11)"
ROUTE = {"dst": "10.43.200.0/24", "via": "10.43.200.0", "dev": "flannel.1", "src": "", "metric": 0}
NEAR = {"dev": "flannel.1", "address": "10.43.200.0", "mac": "02:00:00:00:00:01", "permanent": True}
ENTRY = {"dev": "flannel.1", "mac": "02:00:00:00:00:01", "dst": "192.0.2.9"}


def codes(case):
    return [finding.code for finding in judge_peers(case)]


def without(look, kind, key, value):
    look[kind] = [entry for entry in look[kind] if entry[key] != value]
    return look


def test_all_there(case):
    assert codes(case) == []


@pytest.mark.parametrize(
    ("kind", "key", "value", "code"),
    [
        ("routes", "dst", "10.43.24.0/24", "peer_route_missing"),
        ("neighbours", "address", "10.43.24.0", "peer_neighbour_missing"),
        ("fdb", "dst", "172.72.103.11", "peer_fdb_missing"),
    ],
)
def test_something_is_missing(case, kind, key, value, code):
    (finding,) = judge_peers(Case(without(case.look, kind, key, value), case.leases))
    assert finding.code == code
    assert PEER in finding.seen


def test_a_peer_with_another_mac(case):
    leases = copy.deepcopy(list(case.leases))
    leases[0]["backend_data"]["VtepMAC"] = "02:00:00:00:00:07"
    assert codes(Case(case.look, leases)) == ["peer_neighbour_missing", "peer_fdb_missing"]


@pytest.mark.parametrize(
    ("kind", "entry", "code"),
    [("routes", ROUTE, "stale_route"), ("neighbours", NEAR, "stale_neighbour"), ("fdb", ENTRY, "stale_fdb")],
)
def test_something_is_left_over(case, kind, entry, code):
    case.look[kind].append(entry)
    assert codes(case) == [code]


def test_left_over_but_harmless(case):
    case.look["fdb"].append(dict(ENTRY, dst="172.72.103.11"))
    case.look["neighbours"].append(dict(NEAR, permanent=False))
    case.look["routes"] += [dict(ROUTE, dst="192.0.2.0/24"), dict(ROUTE, dev="eth0"), dict(ROUTE, via="")]
    assert codes(case) == []


def test_a_lease_of_somebody_who_left(case):
    assert codes(Case(case.look, list(case.leases)[1:])) == ["stale_route", "stale_neighbour", "stale_fdb"]


def test_direct_routing(case):
    look = without(case.look, "routes", "dst", "10.43.24.0/24")
    look["routes"].append({"dst": "10.43.24.0/24", "via": "172.72.103.11", "dev": "host0", "src": "", "metric": 0})
    without(without(look, "neighbours", "address", "10.43.24.0"), "fdb", "dst", "172.72.103.11")
    assert codes(Case(look, case.leases)) == []


def test_without_device_or_lease_there_is_nothing_to_compare(case):
    assert codes(Case(case.look, case.leases, address="192.0.2.9")) == []
    del case.look["interfaces"]["flannel.1"]
    assert codes(case) == []


def test_old_flannel_has_one_route(case):
    case.look["flannel"]["version"] = "0.7.1"
    case.look["routes"] = [dict(ROUTE, dst="10.43.0.0/16", via="")]
    assert codes(case) == []
    case.look["routes"] = []
    assert codes(case) == ["peer_route_missing"]


def test_other_backends_need_some_route(case):
    leases = [dict(lease, backend="host-gw", backend_data=None) for lease in case.leases]
    assert codes(Case(case.look, leases)) == []
    without(case.look, "routes", "dst", "10.43.24.0/24")
    assert codes(Case(case.look, leases)) == ["peer_route_missing"]


def test_peers_with_another_backend_do_not_count(case):
    leases = [dict(lease, backend="host-gw") if lease["public_ip"].endswith(".11") else lease for lease in case.leases]
    without(case.look, "routes", "dst", "10.43.24.0/24")
    assert "peer_route_missing" not in codes(Case(case.look, leases))


def test_ipv6(case):
    leases = [
        dict(
            lease,
            ipv6_subnet=f"fd00:1:{number}::/64",
            backend_v6_data={"VNI": 1, "VtepMAC": f"02:00:00:00:00:0{number}"},
        )
        for number, lease in enumerate(case.leases)
    ]
    assert codes(Case(case.look, leases)) == ["peer_route_missing", "peer_neighbour_missing", "peer_fdb_missing"]
    for number, lease in enumerate(leases):
        gateway, device, mac = f"fd00:1:{number}::", "flannel-v6.1", f"02:00:00:00:00:0{number}"
        if lease["public_ip"].endswith(".13"):
            continue
        case.look["routes"].append({"dst": gateway + "/64", "via": gateway, "dev": device, "src": "", "metric": 1024})
        case.look["neighbours"].append({"dev": device, "address": gateway, "mac": mac, "permanent": True})
        case.look["fdb"].append({"dev": device, "mac": mac, "dst": lease["public_ip"]})
    assert codes(Case(case.look, leases)) == []


def test_long_lists_are_cut():
    assert listed(range(7)) == "0, 1, 2, 3, 4 and 2 more"
