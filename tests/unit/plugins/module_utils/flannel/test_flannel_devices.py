# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import backend_of
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.devices import (
    accepts_anybody,
    direct_routing,
    ipv6_device,
    is_flannels,
    overlay_device,
    overlay_devices,
)


@pytest.mark.parametrize(
    ("network", "device"),
    [
        ({"Backend": {"Type": "vxlan"}}, "flannel.1"),
        ({"Backend": {"Type": "VXLAN", "vni": 42}}, "flannel.42"),
        ({"backend": {"type": "vxlan", "VNI": 0}}, "flannel.1"),
        ({"Backend": {"Type": "wireguard"}}, "flannel-wg"),
        ({"Backend": {"Type": "host-gw"}}, "eth1"),
        ({}, "flannel0"),
    ],
)
def test_device_of_each_backend(network, device):
    assert overlay_device(network, "eth1") == device


@pytest.mark.parametrize(
    ("backend", "ipv4", "ipv6"),
    [
        ({"Type": "vxlan", "VNI": 42}, ["flannel.42"], ["flannel-v6.42"]),
        ({"Type": "vxlan", "DirectRouting": True}, ["flannel.1", "eth1"], ["flannel-v6.1", "eth1"]),
        ({"type": "IPIP", "directrouting": True}, ["flannel.ipip", "eth1"], ["flannel.ipip", "eth1"]),
        ({"Type": "vxlan", "DirectRouting": False}, ["flannel.1"], ["flannel-v6.1"]),
        ({"Type": "host-gw"}, ["eth1"], ["eth1"]),
        ({"Type": "wireguard"}, ["flannel-wg"], ["flannel-wg-v6"]),
        ({"Type": "wireguard", "Mode": "separate"}, ["flannel-wg"], ["flannel-wg-v6"]),
        *(({"Type": "wireguard", "Mode": mode}, ["flannel-wg"], ["flannel-wg"]) for mode in ("auto", "ipv4", "ipv6")),
        ({"Type": "wireguard", "DirectRouting": True}, ["flannel-wg"], ["flannel-wg-v6"]),  # it has no such key
    ],
)
def test_all_devices_by_which_packets_arrive(backend, ipv4, ipv6):
    network = {"Backend": backend}
    assert (overlay_devices(network, "eth1"), overlay_devices(network, "eth1", ipv6=True)) == (ipv4, ipv6)


@pytest.mark.parametrize(
    ("device", "backend", "mode", "other"),
    [
        ("flannel.42", "vxlan", "", "flannel-v6.42"),
        ("flannel-wg", "wireguard", "", "flannel-wg-v6"),
        ("flannel-wg", "wireguard", "separate", "flannel-wg-v6"),
        ("flannel-wg", "wireguard", "auto", "flannel-wg"),
        ("flannel.ipip", "ipip", "", "flannel.ipip"),
        ("", "vxlan", "", ""),
        ("eth1", "host-gw", "", "eth1"),
    ],
)
def test_device_of_ipv6(device, backend, mode, other):
    assert ipv6_device(device, backend_of(backend).device, mode) == other


@pytest.mark.parametrize(
    ("network", "direct"),
    [
        ({"backend": {"type": "vxlan", "DIRECTROUTING": True}}, True),
        ({"Backend": {"Type": "ipip", "DirectRouting": "true"}}, True),
        ({"Backend": {"Type": "host-gw", "DirectRouting": True}}, False),
        ({}, False),
    ],
)
def test_direct_routing(network, direct):
    assert direct_routing(network) is direct


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        *((name, True) for name in "flannel.1 flannel-v6.12 flannel0 flannel.ipip flannel-wg flannel-wg-v6".split()),
        *((name, False) for name in "flannel flannel.x flannel-vxlan eth0.flannel.1".split()),
    ],
)
def test_names_that_flannel_gives(name, ours):
    assert is_flannels(name) is ours


@pytest.mark.parametrize(
    ("name", "anybody"),
    [
        ("flannel.1", True),
        ("flannel.42", True),
        ("flannel-v6.1", True),
        ("flannel.ipip", True),
        ("flannel0", False),  # the kernel does not know its peers
        ("flannel-wg", False),
        ("flannel-wg-v6", False),
        ("eth1", False),
        ("", False),
    ],
)
def test_devices_that_take_packets_from_anybody(name, anybody):
    assert accepts_anybody(name) == anybody
