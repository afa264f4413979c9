# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same links, as iproute2 4.11 printed them (which CentOS 7 has) and in the JSON of 6.1; both were recorded in one moment."""

from __future__ import annotations

import re

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import Output
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import iproute2 as links
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import iproute2_text as text

LOOKS = {
    "interfaces": links.read_interfaces,
    "routes": links.read_routes,
    "neighbours": lambda run: links.read_neighbours(["flannel.1", "docker0", "eth0"], run),
    "fdb": lambda run: links.read_fdb(["flannel.1"], run),
}


@pytest.fixture
def host(recorded):
    def make(version, json):
        """`json`: the programs that have it."""
        answers = dict(re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", recorded(f"iproute2_{version}.txt"), re.MULTILINE))

        def run(argv):
            if "-j" in argv and argv[0] not in json:
                return Output(255, error='Option "-j" is unknown, try "ip -help".')
            return Output(0, answers[" ".join(argv)])

        return run

    return make


@pytest.mark.parametrize("json", [["bridge"], []])
@pytest.mark.parametrize("what", LOOKS)
def test_text_of_411_tells_what_json_tells(host, what, json):
    found = LOOKS[what](host("4.11", json))
    assert found == LOOKS[what](host("6.1", ["ip", "bridge"]))
    assert len(found) >= 4


@pytest.fixture
def old(host):
    return host("4.11", [])


def test_interfaces(old):
    found = links.read_interfaces(old)
    flannel = found["flannel.1"]
    assert [flannel[key] for key in ("kind", "vni", "port", "learning", "mtu", "up")] == [
        "vxlan",
        1,
        8472,
        False,
        1450,
        True,
    ]
    assert flannel["addresses"][0] == {"address": "10.20.4.0", "prefixlen": 32, "family": 4}
    assert found["overlay"]["learning"] is True
    assert (found["far"]["kind"], found["far"]["master"], found["mac0"]["kind"]) == ("veth", "docker0", "macvlan")
    assert (found["lo"]["kind"], found["flannel0"]["kind"], found["flannel0"]["mac"]) == ("", "tun", "")
    assert {"address": "192.0.2.13", "prefixlen": 32, "family": 4} in found["eth0"]["addresses"]  # with a peer
    assert {"address": "fd00:22::1", "prefixlen": 64, "family": 6} in found["mac0"]["addresses"]  # tentative


def test_routes(old):
    found = links.read_routes(old)
    assert found[0] == {"dst": "0.0.0.0/0", "via": "192.0.2.1", "dev": "eth0", "src": "192.0.2.12", "metric": 100}
    assert {"dst": "10.20.5.0/24", "via": "10.20.5.0", "dev": "flannel.1", "src": "", "metric": 0} in found
    assert [route["dev"] for route in found if route["dst"] == "10.30.0.0/16"] == ["eth0", "flannel.1"]
    assert {"dst": "10.40.0.0/16", "via": "", "dev": "", "src": "", "metric": 0} in found
    assert found[-1] == {"dst": "::/0", "via": "", "dev": "lo", "src": "", "metric": 4294967295}


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("unreachable ::/96 dev lo metric 1024 error -113", ("::/96", "", "lo", 1024)),  # CentOS 7 has many of these
        ("unreachable default dev lo proto kernel metric 7 error -101 pref medium", ("default", "", "lo", 7)),
        ("10.1.0.0/16 via 10.0.0.1 dev via proto bird metric 32", ("10.1.0.0/16", "10.0.0.1", "via", 32)),
        ("10.1.0.0/16 dev src scope link  metric 5 ", ("10.1.0.0/16", "", "src", 5)),
        ("12 10.1.0.0/16 via inet6 fe80::1 dev eth0", ("10.1.0.0/16", "fe80::1", "eth0", 0)),  # a type without a name
        ("0/8 dev eth0", ("0/8", "", "eth0", 0)),
    ],
)
def test_lines_of_routes(line, wanted):
    [found] = text.routes(line + "\n")
    assert (found["dst"], found["gateway"], found["dev"], found["metric"], found["prefsrc"]) == (*wanted, "")


@pytest.mark.parametrize(
    ("below", "kind"),
    [
        ("    link/ether 0a:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0", ""),
        ("    link/ether 0a:00:00:00:00:01\n    bridge_slave state forwarding", ""),
        ("    link/ether 0a:00:00:00:00:01\n    alias vxlan id 1\n    vf 0 MAC 0a:00:00:00:00:02", ""),
        ("    link/ether 0a:00:00:00:00:01\n    prog/xdp id 7", ""),
        (
            "    link/ether 0a:00:00:00:00:01\n    vlan protocol 802.1Q id 5 <REORDER_HDR>\n      ingress-qos-map { 1:2 }",
            "vlan",
        ),
        ("    link/ether 0a:00:00:00:00:01\n    vxlan external\n", "vxlan"),
    ],
)
def test_kinds(below, kind):
    found = links.interfaces(text.interfaces(f"7: x@y@eth0: <UP> mtu 1500 xdp/id:7 qdisc master state UP\n{below}\n"))
    assert {name: (link["kind"], link["vni"], link["master"]) for name, link in found.items()} == {
        "x@y": (kind, None, "")
    }
    assert found["x@y"]["mac"] == "0a:00:00:00:00:01"


def test_tunnels_of_ip():
    lines = "4: flannel.ipip@NONE: <NOARP,UP> mtu 1480\n    link/ipip 192.0.2.11 brd 0.0.0.0\n    ipip remote any\n"
    [found] = links.interfaces(text.interfaces(lines)).values()
    assert (found["mac"], found["kind"]) == ("192.0.2.11", "ipip")


def test_forwarding_entries_without_a_mac_or_a_destination():
    found = text.fdb("0a:00:00:00:00:01 self permanent\ndst 192.0.2.1 self\n0a:00:00:00:00:02 dst fd00::2 self\n")
    assert [(entry["mac"], entry["dst"]) for entry in found] == [
        ("0a:00:00:00:00:01", ""),
        ("0a:00:00:00:00:02", "fd00::2"),
    ]
