# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.address_selection import as_target, host_address


def one(address, prefixlen, family=4):
    return {"address": address, "prefixlen": prefixlen, "family": family}


def route(dst, dev, via="", src="", metric=0):
    return {"dst": dst, "dev": dev, "via": via, "src": src, "metric": metric}


LOOK = {
    "interfaces": {
        "lo": {"addresses": [one("127.0.0.1", 8), one("::1", 128, 6)]},
        "eth0": {"addresses": [one("10.0.2.15", 24), one("fe80::1", 64, 6)]},
        "eth1": {"addresses": [one("172.72.2.11", 24), one("172.72.2.100", 24)]},
        "docker0": {"addresses": [one("172.17.0.1", 16)]},
    },
    "routes": [
        route("0.0.0.0/0", "eth0", "10.0.2.2", metric=100),
        route("::/0", "eth0", "fe80::2"),
        route("10.9.0.0/16", "eth1", "172.72.2.1", "172.72.2.100"),
        route("10.9.0.0/16", "eth0", "10.0.2.2", metric=50),
    ],
}


@pytest.mark.parametrize(
    ("interface", "towards", "address"),
    [
        ("eth1", [], "172.72.2.11"),
        ("172.72.2.100", [], "172.72.2.100"),
        ("172.72.2.0/24", [], "172.72.2.11"),
        ("th1$", [], "172.72.2.11"),
        ("docker0", [], "172.17.0.1"),
        ("", ["172.72.2.12"], "172.72.2.11"),
        ("", ["http://172.72.2.12:2379", "10.0.2.2"], "172.72.2.11"),
        ("", ["some.host", "127.0.0.1", "172.72.2.11"], "172.72.2.11"),
        ("", "172.72.2.12", "172.72.2.11"),
        ("", ["10.9.8.7"], "172.72.2.100"),
        ("", ["172.17.0.5"], "10.0.2.15"),
        ("", ["8.8.8.8"], "10.0.2.15"),
        ("", [], "10.0.2.15"),
    ],
)
def test_choice(interface, towards, address):
    found = host_address(LOOK, interface, towards)
    assert (found["problem"], found["address"]) == ("", address)
    assert found["prefixlen"] in (16, 24)


# Recorded with `ip addr` on a host whose card lists a floating address first; every Vagrant machine has the same 10.0.2.15.
FLOATING = {
    "interfaces": {
        "lo": {"addresses": [one("127.0.0.1", 8)]},
        "nat0": {"addresses": [one("10.0.2.15", 24)]},
        "host0": {"addresses": [one("172.72.2.100", 24), one("172.72.2.12", 24), one("172.72.2.13", 24)]},
    },
    "routes": [
        route("0.0.0.0/0", "nat0", "10.0.2.2"),
        route("172.72.2.0/24", "host0", src="172.72.2.100"),
        route("10.9.0.0/16", "host0", "172.72.2.1"),
    ],
}


@pytest.mark.parametrize(
    ("interface", "towards", "own", "running", "address"),
    [
        ("", ["172.72.2.12"], ["172.72.2.12", "node"], "", "172.72.2.12"),
        ("host0", [], ["172.72.2.12", "node"], "", "172.72.2.12"),
        ("172.72.2.0/24", [], ["node", "172.72.2.12"], "", "172.72.2.12"),
        ("ost", [], ["172.72.2.12"], "", "172.72.2.12"),
        # what the inventory says counts more than what runs: an earlier run may have taken the floating address
        ("", ["172.72.2.12"], ["172.72.2.12"], "172.72.2.100", "172.72.2.12"),
        # names in the inventory: what runs stays
        ("", ["http://172.72.2.11:2379"], ["node"], "172.72.2.13", "172.72.2.13"),
        ("host0", [], ["node"], "172.72.2.13", "172.72.2.13"),
        ("", ["10.9.8.7"], ["node"], "172.72.2.12", "172.72.2.12"),
        ("", ["http://172.72.2.11:2379"], ["node"], "", "172.72.2.100"),
        # an explicit address, and another card, are the user's wish
        ("172.72.2.100", [], ["172.72.2.12"], "172.72.2.12", "172.72.2.100"),
        ("nat0", [], ["172.72.2.12"], "172.72.2.12", "10.0.2.15"),
        # addresses as inventory names, with etcd elsewhere
        ("", ["http://192.0.2.1:2379"], ["172.72.2.12"], "", "172.72.2.12"),
        ("", ["http://192.0.2.1:2379"], ["127.0.0.1", "172.72.2.12"], "", "172.72.2.12"),
        # the name is the address of a NAT, which the host does not have
        ("", ["http://192.0.2.1:2379"], ["203.0.113.5"], "", "10.0.2.15"),
        ("", ["http://172.72.2.11:2379"], ["203.0.113.5"], "172.72.2.12", "172.72.2.12"),
    ],
)
def test_the_own_address_among_several(interface, towards, own, running, address):
    found = host_address(FLOATING, interface, towards, own, running)
    assert (found["problem"], found["address"]) == ("", address)


@pytest.mark.parametrize(
    ("facts", "interface", "problem"),
    [
        (LOOK, "eth9", "no interface fits eth9; there is: lo 127.0.0.1/8, eth0 10.0.2.15/24"),
        (LOOK, "192.0.2.1", "no interface fits 192.0.2.1"),
        (LOOK, "eth", "more than one interface fits eth; there is: eth0 10.0.2.15/24, eth1"),
        (LOOK, "eth[", "eth[ is no interface, address, network or pattern"),
        ({}, "", "no interface leads to the default route; there is: no address at all"),
        (dict(LOOK, routes=[]), "", "no interface leads to the default route"),
    ],
)
def test_problem(facts, interface, problem):
    found = host_address(facts, interface)
    assert problem in found["problem"]
    assert (found["interface"], found["address"], found["prefixlen"]) == ("", "", 0)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("https://192.0.2.1:2379/x", "192.0.2.1"),
        ("host1", None),
        ("1.2.3", None),
        ("fd00::1", None),
    ],
)
def test_target(text, address):
    assert str(as_target(text) or "") == (address or "")
