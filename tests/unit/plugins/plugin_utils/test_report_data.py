# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.five_places import five
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_data import report_data
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_etcd import etcd_entry
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_hosts import certificates, host_entry
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_pings import Cell, Owners, mesh, pairs
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_space import space
from ansible_collections.overlay.flannel.plugins.plugin_utils.verify_report import verify_report

SUBNET = "10.20.7.1/24"
VERDICT = {
    "healthy": True,
    "lease": {"subnet": "10.20.7.0/24", "public_ip": "192.0.2.1", "backend": "vxlan"},
    "flannel": {
        "version": "v0.28.10",
        "subnet_env": {"subnet": SUBNET, "mtu": 1450},
        "docker_options": {"bip": SUBNET},
    },
    "docker": {"docker0": SUBNET, "options": {"bip": SUBNET}, "version": "28.5.2"},
    "pings": [{"address": "10.20.8.1", "ok": True, "ms": 0.5}, {"address": "10.20.8.2", "ok": False, "ms": None}],
    "findings": [],
}
PEER = {**VERDICT, "lease": {"subnet": "10.20.8.0/24"}, "docker": {"docker0": "10.20.8.1/24"}, "pings": []}
LEASES = {"leases": [], "findings": [], "healthy": True}


def changed(**parts):
    return {**VERDICT, **{name: {**VERDICT[name], **part} for name, part in parts.items()}}


@pytest.mark.parametrize(
    ("verdict", "agrees"),
    [
        (VERDICT, [True] * 5),
        (changed(docker={"docker0": "10.20.9.1/24"}), [True, True, True, False, True]),
        (changed(docker={"docker0": "10.20.7.1/25"}), [True, True, True, False, True]),
        (changed(docker={"options": {}, "daemon_json": {"keys": {"bip": SUBNET}}}), [True] * 5),
        ({**VERDICT, "lease": None}, [None, True, True, True, True]),
        ({**VERDICT, "docker": {}}, [True, True, True, None, None]),
        ({}, [None] * 5),
    ],
)
def test_five_places(verdict, agrees):
    assert [one["agrees"] for one in five(verdict)] == agrees


def test_a_host():
    entry = host_entry("a", VERDICT, "ok", 0)
    assert (entry["subnet"], entry["address"], entry["mtu"]) == ("10.20.7.0/24", "192.0.2.1", 1450)
    assert entry["versions"] == {"flannel": "0.28.10", "docker": "28.5.2"}
    assert entry["pings"] == {"sent": 2, "answered": 1, "median_ms": 0.5, "slowest_ms": 0.5, "silent": ["10.20.8.2"]}


def test_certificates_come_in_the_order_of_their_ends():
    found = certificates(
        {
            "certificates": {
                "late": [{"not_after": 864000.0}],
                "chain": [{"not_after": 900000.0}, {"not_after": 86400.0}],
                "none": [],
                "bad": None,
            }
        },
        0,
    )
    assert [(one["file"], one["days"]) for one in found] == [("bad", None), ("chain", 1), ("late", 10)]


def test_states_are_those_of_verify():
    unread = {
        **VERDICT,
        "findings": [{"code": "not_root", "severity": "error", "host": "", "seen": "s", "expected": "e", "fix": "f"}],
    }
    verdicts = {"a": VERDICT, "b": {**VERDICT, "healthy": False}, "c": unread}
    report = verify_report(verdicts, ["d"], LEASES)
    data = report_data(verdicts, report, LEASES, {"members": [], "healthy": True}, 0)
    assert {host["name"]: host["state"] for host in data["hosts"]} == report["states"]
    assert not data["healthy"] and data["summary"]["hosts"] == 4


