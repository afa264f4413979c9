# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.kernel import check_kernel
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import kernel as kernel_facts

OTHER = {"dst": "172.72.103.11/32", "via": "", "dev": "eth1", "src": "", "metric": 0}
DIRECT = {"Network": "10.43.0.0/16", "Backend": {"Type": "vxlan", "DirectRouting": True}}


def codes(context):
    return [finding.code for finding in check_kernel(context)]


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
def test_bridge_netfilter(context, version, network, found):
    context.facts["kernel"]["bridge_netfilter"] = False
    context.facts["flannel"]["version"] = version
    assert codes(HostContext(context.facts, context.leases, network)) == found


@pytest.mark.parametrize(("value", "found"), [(0, []), (1, ["reverse_path_filter"]), (2, [])])
def test_a_way_back_by_another_interface(context, value, found):
    context.facts["kernel"]["reverse_path_filter"]["host0"] = value
    assert codes(context) == []
    context.facts["routes"].append(OTHER)
    assert codes(context) == found


def test_direct_routing_from_one_side(context):
    """The peer sends plain packets, this host would answer through the device."""
    context.facts["kernel"]["reverse_path_filter"]["host0"] = 1
    assert codes(context) == []
    assert codes(HostContext(context.facts, context.leases, DIRECT)) == ["reverse_path_filter"]
    behind = [
        {"dst": f"172.72.103.{last}/32", "via": "172.72.103.1", "dev": "host0", "src": "", "metric": 0}
        for last in (11, 12)
    ]
    assert (
        codes(HostContext(dict(context.facts, routes=[*context.facts["routes"], *behind]), context.leases, DIRECT))
        == []
    )
    for route in context.facts["routes"]:
        if route["dev"] == "flannel.1":
            route.update(dev="host0", via="172.72.103.11")
    assert codes(HostContext(context.facts, context.leases, DIRECT)) == []


def test_looking(monkeypatch, tmp_path, context):
    for name, value in (("all", 0), ("host0", 1), ("flannel.1", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rp_filter").write_text(f"{value}\n")
    monkeypatch.setattr(kernel_facts, "IPV4_CONF", str(tmp_path))
    links = context.facts["interfaces"]
    assert kernel_facts.reverse_path_filter(links) == {"docker0": 0, "flannel.1": 2, "host0": 1, "lo": 0}
    (tmp_path / "all/rp_filter").write_text("1\n")
    assert kernel_facts.reverse_path_filter(links) == {"docker0": 1, "flannel.1": 2, "host0": 1, "lo": 1}


def test_checksums():
    assert kernel_facts.leaves_checksums("lo") is True
    assert kernel_facts.leaves_checksums("none") is None
