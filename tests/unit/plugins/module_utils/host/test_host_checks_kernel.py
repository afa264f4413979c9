# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import Case
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.kernel import judge_kernel
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import kernel as host_kernel

OTHER = {"dst": "172.72.103.11/32", "via": "", "dev": "eth1", "src": "", "metric": 0}
DIRECT = {"Network": "10.43.0.0/16", "Backend": {"Type": "vxlan", "DirectRouting": True}}


def codes(case):
    return [finding.code for finding in judge_kernel(case)]


@pytest.mark.parametrize(
    ("version", "network", "found"),
    [
        ("0.25.7", None, []),
        ("0.26.0", None, ["bridge_netfilter_missing"]),
        ("0.28.10", {"EnableNFTables": True}, []),
        ("0.27.0", {"EnableNFTables": True}, ["bridge_netfilter_missing"]),
        ("dev", None, []),
    ],
)
def test_bridge_netfilter(case, version, network, found):
    case.look["kernel"]["bridge_netfilter"] = False
    case.look["flannel"]["version"] = version
    assert codes(Case(case.look, case.leases, network)) == found


@pytest.mark.parametrize(("value", "found"), [(0, []), (1, ["reverse_path_filter"]), (2, [])])
def test_a_way_back_by_another_interface(case, value, found):
    case.look["kernel"]["reverse_path_filter"]["host0"] = value
    assert codes(case) == []
    case.look["routes"].append(OTHER)
    assert codes(case) == found


def test_direct_routing_from_one_side(case):
    """The peer sends plain packets, this host would answer through the device."""
    case.look["kernel"]["reverse_path_filter"]["host0"] = 1
    assert codes(case) == []
    assert codes(Case(case.look, case.leases, DIRECT)) == ["reverse_path_filter"]
    behind = [
        {"dst": f"172.72.103.{last}/32", "via": "172.72.103.1", "dev": "host0", "src": "", "metric": 0}
        for last in (11, 12)
    ]
    assert codes(Case(dict(case.look, routes=[*case.look["routes"], *behind]), case.leases, DIRECT)) == []
    for route in case.look["routes"]:
        if route["dev"] == "flannel.1":
            route.update(dev="host0", via="172.72.103.11")
    assert codes(Case(case.look, case.leases, DIRECT)) == []


def test_looking(monkeypatch, tmp_path, case):
    for name, value in (("all", 0), ("host0", 1), ("flannel.1", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rp_filter").write_text(f"{value}\n")
    monkeypatch.setattr(host_kernel, "IPV4_CONF", str(tmp_path))
    links = case.look["interfaces"]
    assert host_kernel.reverse_path_filter(links) == {"docker0": 0, "flannel.1": 2, "host0": 1, "lo": 0}
    (tmp_path / "all/rp_filter").write_text("1\n")
    assert host_kernel.reverse_path_filter(links) == {"docker0": 1, "flannel.1": 2, "host0": 1, "lo": 1}


def test_checksums():
    assert host_kernel.leaves_checksums("lo") is True
    assert host_kernel.leaves_checksums("none") is None
