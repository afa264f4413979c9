# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded on hosts with flanneld 0.28.10: vxlan (IPv4, dual stack, DirectRouting), host-gw, udp. From flannel's source: ipip, wireguard."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import Case
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.peers import judge_peers

PEER = "10.43.24.0/24 (172.72.103.11)"


def codes(case):
    return [finding.code for finding in judge_peers(case)]


def without(case, kind, key, value):
    kept = [entry for entry in case.look[kind] if entry[key] != value]
    assert len(kept) < len(case.look[kind])
    case.look[kind] = kept
    return case


def add_route(case, dst, via, dev, metric=0):
    case.look["routes"].append({"dst": dst, "via": via, "dev": dev, "src": "", "metric": metric})
    return case


def replace_route(case, dst, via, dev):
    return add_route(without(case, "routes", "dst", dst), dst, via, dev)


def other(case, **fields):
    return Case(case.look, fields.get("leases", case.leases), fields.get("network", case.network))


def test_all_there(case):
    assert codes(case) == []


@pytest.mark.parametrize("name", ["vxlan_dual", "vxlan_direct", "udp"])
def test_other_backends_all_there(recorded_case, name):
    assert codes(recorded_case(name)) == []


@pytest.mark.parametrize(
    ("kind", "key", "value", "code"),
    [
        ("routes", "dst", "10.43.24.0/24", "peer_route_missing"),
        ("neighbours", "address", "10.43.24.0", "peer_neighbour_missing"),
        ("fdb", "dst", "172.72.103.11", "peer_fdb_missing"),
    ],
)
def test_something_is_missing(case, kind, key, value, code):
    (finding,) = judge_peers(without(case, kind, key, value))
    assert finding.code == code
    assert PEER in finding.seen
    assert finding.fix == "systemctl restart flanneld"


@pytest.mark.parametrize(
    ("kind", "key", "value", "code"),
    [
        ("routes", "dst", "fd00:42:0:35::/64", "peer_route_missing"),
        ("neighbours", "address", "fd00:42:0:35::", "peer_neighbour_missing"),
        ("fdb", "dst", "fd72::172:72:42:12", "peer_fdb_missing"),
    ],
)
def test_something_of_ipv6_is_missing(recorded_case, kind, key, value, code):
    (finding,) = judge_peers(without(recorded_case("vxlan_dual"), kind, key, value))
    assert finding.code == code
    assert "fd00:42:0:35::/64 (fd72::172:72:42:12)" in finding.seen


def test_a_peer_is_told_once(case):
    without(without(case, "routes", "dst", "10.43.24.0/24"), "neighbours", "address", "10.43.24.0")
    assert codes(without(case, "fdb", "dst", "172.72.103.11")) == ["peer_route_missing"]


def test_a_peer_with_another_mac(case):
    leases = copy.deepcopy(list(case.leases))
    leases[0]["backend_data"]["VtepMAC"] = "02:00:00:00:00:07"
    assert codes(other(case, leases=leases)) == ["peer_neighbour_missing"]


def test_a_neighbour_that_may_expire(case):
    for entry in case.look["neighbours"]:
        entry["permanent"] = False
    assert codes(case) == ["peer_neighbour_missing"]


def test_a_route_by_a_left_device_goes_with_it(case):
    case.look["interfaces"]["flannel.7"] = dict(case.look["interfaces"]["flannel.1"], vni=7)
    assert codes(replace_route(case, "10.43.24.0/24", "10.43.24.0", "flannel.7")) == []


def test_another_route_counts_more(case):
    (finding,) = judge_peers(replace_route(case, "10.43.24.0/24", "172.72.103.12", "host0"))
    assert finding.code == "peer_route_wrong"
    assert f"{PEER} via 172.72.103.12 dev host0" in finding.seen
    assert finding.expected == "via 10.43.24.0 dev flannel.1"
    assert finding.fix == "ip route del 10.43.24.0/24 via 172.72.103.12 dev host0; systemctl restart flanneld"


def test_the_cheapest_route_counts(recorded_case):
    case = recorded_case("vxlan_dual")
    add_route(case, "fd00:42:0:35::/64", "fd72::1", "host0", 2048)
    assert codes(case) == []
    add_route(case, "fd00:42:0:35::/64", "fd72::1", "host0", 512)
    (finding,) = judge_peers(case)
    assert finding.fix.startswith("ip route del fd00:42:0:35::/64 via fd72::1 dev host0 metric 512; ")


def test_direct_routes_follow_the_configuration(recorded_case):
    case = recorded_case("vxlan_direct")
    direct = "10.42.12.0/24 (172.72.42.12) via 172.72.42.12 dev host0"
    (finding,) = judge_peers(other(case, network={"Backend": {"Type": "vxlan"}}))
    assert (finding.code, finding.severity) == ("peer_route_wrong", "error")
    assert direct in finding.seen
    assert codes(Case(case.look, case.leases)) == []


def test_detour_in_spite_of_direct_routing(recorded_case):
    case = recorded_case("vxlan_dual")
    network = {"Backend": {"type": "vxlan", "directrouting": True}}
    found = judge_peers(other(case, network=network))
    assert [(one.code, one.severity) for one in found] == [("peer_route_wrong", "warning")] * 2
    assert "192.0.2.9" not in found[0].seen
    assert "172.72.42.12" in found[0].seen
    assert "2001:db8::9" not in found[1].seen


def test_direct_needs_no_entries(recorded_case):
    case = recorded_case("vxlan_direct")
    assert {entry["dst"] for entry in case.look["fdb"]} == {"192.0.2.9"}
    assert codes(without(case, "fdb", "dst", "192.0.2.9")) == ["peer_fdb_missing"]


