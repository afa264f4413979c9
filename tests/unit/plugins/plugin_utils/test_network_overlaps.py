# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.network_overlaps import network_conflicts

NETWORK = {"Network": "10.20.0.0/16", "Backend": {"Type": "vxlan"}}


def addresses(*texts):
    split = [text.split("/") for text in texts]
    return [
        {"address": address, "prefixlen": int(length), "family": 6 if ":" in address else 4}
        for address, length in split
    ]


def facts(interfaces=None, routes=(), networks=(), keys=None, subnet_env=None):
    return {
        "interfaces": {name: {"addresses": addresses(*texts)} for name, texts in (interfaces or {}).items()},
        "routes": [{"dst": dst, "via": via, "dev": dev} for dst, via, dev in routes],
        "docker": {
            "networks": [{"name": name, "subnet": subnet} for name, subnet in networks],
            "daemon_json": {"keys": keys or {}},
        },
        "flannel": {"subnet_env": subnet_env},
    }


SEEN = {"network": "10.20.0.0/16", "subnet": "10.20.5.1/24"}
SEEN_LONGER = {"network": "10.20.0.0/16", "subnet": "10.20.7.129/25"}
SEEN_ELSEWHERE = {"network": "10.30.0.0/16", "subnet": "10.30.5.1/24"}


@pytest.mark.parametrize(
    "seen",
    [
        {},
        facts({"eth0": ["192.0.2.11/24", "fe80::1/64"], "lo": ["127.0.0.1/8"]}),
        facts({"flannel.1": ["10.20.5.0/32"], "docker0": ["10.20.5.1/24"], "veth1": ["10.20.5.2/24"]}, subnet_env=SEEN),
        facts(routes=[("10.20.6.0/24", "10.20.6.0", "flannel.1"), ("0.0.0.0/0", "192.0.2.1", "eth0")]),
        facts(routes=[("10.20.6.0/24", "192.0.2.12", "eth0")], subnet_env=SEEN),
        facts(networks=[("bridge", "10.20.5.0/24"), ("host", ""), ("web", "172.18.0.0/16")]),
        facts(keys={"default-address-pools": [{"base": "10.30.0.0/16", "size": 24}]}),
        facts(keys={"default-address-pools": "nonsense"}),
        facts({"br-0123456789ab": ["10.20.9.1/24"]}, networks=[("web", "172.18.0.0/16")]),  # docker would have told it
        facts(routes=[("10.20.6.0/24", "", "docker0"), ("fe80::/64", "", "eth0"), ("0.0.0.0/0", "fe80::1", "eth0")]),
    ],
)
def test_nothing_is_in_the_way(seen):
    assert network_conflicts(seen, NETWORK) == []


@pytest.mark.parametrize(
    ("seen", "code", "severity", "word"),
    [
        (facts({"eth0": ["10.20.9.9/24"]}), "network_overlaps_host", "error", "10.20.9.9/24 on eth0"),
        (facts({"eth0": ["10.1.2.3/8"]}), "network_overlaps_host", "error", "10.1.2.3/8 on eth0"),
        (facts(routes=[("10.20.6.0/24", "192.0.2.12", "eth0")]), "network_overlaps_route", "error", "via 192.0.2.12"),
        (facts(routes=[("10.0.0.0/8", "192.0.2.1", "tun0")]), "network_overlaps_route", "warning", "10.0.0.0/8"),
        (facts(routes=[("10.20.0.0/16", "", "tun0")]), "network_overlaps_route", "warning", "10.20.0.0/16 on tun0"),
        (facts(routes=[("10.20.6.7", "", "")]), "network_overlaps_route", "error", "10.20.6.7/32 on no device"),
        (
            facts({"eth0": ["10.20.9.9/24"]}, [("10.20.9.0/24", "", "eth0")]),
            "network_overlaps_host",
            "error",
            "on eth0",
        ),
        (facts(routes=[("0.0.0.0/0", "10.20.0.1", "eth0")]), "network_overlaps_gateway", "error", "gateway 10.20.0.1"),
        (
            facts({"eth0": ["10.20.0.9/24"]}, [("0.0.0.0/0", "10.20.0.1", "eth0")]),
            "network_overlaps_host",
            "error",
            "eth0",
        ),
        (
            facts(routes=[("10.20.6.0/25", "", "tun0")], subnet_env=SEEN),
            "network_overlaps_route",
            "error",
            "10.20.6.0/25 on tun0",
        ),
        (
            facts(routes=[("10.20.6.0/24", "192.0.2.1", "eth0")], subnet_env=SEEN_ELSEWHERE),
            "network_overlaps_route",
            "error",
            "via 192.0.2.1",
        ),
        (
            facts(routes=[("10.20.0.0/16", "192.0.2.1", "eth0")], subnet_env=SEEN),
            "network_overlaps_route",
            "warning",
            "via 192.0.2.1",
        ),
        (facts({"br-0123456789ab": ["10.20.9.1/24"]}), "network_overlaps_host", "error", "on br-0123456789ab"),
        (facts(networks=[("web", "10.20.128.0/20")]), "network_overlaps_docker", "error", "docker's network web"),
        (
            facts(keys={"default-address-pools": [{"base": "10.0.0.0/8", "size": 24}]}),
            "network_overlaps_docker_pools",
            "error",
            "10.0.0.0/8 of default-address-pools",
        ),
    ],
)
def test_something_is_in_the_way(seen, code, severity, word):
    (finding,) = network_conflicts(seen, NETWORK)
    assert (finding.code, finding.severity) == (code, severity)
    assert finding.seen.startswith("Network = 10.20.0.0/16 overlaps with ") and word in finding.seen


@pytest.mark.parametrize(
    ("dst", "subnet_env"),
    [("10.20.6.0/24", SEEN_LONGER), ("10.20.6.128/25", SEEN), ("10.20.64.0/18", SEEN)],
)
def test_a_peers_subnet_while_the_length_changes(dst, subnet_env):
    """Some hosts have taken a subnet of the new length, others not yet."""
    seen = facts({"eth0": ["192.0.2.11/24"]}, [(dst, "192.0.2.12", "eth0")], subnet_env=subnet_env)
    assert network_conflicts(seen, NETWORK) == []


def test_a_peers_ipv6_subnet_while_the_length_changes():
    seen = facts(
        routes=[("fd00:5:0:8::/64", "2001:db8::12", "eth0")],
        subnet_env={**SEEN, "ipv6_network": "fd00:5::/48", "ipv6_subnet": "fd00:5:0:4::1/72"},
    )
    assert network_conflicts(seen, {**NETWORK, "IPv6Network": "fd00:5::/48", "EnableIPv6": True}) == []


def test_dockers_built_in_pools_are_a_warning():
    (finding,) = network_conflicts(facts(), {"Network": "172.19.0.0/16"})
    assert (finding.code, finding.severity) == ("network_overlaps_docker_pools", "warning")


def test_ipv6_counts_only_when_it_is_on():
    seen = facts({"eth0": ["fd00:5:0:1::9/64"]})
    network = {"Network": "10.20.0.0/16", "IPv6Network": "fd00:5::/48"}
    assert network_conflicts(seen, network) == []
    (finding,) = network_conflicts(seen, {**network, "EnableIPv6": True})
    assert finding.seen.startswith("IPv6Network = fd00:5::/48 overlaps with fd00:5:0:1::9/64")
