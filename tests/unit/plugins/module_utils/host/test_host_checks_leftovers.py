# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts have left on real hosts whose flanneld was away when their leases went."""

from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.leftovers import check_leftovers

ROUTE = {"dst": "10.43.200.0/24", "via": "10.43.200.0", "dev": "flannel.1", "src": "", "metric": 0}
NEAR = {"dev": "flannel.1", "address": "10.43.200.0", "mac": "02:00:00:00:00:01", "permanent": True}
ENTRY = {"dev": "flannel.1", "mac": "02:00:00:00:00:01", "dst": "192.0.2.9"}


def codes(context):
    return [finding.code for finding in check_leftovers(context)]


def commands(finding):
    return set(finding.fix.split("; "))


def test_nothing_is_left(context):
    assert codes(context) == []


@pytest.mark.parametrize(
    ("kind", "entry", "code", "severity", "fix"),
    [
        ("routes", ROUTE, "stale_route", "error", "ip route del 10.43.200.0/24 via 10.43.200.0 dev flannel.1"),
        ("neighbours", NEAR, "stale_neighbour", "warning", "ip neigh del 10.43.200.0 dev flannel.1"),
        ("fdb", ENTRY, "stale_fdb", "warning", "bridge fdb del 02:00:00:00:00:01 dev flannel.1 dst 192.0.2.9"),
    ],
)
def test_something_is_left(context, kind, entry, code, severity, fix):
    context.facts[kind].append(entry)
    (finding,) = check_leftovers(context)
    assert (finding.code, finding.severity, finding.fix) == (code, severity, fix)


def test_old_macs_of_living_hosts_and_routes_of_others_are_harmless(context):
    context.facts["fdb"].append(dict(ENTRY, dst="172.72.103.11"))
    context.facts["neighbours"].append(dict(NEAR, permanent=False))
    context.facts["routes"] += [dict(ROUTE, dst="192.0.2.0/24"), dict(ROUTE, dev="host0", dst="192.0.2.0/24")]
    context.facts["routes"] += [dict(ROUTE, via=""), dict(ROUTE, dst="fe80::/64", via="", dev="flannel.1")]
    assert codes(context) == []


def test_a_route_of_a_former_network(context):
    context.facts["routes"].append(dict(ROUTE, dst="10.99.5.0/24", via="10.99.5.0"))
    assert codes(context) == ["stale_route"]


def test_a_route_to_what_has_become_this_hosts_own_subnet(context):
    context.facts["routes"].append(dict(ROUTE, dst="10.43.69.0/24", via="172.72.103.12", dev="host0"))
    assert codes(context) == ["stale_route"]


def test_a_lease_of_another_backend_is_still_a_lease(context):
    leases = [
        dict(lease, backend="host-gw") if lease["public_ip"].endswith(".11") else lease for lease in context.leases
    ]
    assert codes(HostContext(context.facts, leases)) == []


def test_a_host_that_left_is_one_finding_for_each_device(recorded_case):
    first, second = check_leftovers(recorded_case("vxlan_dual_left"))
    assert (first.code, second.code) == ("stale_route", "stale_route")
    assert commands(first) == {
        "ip route del 10.42.250.0/24 via 10.42.250.0 dev flannel.1",
        "ip route del 10.42.251.0/24 via 10.42.251.0 dev flannel.1",
        "ip route del 10.42.252.0/24 via 10.42.252.0 dev flannel.1",
        "ip neigh del 10.42.250.0 dev flannel.1",
        "ip neigh del 10.42.251.0 dev flannel.1",
        "ip neigh del 10.42.252.0 dev flannel.1",
        "bridge fdb del 02:00:00:00:04:fa dev flannel.1 dst 172.72.42.99",
        "bridge fdb del 02:00:00:00:04:fb dev flannel.1 dst 192.0.2.9",
        "bridge fdb del 02:00:00:00:04:fc dev flannel.1 dst 172.72.42.98",
    }
    assert commands(second) == {
        "ip route del fd00:42:0:fa::/64 via fd00:42:0:fa:: dev flannel-v6.1 metric 1024",
        "ip route del fd00:42:0:fb::/64 via fd00:42:0:fb:: dev flannel-v6.1 metric 1024",
        "ip neigh del fd00:42:0:fa:: dev flannel-v6.1",
        "ip neigh del fd00:42:0:fb:: dev flannel-v6.1",
        "bridge fdb del 02:00:00:00:06:fa dev flannel-v6.1 dst fd72::172:72:42:99",
        "bridge fdb del 02:00:00:00:06:fb dev flannel-v6.1 dst 2001:db8::9",
    }


def test_a_direct_route_to_a_host_that_left(recorded_case):
    (finding,) = check_leftovers(recorded_case("host_gw_left"))
    assert finding.fix == "ip route del 10.42.250.0/24 via 172.72.42.99 dev host0"
    assert finding.severity == "error"


def test_many_that_left_go_with_the_device(context):
    context.facts["routes"] += [dict(ROUTE, dst=f"10.43.{n}.0/24", via=f"10.43.{n}.0") for n in range(200, 216)]
    (finding,) = check_leftovers(context)
    assert finding.fix == "ip link delete flannel.1; systemctl restart flanneld"
    assert "and 11 more" in finding.seen


def test_what_is_left_on_a_left_device_goes_with_it(context):
    context.facts["interfaces"]["flannel.7"] = dict(context.facts["interfaces"]["flannel.1"], vni=7)
    context.facts["routes"].append(dict(ROUTE, dev="flannel.7"))
    assert codes(context) == []