@pytest.mark.parametrize(
    ("leases", "etcd", "healthy"),
    [
        (LEASES, {"members": [], "healthy": True}, True),
        (LEASES, {"members": [], "healthy": False}, False),
        (LEASES, {"msg": "no"}, False),
        ({**LEASES, "healthy": False}, {"members": [], "healthy": True}, False),
        ({"msg": "no"}, {"members": [], "healthy": True}, False),
    ],
)
def test_what_hosts_share_counts(leases, etcd, healthy):
    verdicts = {"a": VERDICT}
    assert report_data(verdicts, verify_report(verdicts, [], leases), leases, etcd, 0)["healthy"] is healthy


def test_pairs_of_hosts():
    assert pairs({"a": VERDICT, "b": PEER}) == [{"source": "a", "target": "b", "sent": 2, "lost": 1, "ms": 0.5}]


@pytest.mark.parametrize(
    ("address", "owner"), [("10.20.8.9", "b"), ("10.20.9.1", "10.20.9.1"), ("nonsense", "nonsense")]
)
def test_whose_an_address_is(address, owner):
    assert Owners({"a": VERDICT, "b": PEER}).owner(address) == owner


def test_a_mesh_of_few_hosts_has_each():
    found = mesh(["a", "b"], pairs({"a": VERDICT, "b": PEER}))
    assert found.groups == [["a"], ["b"]] and found.cells == {(0, 1): Cell(2, 1, 0.5)}


def test_a_mesh_of_many_hosts_has_groups():
    names = [str(number) for number in range(1000)]
    lost = [{"source": "0", "target": "999", "sent": 1, "lost": 1, "ms": None}]
    found = mesh(names, lost)
    assert len(found.groups) == 40 and sum(map(len, found.groups)) == 1000
    assert found.cells == {(0, 39): Cell(1, 1, None)}


def lease(subnet, kind="used"):
    return {"subnet": subnet, "kind": kind, "host": "a", "public_ip": "192.0.2.1"}


NETWORK = {"Network": "10.20.0.0/16", "SubnetLen": 24, "SubnetMin": "10.20.1.0", "SubnetMax": "10.20.254.0"}


def test_the_address_space():
    leases = [
        lease("10.20.7.0/24"),
        lease("10.20.9.0/24", "foreign"),
        lease("10.20.10.0/23", "reserved"),
        lease("10.99.0.0/24"),
    ]
    found = space(NETWORK, leases)
    kinds = [one.kind for one in found.squares]
    assert len(kinds) == 256 and found.each == 1 and found.beyond == ["10.99.0.0/24"]
    assert (kinds[0], kinds[1], kinds[7], kinds[9], kinds[10], kinds[11], kinds[255]) == (
        ("outside", "free", "used", "foreign", "reserved", "reserved", "outside")
    )
    assert found.squares[7].subnet == "10.20.7.0/24" and found.squares[7].whose == "a"


def test_a_large_space_shares_fields():
    found = space({"Network": "10.0.0.0/8", "SubnetLen": 24}, [lease("10.0.1.0/24"), lease("10.0.2.0/24", "foreign")])
    assert len(found.squares) == 1024 and found.each == 64
    assert (found.squares[0].kind, found.squares[0].taken) == ("foreign", 2)


@pytest.mark.parametrize(
    "network", [None, {}, {"Network": "x", "SubnetLen": 24}, {"Network": "10.0.0.0/24", "SubnetLen": 16}]
)
def test_what_is_no_ipv4_network_has_no_map(network):
    assert space(network, [lease("fc00::/64")]).beyond == ["fc00::/64"]


def test_members_of_etcd_have_what_their_endpoints_say():
    found = etcd_entry(
        {
            "healthy": True,
            "members": [
                {"name": "a", "leader": True, "started": True, "healthy": True},
                {"name": "", "id": "8e", "learner": True},
            ],
            "endpoints": [{"member": "a", "version": "3.6.14", "raft_lag": 3, "db_size": 5}],
        }
    )
    first, second = found["members"]
    assert (first["role"], first["raft_lag"], first["version"]) == ("leader", 3, "3.6.14")
    assert (second["role"], second["started"], second["healthy"], second["raft_lag"]) == ("learner", False, None, None)
