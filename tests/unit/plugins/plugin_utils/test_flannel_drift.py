# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_drift import flannel_drift

NETWORK = {"Network": "10.20.0.0/16", "SubnetLen": 24, "Backend": {"Type": "vxlan"}}
DUAL = {**NETWORK, "EnableIPv6": True, "IPv6Network": "fd00:5::/48"}
OPTIONS = " --bip=10.20.5.1/24 --ip-masq=false --mtu=1450"


def device(address, mtu=1450, port=8472):
    return {"mtu": mtu, "port": port, "learning": False, "addresses": [{"address": address}]}


def facts(docker=OPTIONS, interfaces=None, **written):
    """As a host with flannel 0.28.10 looks, seen in the lab."""
    subnet_env = {
        "network": "10.20.0.0/16",
        "subnet": "10.20.5.1/24",
        "ipv6_network": "",
        "ipv6_subnet": "",
        "mtu": 1450,
        "ipmasq": True,
        **written,
    }
    links = {"flannel.1": device("10.20.5.0")} if interfaces is None else interfaces
    return {
        "flannel": {"subnet_env": subnet_env, "docker_env": {"DOCKER_OPTS": docker} if docker is not None else None},
        "interfaces": {"eth0": device("192.0.2.11", 1500, None), **links},
    }


def drift(seen, network=None, version="0.28.10"):
    found = flannel_drift(seen, network or NETWORK, "DOCKER_OPTS", "eth0", version)
    return found["reasons"], found["devices"]


def test_routes_that_a_restart_would_keep():
    """host-gw and DirectRouting leave them by the uplink, where udp or another network have no use for them."""

    def networks(seen, network):
        return flannel_drift(seen, network, "DOCKER_OPTS", "eth0", "0.28.10")["networks"]

    by_uplink = facts(interfaces={})
    assert networks(facts(), NETWORK) == []
    assert networks(facts(), {**NETWORK, "Network": "10.30.0.0/16"}) == ["10.20.0.0/16 24"]
    assert networks(by_uplink, {**NETWORK, "Backend": {"Type": "udp"}}) == ["10.20.0.0/16 24"]
    assert networks(by_uplink, {**NETWORK, "Backend": {"Type": "host-gw"}}) == []
    assert networks(facts(docker=None), NETWORK) == []
    assert networks(dual_look(), {**DUAL, "SubnetLen": 25}) == ["10.20.0.0/16 24", "fd00:5::/48 64"]


def dual_look(mtu=1430):
    return facts(
        docker=OPTIONS + " --ipv6 --fixed-cidr-v6=fd00:5:0:4::/64",
        interfaces={"flannel.1": device("10.20.5.0"), "flannel-v6.1": device("fd00:5:0:4::", mtu)},
        ipv6_network="fd00:5::/48",
        ipv6_subnet="fd00:5:0:4::1/64",
    )


@pytest.mark.parametrize(
    ("seen", "network"),
    [
        (facts(), NETWORK),
        (facts(), {}),
        (facts(), {"network": "10.20.9.9/16", "backend": {"type": "VXLAN", "vni": 1}}),
        (facts(), {"Network": "10.20.0.0/40"}),
        (dual_look(), DUAL),
        (
            facts(docker=OPTIONS.replace("1450", "1500"), interfaces={}, mtu=1500),
            {**NETWORK, "Backend": {"Type": "host-gw"}},
        ),
        (
            facts(docker=OPTIONS.replace("1450", "8950"), mtu=8950),
            {**NETWORK, "Backend": {"Type": "vxlan", "MTU": 9000}},
        ),
    ],
)
def test_flannel_runs_what_is_wanted(seen, network):
    assert drift(seen, network) == ([], [])


def test_nothing_written_yet():
    assert drift({"flannel": {"subnet_env": None}}) == (["/run/flannel/subnet.env is not there"], [])


@pytest.mark.parametrize(
    ("change", "reason", "devices"),
    [
        (
            {"Network": "10.21.0.0/16"},
            "flannel works in 10.20.0.0/16 by subnets of /24, not in 10.21.0.0/16",
            ["flannel.1"],
        ),
        ({"SubnetLen": 26}, "by subnets of /24, not in 10.20.0.0/16 by subnets of /26", ["flannel.1"]),
        ({"Backend": {"Type": "vxlan", "VNI": 2}}, "the device flannel.2 is not there", ["flannel.1"]),
        ({"Backend": {"Type": "host-gw"}}, "the device flannel.1 is left over", ["flannel.1"]),
        ({"Backend": {"Type": "wireguard"}}, "the device flannel-wg is not there", ["flannel.1"]),
        ({"Backend": {"Type": "vxlan", "MTU": 1400}}, "flannel's MTU is 1450, not 1350", ["flannel.1"]),
        ({"Backend": {"Type": "vxlan", "Learning": True}}, "flannel.1 has learning off", ["flannel.1"]),
        ({"Backend": {"Type": "vxlan", "Port": 4789}}, "flannel.1 sends to port 8472, not 4789", ["flannel.1"]),
        ({"EnableIPv6": True, "IPv6Network": "fd00:5::/48"}, "no IPv6 network, not in fd00:5::/48", ["flannel.1"]),
    ],
)
def test_the_configuration_has_changed(change, reason, devices):
    reasons, found = drift(facts(), {**NETWORK, **change})
    assert any(reason in text for text in reasons)
    assert found == devices


def test_a_device_that_is_not_ours_stays():
    seen = facts(interfaces={"flannel.1": device("10.20.5.0"), "flannel.7": device("10.99.0.0")})
    assert drift(seen) == ([], [])


@pytest.mark.parametrize(
    ("seen", "network", "name"),
    [
        (facts(interfaces={"flannel.1": device("10.20.5.0", 1400)}), NETWORK, "flannel.1"),
        (dual_look(1400), DUAL, "flannel-v6.1"),
    ],
)
def test_a_device_with_another_mtu_has_to_go(seen, network, name):
    reasons, devices = drift(seen, network)
    assert devices == [name] and len(reasons) == 1


def test_old_flannel_wrote_the_mtu_of_the_uplink():
    seen = facts(docker=OPTIONS.replace("1450", "1500"), mtu=1500)
    assert drift(seen, version="0.7.1") == ([], [])


@pytest.mark.parametrize(
    ("docker", "reason"),
    [
        (None, "/run/flannel/docker does not set DOCKER_OPTS"),
        (OPTIONS.replace("10.20.5.1", "10.20.6.1"), "has bip 10.20.6.1/24, subnet.env requires 10.20.5.1/24"),
        (OPTIONS.replace("1450", "1500"), "has mtu 1500, subnet.env requires 1450"),
        (OPTIONS.replace("=false", "=true"), "has ip_masq true, subnet.env requires false"),
        ("", "has bip not set, subnet.env requires 10.20.5.1/24"),
    ],
)
def test_docker_would_get_something_else(docker, reason):
    reasons, devices = drift(facts(docker=docker))
    assert any(reason in text for text in reasons) and devices == []
