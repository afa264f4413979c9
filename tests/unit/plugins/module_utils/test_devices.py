# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.devices import overlay_device


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