def test_host_gw(recorded_case):
    case = recorded_case("host_gw")
    (finding,) = judge_peers(case)
    assert finding.code == "peer_not_adjacent"
    assert "10.42.251.0/24 (192.0.2.9)" in finding.seen
    case = other(case, leases=[lease for lease in case.leases if lease["public_ip"] != "192.0.2.9"])
    assert codes(case) == []
    assert codes(replace_route(case, "10.42.12.0/24", "172.72.42.13", "host0")) == ["peer_route_wrong"]
    assert codes(without(case, "routes", "dst", "10.42.12.0/24")) == ["peer_route_missing"]


def test_host_gw_with_ipv6(recorded_case):
    case = recorded_case("host_gw_dual")
    found = judge_peers(case)
    assert [one.code for one in found] == ["peer_not_adjacent", "peer_not_adjacent", "stale_route"]
    assert "fd00:42:0:fb::/64 (2001:db8::9)" in found[1].seen
    subnet = next(lease["ipv6_subnet"] for lease in case.leases if lease["public_ip"] == "172.72.42.12")
    assert "peer_route_missing" in codes(without(case, "routes", "dst", subnet))


def test_udp_has_one_route(recorded_case):
    case = recorded_case("udp")
    (finding,) = judge_peers(without(case, "routes", "dst", "10.42.0.0/16"))
    assert finding.code == "peer_route_missing"
    assert "10.42.0.0/16 by flannel0" in finding.seen


def test_a_single_route_beside_that_of_udp(recorded_case):
    case = recorded_case("udp")
    subnet = next(lease["subnet"] for lease in case.leases if lease["public_ip"] == "172.72.42.12")
    (finding,) = judge_peers(add_route(case, subnet, "172.72.42.12", "host0"))
    assert finding.code == "peer_route_wrong"
    assert finding.fix == f"ip route del {subnet} via 172.72.42.12 dev host0; systemctl restart flanneld"


def with_backend(case, name, device, **backend):
    """The leases and the device of another backend on a recorded host."""
    link = dict(case.look["interfaces"].pop("flannel.1"), kind=name, vni=None)
    case.look["interfaces"][device] = link
    case.look["neighbours"], case.look["fdb"] = [], []
    leases = [dict(lease, backend=name, backend_data=None) for lease in case.leases]
    return other(case, leases=leases, network={"Backend": {"Type": name, **backend}})


def test_ipip(case):
    case = with_backend(case, "ipip", "flannel.ipip")
    assert codes(case) == ["peer_route_wrong"]
    for lease in case.peers:
        replace_route(case, lease["subnet"], lease["public_ip"], "flannel.ipip")
    assert codes(case) == []
    direct = other(case, network={"Backend": {"Type": "ipip", "DirectRouting": True}})
    assert [one.severity for one in judge_peers(direct)] == ["warning"]
    for lease in case.peers:
        replace_route(case, lease["subnet"], lease["public_ip"], "host0")
    assert codes(case) == ["peer_route_wrong"]
    assert codes(direct) == []


def test_wireguard(case):
    case = with_backend(case, "wireguard", "flannel-wg")
    for lease in case.peers:
        without(case, "routes", "dst", lease["subnet"])
    assert codes(case) == ["peer_route_missing"]
    assert codes(add_route(case, "10.43.0.0/16", "", "flannel-wg")) == []


def test_without_device_or_lease_there_is_nothing_to_compare(case):
    assert codes(Case(case.look, case.leases, address="192.0.2.9")) == []
    del case.look["interfaces"]["flannel.1"]
    assert codes(without(case, "routes", "dst", "10.43.24.0/24")) == []


def test_a_device_made_anew_explains_what_is_missing(case):
    case.look["interfaces"]["flannel.1"]["mac"] = "02:00:00:00:00:01"
    assert codes(without(case, "routes", "dst", "10.43.24.0/24")) == []


def test_old_flannel_has_one_route(case):
    case.look["flannel"]["version"] = "0.7.1"
    case.look["routes"] = [{"dst": "10.43.0.0/16", "via": "", "dev": "flannel.1", "src": "", "metric": 0}]
    assert codes(case) == []
    case.look["routes"] = []
    assert codes(case) == ["peer_route_missing"]
    del case.look["interfaces"]["flannel.1"]
    assert codes(case) == []


def test_extension_needs_some_route(case):
    case = with_backend(case, "extension", "tunnel")
    assert codes(case) == []
    (finding,) = judge_peers(without(case, "routes", "dst", "10.43.24.0/24"))
    assert (finding.code, finding.severity) == ("peer_route_missing", "warning")


@pytest.mark.parametrize("name", ["alloc", "ipsec"])
def test_backends_without_routes(case, name):
    case = with_backend(case, name, "tunnel")
    leases = [dict(lease, backend="" if name == "alloc" else name) for lease in case.leases]
    without(case, "routes", "dst", "10.43.24.0/24")
    assert codes(other(case, leases=leases)) == []


def test_peers_with_another_backend_do_not_count(case):
    leases = [dict(lease, backend="host-gw") if lease["public_ip"].endswith(".11") else lease for lease in case.leases]
    assert codes(other(without(case, "routes", "dst", "10.43.24.0/24"), leases=leases)) == []


def test_flanneld_without_ipv6_hangs_at_leases_with_it(case):
    leases = [
        dict(lease, ipv6_subnet="fd00::/64") if lease["public_ip"].endswith(".11") else lease for lease in case.leases
    ]
    (finding,) = judge_peers(other(without(case, "routes", "dst", "10.43.24.0/24"), leases=leases))
    assert finding.code == "peer_ipv6"
    assert PEER in finding.seen
