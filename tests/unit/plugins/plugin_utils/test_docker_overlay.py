# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_overlay import docker_overlay

IPV6 = {"EnableIPv6": True, "IPv6Network": "fd00::/48"}


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        ({"Network": "10.20.0.0/16", "Backend": {"Type": "vxlan"}}, ("10.20.0.0/16", "flannel.1", "", "")),
        ({"network": "10.20.0.0/16", "backend": {"type": "host-gw"}}, ("10.20.0.0/16", "eth1", "", "")),
        (
            {"network": "10.20.0.0/16", "backend": {"type": "host-gw"}, "enableIPv6": True, "ipv6network": "fd00::/48"},
            ("10.20.0.0/16", "eth1", "fd00::/48", "eth1"),
        ),
        (
            {"Network": "10.20.0.0/16", "Backend": {"Type": "vxlan", "VNI": 7, "DirectRouting": True}, **IPV6},
            ("10.20.0.0/16", "flannel.7,eth1", "fd00::/48", "flannel-v6.7,eth1"),
        ),
        (
            {"Network": "10.20.0.0/16", "Backend": {"Type": "vxlan"}, **IPV6, "EnableIPv6": False},
            ("10.20.0.0/16", "flannel.1", "", ""),
        ),
        ({"Network": "nonsense"}, ("", "", "", "")),
        ({}, ("", "", "", "")),
    ],
)
def test_networks_and_devices(network, expected):
    assert tuple(docker_overlay(network, uplink="eth1").values()) == expected


def test_bits_behind_the_length_are_gone():
    """iptables prints networks so, and the accept rules are compared with what it prints."""
    assert docker_overlay({"Network": "10.20.5.0/16", "Backend": {"Type": "vxlan"}})["network"] == "10.20.0.0/16"
