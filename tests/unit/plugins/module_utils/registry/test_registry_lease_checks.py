# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import collections
import json
import random
import time

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config import check_dict
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease import Lease, parse_key, parse_value
from ansible_collections.overlay.flannel.plugins.module_utils.registry.expected import Expected, expected_hosts, low_ttl
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_checks import absent_hosts, check_leases
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_facts import Facts

CONFIG = check_dict({"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}})
UDP = check_dict({"Network": "10.5.0.0/16", "Backend": {"Type": "udp"}})
NODES = [Expected("node1", "192.0.2.1"), Expected("node2", "192.0.2.2")]


def lease(address=1, subnet=None, backend="vxlan", vni=1, ttl=80000):
    name = subnet or f"10.5.{address}.0-24"
    data = {"BackendData": {"VNI": vni}} if vni else {}
    value = {"PublicIP": f"192.0.2.{address}", "BackendType": backend, **data}
    return Lease("/x/subnets/" + name, parse_key(name), parse_value(json.dumps(value)), ttl)


def found(leases, config=CONFIG, expected=(), low=None, odd=False):
    return [(one.severity, one.code, one.host) for one in check_leases(Facts(leases, config, expected, low, odd))]


@pytest.mark.parametrize(
    ("leases", "config", "expected"),
    [
        ([], None, []),
        ([lease(1), lease(2)], CONFIG, NODES),
        ([lease(1), lease(2, vni=None)], CONFIG, NODES),
        ([lease(1, backend="", vni=None)], UDP, NODES[:1]),
        ([lease(1), lease(9)], CONFIG, []),
    ],
)
def test_all_is_well(leases, config, expected):
    assert found(leases, config, expected, low=3300, odd=True) == []


@pytest.mark.parametrize(
    ("leases", "expected", "finding"),
    [
        ([lease(1)], NODES, ("error", "lease_missing", "node2")),
        ([lease(1), lease(3)], NODES[:1], ("warning", "lease_foreign", "192.0.2.3")),
        ([lease(1), lease(1, "10.5.7.0-24")], NODES[:1], ("error", "duplicate_address", "node1")),
        ([lease(1)], [NODES[0], Expected("node3", "192.0.2.1")], ("error", "duplicate_expected", "node3")),
        ([lease(1, "10.5.1.0-24"), lease(2, "10.5.1.7-24")], NODES, ("error", "lease_overlap", "node2")),
        ([lease(1, "10.6.1.0-24")], NODES[:1], ("error", "lease_outside_network", "node1")),
        ([lease(1, "10.5.1.0-25")], NODES[:1], ("error", "lease_outside_network", "node1")),
        ([lease(1, "10.5.1.0-24&fd00::-64")], NODES[:1], ("error", "lease_outside_network", "node1")),
        ([lease(1, backend="host-gw")], NODES[:1], ("error", "wrong_backend", "node1")),
        ([lease(1, vni=7)], NODES[:1], ("error", "wrong_backend", "node1")),
        ([lease(1, backend="")], NODES[:1], ("error", "lease_not_taken", "node1")),
        ([lease(9, backend="")], [], ("warning", "lease_not_taken", "192.0.2.9")),
        ([lease(1, ttl=3299)], NODES[:1], ("error", "lease_expiring", "node1")),
        ([lease(1, ttl=None)], NODES[:1], ("warning", "lease_without_ttl", "node1")),
    ],
)
def test_findings(leases, expected, finding):
    assert found(leases, CONFIG, expected, low=3300, odd=True) == [finding]


SMALL = check_dict({"Network": "10.5.0.0/22", "SubnetLen": 24, "Backend": {"Type": "vxlan"}})  # three subnets
WIDE = check_dict({"Network": "10.5.0.0/22", "SubnetLen": 28, "Backend": {"Type": "vxlan"}})  # 63


@pytest.mark.parametrize(
    ("leases", "config", "expected", "findings"),
    [
        ([lease(1), lease(2)], SMALL, [], []),
        ([lease(1), lease(2), lease(3)], SMALL, [], [("warning", "network_full")]),
        ([lease(1), lease(2, backend=""), lease(3)], SMALL, NODES[:1], [("warning", "network_full")]),
        ([lease(2), lease(3), lease(8, "10.5.1.0-24")], SMALL, NODES[:1], [("error", "network_full")]),
        ([lease(8, "10.5.1.0-24"), lease(9, "10.5.2.0-24")], SMALL, NODES, [("error", "network_nearly_full")]),
        ([lease(8, "10.5.1.0-24"), lease(9, "10.5.2.0-24")], SMALL, NODES[:1], []),
        (
            [lease(1, "10.5.0.0-23"), lease(2, "10.5.2.0-24"), lease(3, "10.5.3.128-25"), lease(4, "10.5.3.64-26")],
            WIDE,
            [],
            [("warning", "network_nearly_full")],
        ),
    ],
)  # fmt: skip
def test_room(leases, config, expected, findings):
    kinds = [(severity, code) for severity, code, _host in found(leases, config, expected) if "full" in code]
    assert kinds == findings


def test_room_says_what_to_do():
    (finding,) = [
        one for one in check_leases(Facts([lease(1), lease(2), lease(3)], SMALL, [])) if one.code == "network_full"
    ]
    assert finding.seen == "0 of 3 subnets of 10.5.0.0/22 are free"
    assert "SubnetLen 25 doubles the number" in finding.fix


def test_many_hosts_are_judged_in_no_time():
    """Linear in leases and hosts: with 20,000 of each anything else takes minutes."""
    config = check_dict({"Network": "10.0.0.0/8", "SubnetLen": 28, "Backend": {"Type": "vxlan"}})
    count = 20_000
    addresses = [f"192.{number >> 16}.{number >> 8 & 255}.{number & 255}" for number in range(1, count + 1)]
    leases = [
        Lease(
            "",
            parse_key(f"10.{number >> 12}.{number >> 4 & 255}.{(number & 15) * 16}-28"),
            parse_value(json.dumps({"PublicIP": address})),
        )
        for number, address in enumerate(addresses, 1)
    ]
    expected = [Expected(f"node{number}", address) for number, address in enumerate(addresses)]
    twice = [*leases, *(one._replace(attributes=leases[0].attributes) for one in leases[:100])]
    started = time.process_time()
    codes = collections.Counter(one.code for one in check_leases(Facts(twice, config, [*expected, *expected])))
    assert time.process_time() - started < 20
    assert codes["lease_not_taken"] == count + 100


def test_overlap_of_ipv6():
    config = check_dict(
        {"Network": "10.5.0.0/16", "EnableIPv6": True, "IPv6Network": "fd00::/48", "Backend": {"Type": "vxlan"}}
    )
    leases = [lease(1, "10.5.1.0-24&fd00:0:0:1::-64"), lease(2, "10.5.2.0-24&fd00:0:0:1::-64")]
    assert found(leases, config, NODES) == [("error", "lease_overlap", "node2")]


@pytest.mark.parametrize(("low", "odd"), [(None, True), (3300, False)])
def test_times_that_do_not_count(low, odd):
    assert found([lease(1, ttl=None)], CONFIG, NODES[:1], low, odd) == []


def test_udp_writes_no_backend():
    assert found([lease(1)], UDP, NODES[:1]) == [("error", "wrong_backend", "node1")]


def test_without_configuration_leases_are_still_judged():
    assert found([lease(1), lease(1, "10.9.1.0-24")], None, NODES[:1]) == [("error", "duplicate_address", "node1")]


@pytest.mark.parametrize(
    ("leases", "config", "missing"),
    [
        ([], CONFIG, ["node1", "node2"]),
        ([lease(1)], CONFIG, ["node2"]),
        ([lease(1), lease(2, backend="")], CONFIG, ["node2"]),
        ([lease(1, backend=""), lease(2, backend="")], UDP, []),
        ([lease(1), lease(2)], None, []),
    ],
)
def test_absent_hosts(leases, config, missing):
    assert [one.host for one in absent_hosts(Facts(leases, config, NODES))] == missing


@pytest.mark.parametrize(("minutes", "seconds"), [(60, 3300), (10, 300), (4, 120), (1, 30)])
def test_low_ttl(minutes, seconds):
    assert low_ttl(minutes) == seconds


@pytest.mark.parametrize("minutes", [-1, 0, 1440])
def test_margins_that_flanneld_does_not_take(minutes):
    with pytest.raises(InputError, match=f"renew_margin = {minutes}: allowed: 1 to 1439 minutes"):
        low_ttl(minutes)


@pytest.mark.parametrize("address", ["", "node1", "fd00::1", "192.0.2.1/24", "192.0.2.01"])
def test_expected_hosts_have_addresses(address):
    with pytest.raises(InputError, match="public_ip of node1 = .*allowed: an IPv4 address"):
        expected_hosts([{"host": "node1", "public_ip": address}])


def test_expected_hosts():
    assert expected_hosts([{"host": "node1", "public_ip": "192.0.2.1"}]) == NODES[:1]


PLACES = [f"10.5.{number}.0-24" for number in range(8)] + ["10.5.2.0-25", "10.5.2.128-24", "10.5.0.0-22", "10.6.1.0-24"]


def test_the_quick_look_says_what_looking_at_each_one_says():
    """Fleets with and without overlaps, misfits and lengths of their own; both ways are taken."""
    generator, quick = random.Random(7), collections.Counter()
    for _number in range(2000):
        places = generator.choices(PLACES[: generator.choice([8, 12])], k=generator.randrange(5))
        facts, slow = (Facts([lease(n, place) for n, place in enumerate(places, 1)], CONFIG, NODES) for _way in "12")
        slow.__dict__["apart"] = False
        assert (check_leases(facts), facts.usages) == (check_leases(slow), slow.usages)
        quick[facts.apart] += 1
    assert min(quick.values()) > 100
