# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded on hosts with flanneld 0.28.10: vxlan (IPv4, dual stack, DirectRouting), host-gw, udp. From flannel's source: ipip, wireguard."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.peers import check_peers

PEER = "10.43.24.0/24 (172.72.103.11)"


def codes(context):
    return [finding.code for finding in check_peers(context)]


def without(context, kind, key, value):
    kept = [entry for entry in context.facts[kind] if entry[key] != value]
    assert len(kept) < len(context.facts[kind])
    context.facts[kind] = kept
    return context


def add_route(context, dst, via, dev, metric=0):
    context.facts["routes"].append({"dst": dst, "via": via, "dev": dev, "src": "", "metric": metric})
    return context


def replace_route(context, dst, via, dev):
    return add_route(without(context, "routes", "dst", dst), dst, via, dev)


def other(context, **fields):
    return HostContext(context.facts, fields.get("leases", context.leases), fields.get("network", context.network))


def test_all_there(context):
    assert codes(context) == []


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
def test_something_is_missing(context, kind, key, value, code):
    (finding,) = check_peers(without(context, kind, key, value))
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
    (finding,) = check_peers(without(recorded_case("vxlan_dual"), kind, key, value))
    assert finding.code == code
    assert "fd00:42:0:35::/64 (fd72::172:72:42:12)" in finding.seen


def test_a_peer_is_told_once(context):
    without(without(context, "routes", "dst", "10.43.24.0/24"), "neighbours", "address", "10.43.24.0")
    assert codes(without(context, "fdb", "dst", "172.72.103.11")) == ["peer_route_missing"]


def test_a_peer_with_another_mac(context):
    leases = copy.deepcopy(list(context.leases))
    leases[0]["backend_data"]["VtepMAC"] = "02:00:00:00:00:07"
    assert codes(other(context, leases=leases)) == ["peer_neighbour_missing"]


def test_a_neighbour_that_may_expire(context):
    for entry in context.facts["neighbours"]:
        entry["permanent"] = False
    assert codes(context) == ["peer_neighbour_missing"]


def test_a_route_by_a_left_device_goes_with_it(context):
    context.facts["interfaces"]["flannel.7"] = dict(context.facts["interfaces"]["flannel.1"], vni=7)
    assert codes(replace_route(context, "10.43.24.0/24", "10.43.24.0", "flannel.7")) == []


def test_another_route_counts_more(context):
    (finding,) = check_peers(replace_route(context, "10.43.24.0/24", "172.72.103.12", "host0"))
    assert finding.code == "peer_route_wrong"
    assert f"{PEER} via 172.72.103.12 dev host0" in finding.seen
    assert finding.expected == "via 10.43.24.0 dev flannel.1"
    assert finding.fix == "ip route del 10.43.24.0/24 via 172.72.103.12 dev host0; systemctl restart flanneld"


def test_the_cheapest_route_counts(recorded_case):
    context = recorded_case("vxlan_dual")
    add_route(context, "fd00:42:0:35::/64", "fd72::1", "host0", 2048)
    assert codes(context) == []
    add_route(context, "fd00:42:0:35::/64", "fd72::1", "host0", 512)
    (finding,) = check_peers(context)
    assert finding.fix.startswith("ip route del fd00:42:0:35::/64 via fd72::1 dev host0 metric 512; ")


def test_direct_routes_follow_the_configuration(recorded_case):
    context = recorded_case("vxlan_direct")
    direct = "10.42.12.0/24 (172.72.42.12) via 172.72.42.12 dev host0"
    (finding,) = check_peers(other(context, network={"Backend": {"Type": "vxlan"}}))
    assert (finding.code, finding.severity) == ("peer_route_wrong", "error")
    assert direct in finding.seen
    assert codes(HostContext(context.facts, context.leases)) == []


def test_detour_in_spite_of_direct_routing(recorded_case):
    context = recorded_case("vxlan_dual")
    network = {"Backend": {"type": "vxlan", "directrouting": True}}
    found = check_peers(other(context, network=network))
    assert [(one.code, one.severity) for one in found] == [("peer_route_wrong", "warning")] * 2
    assert "192.0.2.9" not in found[0].seen
    assert "172.72.42.12" in found[0].seen
    assert "2001:db8::9" not in found[1].seen


def test_direct_needs_no_entries(recorded_case):
    context = recorded_case("vxlan_direct")
    assert {entry["dst"] for entry in context.facts["fdb"]} == {"192.0.2.9"}
    assert codes(without(context, "fdb", "dst", "192.0.2.9")) == ["peer_fdb_missing"]


def test_host_gw(recorded_case):
    context = recorded_case("host_gw")
    (finding,) = check_peers(context)
    assert finding.code == "peer_not_adjacent"
    assert "10.42.251.0/24 (192.0.2.9)" in finding.seen
    context = other(context, leases=[lease for lease in context.leases if lease["public_ip"] != "192.0.2.9"])
    assert codes(context) == []
    assert codes(replace_route(context, "10.42.12.0/24", "172.72.42.13", "host0")) == ["peer_route_wrong"]
    assert codes(without(context, "routes", "dst", "10.42.12.0/24")) == ["peer_route_missing"]


