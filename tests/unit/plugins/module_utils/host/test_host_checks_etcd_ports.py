# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.etcd_ports import check_etcd_ports
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.firewall import describe, parse
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_rules import docker_rules

OWN = "172.72.103.13"
OURS = [rule for rule in docker_rules("flannel.1", "10.43.0.0/16", closed=[2379, 2380]) if " INPUT " in rule]


@pytest.fixture
def beside_etcd(context):
    def make(*rules, urls=(f"http://{OWN}:2379",), policy="ACCEPT", bridge="br-0a1b2c3d4e5f"):
        context.facts["etcd"] = {"client_urls": list(urls), "version": "3.6.14", "cluster_version": "3.6"}
        link = {"kind": "bridge", "addresses": [{"address": "172.18.0.1", "prefixlen": 16, "family": 4}]}
        context.facts["interfaces"][bridge] = {**context.facts["interfaces"]["docker0"], **link}
        lines = ["*filter", f":INPUT {policy} [0:0]", ":FORWARD ACCEPT [0:0]", ":mine - [0:0]", *rules, "COMMIT", ""]
        context.facts["firewall"] = describe(parse("\n".join(lines), "nft"))
        return context

    return make


@pytest.mark.parametrize(
    ("rules", "policy"),
    [
        (OURS, "ACCEPT"),
        ([], "DROP"),
        (["-A INPUT -s 10.43.0.0/16 -j REJECT", "-A INPUT -s 172.16.0.0/12 -j REJECT"], "ACCEPT"),
        ([f"-A INPUT ! -i host0 -d {OWN}/32 -p tcp -m tcp --dport 2379 -j DROP"], "ACCEPT"),
        (["-A INPUT -m addrtype --dst-type LOCAL -i br-+ -j DROP", "-A INPUT -i docker0 -j DROP"], "ACCEPT"),
        (["-A INPUT -m set --match-set known src -j ACCEPT"], "DROP"),  # not understood
    ],
)
def test_closed(beside_etcd, rules, policy):
    assert list(check_etcd_ports(beside_etcd(*rules, policy=policy))) == []


@pytest.mark.parametrize(
    ("rules", "policy", "named"),
    [
        ([], "ACCEPT", ["by docker0", "by br-0a1b2c3d4e5f"]),
        (OURS[:1], "ACCEPT", ["by br-0a1b2c3d4e5f"]),
        (OURS[1:], "ACCEPT", ["by docker0"]),
        (["-A INPUT -p tcp -m tcp --dport 2380 -j DROP"], "ACCEPT", ["by docker0", "by br-0a1b2c3d4e5f"]),
        (["-A INPUT -i docker0 -j ACCEPT", *OURS], "ACCEPT", ["by docker0"]),
        (["-A INPUT -i br-+ -j mine", "-A mine -p tcp -m tcp --dport 2379 -j ACCEPT"], "DROP", ["by br-0a1b2c3d4e5f"]),
    ],
)
def test_open(beside_etcd, rules, policy, named):
    [finding] = check_etcd_ports(beside_etcd(*rules, policy=policy))
    assert (finding.code, finding.severity) == ("etcd_open_to_containers", "warning")
    assert finding.seen == "containers reach etcd: " + ", ".join(f"{OWN}:2379 {name}" for name in named)
    assert f"-i {named[0].split()[1]} -p tcp --dport 2379 -j DROP" in finding.fix


@pytest.mark.parametrize(
    "urls", [[], ["http://127.0.0.1:2379"], ["https://etcd.example:2379"], ["http://[fd00::1]:2379"], ["x"]]
)
def test_addresses_that_containers_do_not_reach(beside_etcd, urls):
    assert list(check_etcd_ports(beside_etcd(urls=urls))) == []


def test_only_beside_docker_and_where_the_rules_are_known(beside_etcd):
    context = beside_etcd()
    context.facts["firewall"]["forward_policy"] = None
    assert list(check_etcd_ports(context)) == []
    context = beside_etcd()
    context.facts["docker"]["running"] = False
    assert list(check_etcd_ports(context)) == []
    context = beside_etcd()
    context.facts["etcd"] = None
    assert list(check_etcd_ports(context)) == []
