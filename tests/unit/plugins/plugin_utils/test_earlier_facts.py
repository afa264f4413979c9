# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.connectivity import targets
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.collect import returned
from ansible_collections.overlay.flannel.plugins.plugin_utils.earlier_facts import (
    clean_leases,
    clean_verdict,
    configuration_remaining,
)

HEALTHY = json.loads((Path(__file__).parents[1] / "fixtures" / "healthy_host.json").read_text())
LEASES = HEALTHY["leases"]


@pytest.fixture
def found():
    """The result of host_info on a healthy host that has pinged its peers."""
    facts = copy.deepcopy(HEALTHY["facts"])
    pings = [{"address": address, "ok": True, "ms": 0.1} for address in targets(HostContext(facts), 9)]
    return {**returned(facts), "pings": pings, "findings": [], "lease": None, "healthy": True, "registry": None}


def verdict(found, leases=LEASES, pings=10):
    return clean_verdict(found, leases, None, "", pings)


def test_healthy(found):
    result = verdict(found)
    assert (result["healthy"], result["findings"], result["changed"]) == (True, [], False)
    assert result["lease"]["subnet"] == "10.43.69.0/24"
    assert [ping["address"] for ping in result["pings"]] == ["10.43.24.1", "10.43.47.1"]
    assert result["docker"] == found["docker"]
    assert "peer_entries" not in result


def test_only_the_wanted_pings_are_reported(found):
    assert [ping["address"] for ping in verdict(found, pings=1)["pings"]] == ["10.43.24.1"]
    assert verdict(found, pings=0)["pings"] == []


def edit(found, *path, value):
    for name in path[:-1]:
        found = found[name]
    found[path[-1]] = value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("pings", 0, "ok"), False),
        (("pings",), []),
        (("pings", 1, "address"), "10.43.99.1"),
        (("findings",), [{"code": "ping_lost"}]),
        (("peer_entries",), None),
        (("peer_entries", "routes"), []),
        (("peer_entries", "fdb"), []),
        (("flannel", "docker_options"), None),
        (("flannel", "subnet_env"), None),
        (("sysctls", "net.ipv4.ip_forward"), "0"),
    ],
)
def test_whatever_is_wrong_is_read_again(found, path, value):
    edit(found, *path, value=value)
    assert verdict(found) is None


@pytest.mark.parametrize("number", range(len(LEASES)))
def test_a_lease_that_has_gone_is_checked_again(found, number):
    assert verdict(found, [lease for lease in LEASES if lease is not LEASES[number]]) is None


def test_a_lease_that_has_come_is_checked_again(found):
    new = {**LEASES[-1], "subnet": "10.43.200.0/24", "public_ip": "172.72.103.19"}
    assert verdict(found, [*LEASES, new]) is None


REGISTRY = {
    "leases": [{"subnet": "10.5.1.0/24", "public_ip": "192.0.2.1", "host": ""}],
    "next_expiry": {"subnet": "10.5.1.0/24", "public_ip": "192.0.2.1", "host": "", "ttl": 5},
    "findings": [],
    "healthy": True,
    "reused": False,
}
NODE1 = {"host": "node1", "public_ip": "192.0.2.1"}


def test_leases_of_the_expected_hosts():
    result = clean_leases(REGISTRY, [NODE1])
    assert (result["reused"], result["healthy"]) == (True, True)
    assert (result["leases"][0]["host"], result["next_expiry"]["host"]) == ("node1", "node1")
    assert REGISTRY["leases"][0]["host"] == ""


@pytest.mark.parametrize(
    ("registry", "expected"),
    [
        (REGISTRY, []),
        (REGISTRY, [NODE1, {"host": "node2", "public_ip": "192.0.2.2"}]),
        (REGISTRY, [NODE1, {"host": "node2", "public_ip": "192.0.2.1"}]),
        ({**REGISTRY, "leases": []}, [NODE1]),
        ({**REGISTRY, "leases": REGISTRY["leases"] * 2}, [NODE1]),
        ({**REGISTRY, "findings": [{"code": "network_nearly_full"}]}, [NODE1]),
        ({"error": "no answer"}, [NODE1]),
        ({}, [NODE1]),
        (None, [NODE1]),
    ],
)
def test_everything_else_is_read_again(registry, expected):
    assert clean_leases(registry, expected) is None


@pytest.mark.parametrize(
    ("registry", "texts"),
    [
        (REGISTRY, []),
        (None, ["the network's configuration in etcd was not read: no etcd runs here"]),
        ({"error": "timed out"}, ["the network's configuration in etcd was not read: timed out"]),
        ({**REGISTRY, "findings": [{"code": "config_differs", "seen": "another"}]}, ["another"]),
        ({**REGISTRY, "findings": [{"code": "config_missing", "seen": "not there"}]}, ["not there"]),
        ({**REGISTRY, "findings": [{"code": "config_invalid", "seen": "no JSON"}]}, ["no JSON"]),
        ({**REGISTRY, "findings": [{"code": "lease_foreign", "seen": "x"}]}, []),
    ],
)
def test_what_remains_of_the_configuration(registry, texts):
    assert configuration_remaining(registry) == texts
