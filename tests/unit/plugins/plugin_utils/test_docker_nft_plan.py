# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a docker with the firewall backend nftables."""

from __future__ import annotations

import docker_case as case
import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils import docker_nft_rules as nft
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_host import DockerHost, DockerSettings

KEYS = {"firewall-backend": "nftables", "allow-direct-routing": True, "bridge-accept-fwmark": "0x10000000/0x10000000"}
NFT = {"hooks": ["filter-FORWARD", "raw-PREROUTING"], "bridges": ["docker0"], "marks": [], "direct_drops": []}
PORTS = {"docker_closed_ports": [2379]}


@pytest.fixture
def ready(facts):
    """As the role has left it."""
    ready = case.as_wanted(facts, **PORTS)
    ready["docker"].update(version="29.8.1", firewall_backend="nftables", networks=[])
    ready["docker"]["daemon_json"]["keys"] = dict(KEYS)
    ready["packages"]["nftables"] = "1.1.7-3"
    for chain in ready["firewall"]["chains"]:
        chain["rules"] = [rule for rule in chain["rules"] if "overlay.flannel" not in rule.replace('"', "")]
    ready["firewall"]["docker_nft"] = {**NFT, "own": wanted(ready)}
    return ready


def wanted(ready) -> list[str]:
    return case.plan(ready, **PORTS).rules


def differs(ready) -> bool:
    found = case.plan(ready, **PORTS)
    assert found.set_rules == any("rules are not" in text for text in found.remaining)
    return found.set_rules


def test_nothing_remains(ready):
    found = case.plan(ready, **PORTS)
    assert (found.refusals, found.remaining, found.set_rules, found.restart) == ([], [], False, [])
    assert found.rules[0].startswith('ip forward iifname "flannel.1" oifname "docker0" ip daddr 10.43.0.0/16 meta mark')
    assert 'ip6 input iifname "br-*" tcp dport 2379 drop' in found.rules


@pytest.mark.parametrize("rule", range(4))
def test_a_rule_is_missing(ready, rule):
    del ready["firewall"]["docker_nft"]["own"][rule]
    assert differs(ready)


def test_the_order_of_nft_does_not_matter(ready):
    """It lists ip and ip6 apart, and chains in the order of their making."""
    own = ready["firewall"]["docker_nft"]["own"]
    own.sort(key=lambda rule: rule.split()[:2], reverse=True)
    assert not differs(ready)


def test_bridges_that_docker_tells(ready):
    ready["docker"]["networks"] = [{"name": "x", "subnet": "", "driver": "bridge", "bridge": "mine", "opened": ["ip6"]}]
    assert differs(ready)
    rules = wanted(ready)
    assert 'ip forward oifname "mine" drop' in rules and 'ip forward oifname "mine" accept' not in rules
    assert 'ip6 forward oifname "mine" accept' in rules
    ready["firewall"]["docker_nft"]["own"] = rules
    assert not differs(ready)


@pytest.mark.parametrize(
    ("path", "value"),
    [("docker|running", False), ("docker|error", "timed out"), ("firewall|docker_nft", None)],
)
def test_it_is_not_known(ready, path, value):
    """docker's start loads the table by itself."""
    ready["firewall"]["docker_nft"]["own"] = []
    assert not differs(case.change(ready, path, value))


def test_rules_are_left_in_iptables(ready):
    chain = next(one for one in ready["firewall"]["chains"] if one["chain"] == "DOCKER-USER")
    chain["rules"] = ['-A DOCKER-USER ! -i docker0 -o docker0 -m comment --comment "overlay.flannel" -j DROP']
    assert differs(ready)


def test_a_table_is_left_under_iptables(facts):
    ready = case.as_wanted(facts)
    ready["firewall"]["docker_nft"] = {**NFT, "own": []}
    assert not nft.firewall_differs(host_of(ready))
    ready["firewall"]["docker_nft"]["own"] = ['ip forward oifname "docker0" drop']
    assert nft.firewall_differs(host_of(ready))


def host_of(ready) -> DockerHost:
    return DockerHost(DockerSettings(**case.settings()), ready)


def test_the_package_of_nft(ready):
    ready["packages"]["nftables"] = None
    assert case.plan(ready, **PORTS).packages == ["nftables"]
    ready["docker"]["daemon_json"]["keys"] = {}
    ready["docker"]["firewall_backend"] = "iptables"
    assert case.plan(ready, **PORTS).packages == []


def test_docker_lost_its_hooks(ready):
    """Only a restart brings them back."""
    ready["firewall"]["docker_nft"]["bridges"] = []
    assert case.plan(ready, **PORTS).restart == ["nftables calls no chains of docker, which docker has made"]


def test_a_docker_that_waits_for_its_restart(ready):
    """The file asks for the other backend: the rules are those of the docker that runs, and nothing restarts it."""
    ready["docker"]["daemon_json"]["keys"] = {}
    found = case.plan(ready, **PORTS)
    assert (found.refusals, found.remaining, found.restart) == ([], [], [])
