# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import IPV4, IPV6, HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.devices import check_devices, own_devices

WIDE = {"dst": "10.43.0.0/16", "via": "", "dev": "flannel0", "src": "", "metric": 0}
KERNELS = {"dst": "fe80::/64", "via": "", "dev": "flannel.7", "src": "", "metric": 256}


def codes(context):
    return [finding.code for finding in check_devices(context)]


@pytest.mark.parametrize("name", ["vxlan_dual", "vxlan_direct", "host_gw", "host_gw_dual", "udp"])
def test_the_devices_of_each_backend(recorded_case, name):
    assert codes(recorded_case(name)) == []


@pytest.mark.parametrize(
    ("backend", "devices"),
    [
        ({"Type": "wireguard"}, {IPV4: "flannel-wg", IPV6: "flannel-wg-v6"}),
        ({"Type": "wireguard", "Mode": "auto"}, {IPV4: "flannel-wg", IPV6: "flannel-wg"}),
        ({"Type": "vxlan", "VNI": 42}, {IPV4: "flannel.42", IPV6: "flannel-v6.42"}),
        ({"Type": "host-gw"}, {}),
    ],
)
def test_devices_with_ipv6(facts, backend, devices):
    facts["flannel"]["subnet_env"]["ipv6_subnet"] = "fd00:1::1/64"
    assert own_devices(HostContext(facts, network={"Backend": backend})) == devices


@pytest.mark.parametrize(
    ("field", "value", "code", "fix"),
    [
        ("up", False, "device_down", "systemctl restart flanneld"),
        ("kind", "dummy", "device_kind", "ip link delete flannel.1; systemctl restart flanneld"),
        ("vni", 2, "device_vni", "ip link delete flannel.1; systemctl restart flanneld"),
        ("mac", "02:00:00:00:00:01", "device_mac", "systemctl restart flanneld"),
        ("addresses", [], "device_address", "systemctl restart flanneld"),
    ],
)
def test_one_fault(context, field, value, code, fix):
    context.facts["interfaces"]["flannel.1"][field] = value
    (finding,) = check_devices(context)
    assert (finding.code, finding.fix) == (code, fix)


@pytest.mark.parametrize(
    ("name", "device"), [("vxlan_dual", "flannel-v6.1"), ("vxlan_direct", "flannel.1"), ("udp", "flannel0")]
)
def test_a_device_is_missing(recorded_case, name, device):
    context = recorded_case(name)
    del context.facts["interfaces"][device]
    (finding,) = check_devices(context)
    assert (finding.code, finding.expected) == ("device_missing", device)


def test_a_device_for_both_families_is_missed_once(facts):
    facts["flannel"]["subnet_env"]["ipv6_subnet"] = "fd00:1::1/64"
    context = HostContext(facts, network={"Backend": {"Type": "wireguard", "Mode": "auto"}})
    assert codes(context) == ["device_missing", "stale_device"]


def test_ipip_has_no_ipv6(facts):
    facts["flannel"]["subnet_env"]["ipv6_subnet"] = "fd00:1::1/64"
    assert own_devices(HostContext(facts, network={"Backend": {"Type": "ipip"}})) == {IPV4: "flannel.ipip"}


def test_the_device_of_udp_ends_with_flanneld(recorded_case):
    context = recorded_case("udp")
    del context.facts["interfaces"]["flannel0"], context.facts["processes"]["flanneld"]
    assert codes(context) == []


def test_the_device_of_another_vni(context):
    leases = copy.deepcopy(list(context.leases))
    own = next(lease for lease in leases if lease["public_ip"] == "172.72.103.13")
    own["backend_data"]["VNI"] = 7
    missing, left = check_devices(HostContext(context.facts, leases))
    assert (missing.code, missing.expected) == ("device_missing", "flannel.7")
    assert (left.code, left.severity) == ("stale_device", "error")
    assert left.fix == "ip link delete flannel.1; systemctl restart flanneld"


@pytest.mark.parametrize(
    "name", ["flannel.7", "flannel-v6.1", "flannel0", "flannel.ipip", "flannel-wg", "flannel-wg-v6"]
)
def test_a_device_of_a_former_configuration(context, name):
    context.facts["interfaces"][name] = dict(context.facts["interfaces"]["flannel.1"])
    context.facts["routes"].append(dict(KERNELS, dev=name))
    (finding,) = check_devices(context)
    assert (finding.code, finding.severity, finding.fix) == ("stale_device", "warning", f"ip link delete {name}")


def test_a_left_device_that_takes_packets(context):
    context.facts["interfaces"]["flannel0"] = dict(context.facts["interfaces"]["flannel.1"], kind="tun")
    context.facts["routes"].append(WIDE)
    (finding,) = check_devices(context)
    assert (finding.code, finding.severity) == ("stale_device", "error")
    assert "packets to 10.43.0.0/16 go there" in finding.seen


def test_every_device_is_left_with_host_gw(recorded_case, context):
    other = recorded_case("host_gw")
    other.facts["interfaces"]["flannel.1"] = context.facts["interfaces"]["flannel.1"]
    (finding,) = check_devices(other)
    assert (finding.code, finding.expected) == ("stale_device", "no device of flannel")


def test_other_names_and_unknown_configurations_are_left_alone(context):
    context.facts["interfaces"]["flannel-mine"] = dict(context.facts["interfaces"]["flannel.1"])
    assert codes(context) == []
    context.facts["interfaces"]["flannel.7"] = dict(context.facts["interfaces"]["flannel.1"])
    assert codes(HostContext(context.facts)) == []
    extension = [dict(lease, backend="extension", backend_data="x") for lease in context.leases]
    assert codes(HostContext(context.facts, extension)) == []


@pytest.mark.parametrize(
    ("network", "interface", "backend"),
    [
        ({"Backend": {"Type": "alloc"}}, "flannel.1", "alloc"),
        ({"Backend": {"Type": "vxlan"}}, "flannel0", "udp"),
        (None, "flannel0", "udp"),
        (None, "flannel.1", ""),
    ],
)
def test_a_lease_that_names_no_backend(context, network, interface, backend):
    context.facts["interfaces"][interface] = context.facts["interfaces"].pop("flannel.1")
    leases = [dict(lease, backend="", backend_data=None) for lease in context.leases]
    assert HostContext(context.facts, leases, network).backend == backend
