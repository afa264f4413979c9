# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.devices import (
    direct_routing,
    ipv6_device,
    is_flannels,
    overlay_device,
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
    ("device", "backend", "other"),
    [
        ("flannel.42", {}, "flannel-v6.42"),
        ("flannel-wg", {}, "flannel-wg-v6"),
        ("flannel-wg", {"mode": "auto"}, "flannel-wg"),
        ("flannel.ipip", {}, "flannel.ipip"),
        ("", {}, ""),
    ],
)
def test_device_of_ipv6(device, backend, other):
    assert ipv6_device(device, {"Backend": backend}) == other


@pytest.mark.parametrize(
    ("network", "direct"),
    [({"backend": {"DIRECTROUTING": True}}, True), ({"Backend": {"DirectRouting": "true"}}, True), ({}, False)],
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
