# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every finding of lease_info, from real keys."""

from __future__ import annotations

import threading
import time

import pytest
from conftest import run_module

VXLAN = {"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}}
NODE1 = {"host": "node1", "public_ip": "192.0.2.1"}
NODE2 = {"host": "node2", "public_ip": "192.0.2.2"}


def run(place, **params):
    return run_module("lease_info", **{**place.connection(), **params})


def findings(result):
    return [(one["severity"], one["code"], one["host"]) for one in result["findings"]]


def test_all_is_well(place):
    place.configure(VXLAN)
    place.lease()
    place.lease("10.5.2.0-24", "192.0.2.2", PublicIPv6="fd00::2")
    result = run(place, expected=[NODE1, NODE2])
    assert (result["changed"], result["healthy"], result["findings"]) == (False, True, [])
    assert (result["api"], result["config"]) == (place.api, VXLAN)
    assert result["revision"] > 0
    first, second = result["leases"]
    assert 79000 < first.pop("ttl") <= 80000
    assert time.strftime("%Y-") in first.pop("expiry")
    assert first == {
        "key": f"{place.prefix}/subnets/10.5.1.0-24",
        "subnet": "10.5.1.0/24",
        "ipv6_subnet": "",
        "public_ip": "192.0.2.1",
        "public_ipv6": "",
        "backend": "vxlan",
        "backend_data": {"VNI": 1, "VtepMAC": "82:5c:0f:11:22:33"},
        "backend_v6_data": None,
        "host": "node1",
    }
    assert (second["host"], second["public_ipv6"]) == ("node2", "fd00::2")


def arrange_malformed_key(place):
    place.keys.put(f"{place.prefix}/subnets/nonsense", "x")


def arrange_malformed_value(place):
    place.keys.put(f"{place.prefix}/subnets/10.5.9.0-24", "10.5.9.0-24")


CASES = {
    "config_missing": (lambda place: place.keys.delete(place.config_key), ("error", "config_missing", "")),
    "config_invalid": (lambda place: place.configure('{"Network":"10.5.0.0/29"}'), ("error", "config_invalid", "")),
    "unknown_key": (lambda place: place.configure({**VXLAN, "X": 1}), ("warning", "unknown_key", "")),
    "lease_missing": (
        lambda place: place.keys.delete(f"{place.prefix}/subnets/10.5.2.0-24"),
        ("error", "lease_missing", "node2"),
    ),
    "lease_foreign": (lambda place: place.lease("10.5.3.0-24", "192.0.2.3"), ("warning", "lease_foreign", "192.0.2.3")),
    "duplicate_address": (lambda place: place.lease("10.5.3.0-24"), ("error", "duplicate_address", "node1")),
    "lease_overlap": (lambda place: place.lease("10.5.1.7-24", "192.0.2.2"), ("error", "lease_overlap", "node2")),
    "lease_outside_network": (
        lambda place: place.lease("10.9.1.0-24", "192.0.2.2"),
        ("error", "lease_outside_network", "node2"),
    ),
    "malformed_key": (arrange_malformed_key, ("error", "malformed_key", "")),
    "malformed_value": (arrange_malformed_value, ("error", "malformed_value", "")),
    "wrong_backend": (
        lambda place: place.lease("10.5.2.0-24", "192.0.2.2", "host-gw", None),
        ("error", "wrong_backend", "node2"),
    ),
    "wrong_vni": (lambda place: place.lease("10.5.2.0-24", "192.0.2.2", vni=7), ("error", "wrong_backend", "node2")),
    "lease_not_taken": (
        lambda place: place.lease("10.5.2.0-24", "192.0.2.2", "", None),
        ("error", "lease_not_taken", "node2"),
    ),
    "lease_expiring": (
        lambda place: place.lease("10.5.2.0-24", "192.0.2.2", ttl=3000),
        ("error", "lease_expiring", "node2"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_findings(either, case):
    arrange, finding = CASES[case]
    either.configure(VXLAN)
    either.lease()
    either.lease("10.5.2.0-24", "192.0.2.2")
    arrange(either)
    result = run(either, expected=[NODE1, NODE2], flannel_version="0.28.9")
    assert finding in findings(result)
    assert result["healthy"] == all(severity != "error" for severity, _code, _host in findings(result))


def test_a_lease_without_end(place):
    place.configure(VXLAN)
    place.lease(ttl=0)
    result = run(place)
    assert findings(result) == ([] if place.api == "v2" else [("warning", "lease_without_ttl", "192.0.2.1")])
    assert (result["leases"][0]["ttl"], result["leases"][0]["expiry"]) == (None, "")


def test_siblings_that_flannel_reads(newest):
    newest.configure(VXLAN)
    newest.keys.put(f"{newest.prefix}/subnets_backup/10.5.1.0-24", '{"PublicIP":"192.0.2.1","BackendType":"vxlan"}')
    result = run(newest, ttl=False)
    assert findings(result) == [("warning", "malformed_key", "")]
    assert [lease["subnet"] for lease in result["leases"]] == ["10.5.1.0/24"]


def test_two_hosts_with_one_address(newest):
    newest.configure(VXLAN)
    newest.lease()
    result = run(newest, expected=[NODE1, {**NODE1, "host": "node3"}])
    assert findings(result) == [("error", "duplicate_expected", "node3")]


def test_the_given_network(newest):
    newest.configure(VXLAN)
    newest.lease()
    assert run(newest, network={"network": "10.5.0.0/16", "backend": {"type": "vxlan"}})["findings"] == []
    result = run(newest, network={**VXLAN, "SubnetLen": "25"})
    assert findings(result) == [("error", "config_differs", ""), ("error", "lease_outside_network", "192.0.2.1")]


def test_old_flannel(either):
    either.configure({"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}})
    either.lease(vni=None)
    version = "0.7.1" if either.api == "v2" else "0.18.0"
    assert run(either, api="auto", flannel_version=version, expected=[NODE1])["findings"] == []


def test_room(either):
    """Three subnets: one free, none free, and none for a host that must have one."""
    small = {"Network": "10.5.0.0/22", "SubnetLen": 24, "Backend": {"Type": "vxlan"}}
    either.configure(small)
    either.lease(ttl=70000)
    either.lease("10.5.2.0-24", "192.0.2.2", "", None, 0)
    result = run(either)
    room = {"total": 3, "used": 1, "reserved": 1, "free": 1}
    assert result["capacity"] == {**room, "full_at": 3, "ipv4": room, "ipv6": None}
    assert result["next_expiry"]["subnet"] == "10.5.1.0/24"
    assert 69000 < result["next_expiry"]["ttl"] <= 70000
    either.lease("10.5.3.0-24", "192.0.2.3")
    assert ("warning", "network_full", "") in findings(run(either))
    result = run(either, expected=[NODE1, {"host": "node4", "public_ip": "192.0.2.4"}])
    assert ("error", "network_full", "") in findings(result)
    assert (result["capacity"]["free"], result["healthy"]) == (0, False)


def test_room_of_both_families(newest):
    dual = {**VXLAN, "EnableIPv6": True, "IPv6Network": "fd00:5::/60", "IPv6SubnetLen": 64}
    newest.configure(dual)
    newest.lease("10.5.1.0-24&fd00:5:0:1::-64")
    capacity = run(newest, ttl=False)["capacity"]
    assert (capacity["free"], capacity["full_at"]) == (14, 15)
    assert (capacity["ipv4"]["free"], capacity["ipv6"]["free"]) == (254, 14)


def test_waiting_until_they_come(either):
    either.configure(VXLAN)
    either.lease()
    late = threading.Timer(2, lambda: either.lease("10.5.2.0-24", "192.0.2.2"))
    late.start()
    result = run(either, expected=[NODE1, NODE2], wait=True, wait_timeout=60)
    late.join()
    assert result["healthy"]
    assert [lease["host"] for lease in result["leases"]] == ["node1", "node2"]


def test_waiting_in_vain(newest):
    newest.configure(VXLAN)
    newest.lease()
    started = time.monotonic()
    result = run(newest, expected=[NODE1, NODE2], wait=True, wait_timeout=2)
    assert 2 <= time.monotonic() - started < 20
    assert result["failed"]
    assert "no lease after 2 s: node2 (192.0.2.2)" in result["msg"]
    assert result["missing"] == [NODE2]
    assert [lease["host"] for lease in result["leases"]] == ["node1"]


def test_secrets_are_not_shown(newest):
    psk = "A" * 43 + "="
    newest.configure({"Network": "10.5.0.0/16", "Backend": {"Type": "wireguard", "PSK": psk}})
    result = run(newest)
    assert result["config"]["Backend"]["Type"] == "wireguard"
    assert psk not in str(result)


def test_many_leases(newest):
    """100 hosts in one look, each with a lease of its own; printed, because it is what a large fleet waits for."""
    newest.configure(VXLAN)
    for number in range(1, 101):
        newest.lease(f"10.5.{number}.0-24", f"192.0.2.{number}")
    for ttl in (False, True):
        started = time.monotonic()
        result = run(newest, ttl=ttl)
        print(f"100 leases, ttl {ttl}: {time.monotonic() - started:.1f} s")
        assert result["findings"] == []
        assert len(result["leases"]) == 100
        assert {lease["ttl"] is not None for lease in result["leases"]} == {ttl}