def test_host_gw_with_ipv6(recorded_case):
    context = recorded_case("host_gw_dual")
    found = check_peers(context)
    assert [one.code for one in found] == ["peer_not_adjacent", "peer_not_adjacent", "stale_route"]
    assert "fd00:42:0:fb::/64 (2001:db8::9)" in found[1].seen
    subnet = next(lease["ipv6_subnet"] for lease in context.leases if lease["public_ip"] == "172.72.42.12")
    assert "peer_route_missing" in codes(without(context, "routes", "dst", subnet))


def test_udp_has_one_route(recorded_case):
    context = recorded_case("udp")
    (finding,) = check_peers(without(context, "routes", "dst", "10.42.0.0/16"))
    assert finding.code == "peer_route_missing"
    assert "10.42.0.0/16 by flannel0" in finding.seen


def test_a_single_route_beside_that_of_udp(recorded_case):
    context = recorded_case("udp")
    subnet = next(lease["subnet"] for lease in context.leases if lease["public_ip"] == "172.72.42.12")
    (finding,) = check_peers(add_route(context, subnet, "172.72.42.12", "host0"))
    assert finding.code == "peer_route_wrong"
    assert finding.fix == f"ip route del {subnet} via 172.72.42.12 dev host0; systemctl restart flanneld"


def with_backend(context, name, device, **backend):
    """The leases and the device of another backend on a recorded host."""
    link = dict(context.facts["interfaces"].pop("flannel.1"), kind=name, vni=None)
    context.facts["interfaces"][device] = link
    context.facts["neighbours"], context.facts["fdb"] = [], []
    leases = [dict(lease, backend=name, backend_data=None) for lease in context.leases]
    return other(context, leases=leases, network={"Backend": {"Type": name, **backend}})


def test_ipip(context):
    context = with_backend(context, "ipip", "flannel.ipip")
    assert codes(context) == ["peer_route_wrong"]
    for lease in context.peers:
        replace_route(context, lease["subnet"], lease["public_ip"], "flannel.ipip")
    assert codes(context) == []
    direct = other(context, network={"Backend": {"Type": "ipip", "DirectRouting": True}})
    assert [one.severity for one in check_peers(direct)] == ["warning"]
    for lease in context.peers:
        replace_route(context, lease["subnet"], lease["public_ip"], "host0")
    assert codes(context) == ["peer_route_wrong"]
    assert codes(direct) == []


def test_wireguard(context):
    context = with_backend(context, "wireguard", "flannel-wg")
    for lease in context.peers:
        without(context, "routes", "dst", lease["subnet"])
    assert codes(context) == ["peer_route_missing"]
    assert codes(add_route(context, "10.43.0.0/16", "", "flannel-wg")) == []


def test_without_device_or_lease_there_is_nothing_to_compare(context):
    assert codes(HostContext(context.facts, context.leases, address="192.0.2.9")) == []
    del context.facts["interfaces"]["flannel.1"]
    assert codes(without(context, "routes", "dst", "10.43.24.0/24")) == []


def test_a_device_made_anew_explains_what_is_missing(context):
    context.facts["interfaces"]["flannel.1"]["mac"] = "02:00:00:00:00:01"
    assert codes(without(context, "routes", "dst", "10.43.24.0/24")) == []


def test_old_flannel_has_one_route(context):
    context.facts["flannel"]["version"] = "0.7.1"
    context.facts["routes"] = [{"dst": "10.43.0.0/16", "via": "", "dev": "flannel.1", "src": "", "metric": 0}]
    assert codes(context) == []
    context.facts["routes"] = []
    assert codes(context) == ["peer_route_missing"]
    del context.facts["interfaces"]["flannel.1"]
    assert codes(context) == []


def test_extension_needs_some_route(context):
    context = with_backend(context, "extension", "tunnel")
    assert codes(context) == []
    (finding,) = check_peers(without(context, "routes", "dst", "10.43.24.0/24"))
    assert (finding.code, finding.severity) == ("peer_route_missing", "warning")


@pytest.mark.parametrize("name", ["alloc", "ipsec"])
def test_backends_without_routes(context, name):
    context = with_backend(context, name, "tunnel")
    leases = [dict(lease, backend="" if name == "alloc" else name) for lease in context.leases]
    without(context, "routes", "dst", "10.43.24.0/24")
    assert codes(other(context, leases=leases)) == []


def test_peers_with_another_backend_do_not_count(context):
    leases = [
        dict(lease, backend="host-gw") if lease["public_ip"].endswith(".11") else lease for lease in context.leases
    ]
    assert codes(other(without(context, "routes", "dst", "10.43.24.0/24"), leases=leases)) == []


def test_flanneld_without_ipv6_hangs_at_leases_with_it(context):
    leases = [
        dict(lease, ipv6_subnet="fd00::/64") if lease["public_ip"].endswith(".11") else lease
        for lease in context.leases
    ]
    (finding,) = check_peers(other(without(context, "routes", "dst", "10.43.24.0/24"), leases=leases))
    assert finding.code == "peer_ipv6"
    assert PEER in finding.seen
