# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A docker with nftables, as nft lists it on a host that works, and each thing that can be wrong with it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import Output
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.docker_nft import check_docker_nft
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.etcd_ports import check_etcd_ports
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_nft import read_docker_nft

# What nft 1.1.7 printed on a host with docker 29.8.1
LISTED = "nft_docker29.txt"
ACCEPT = 'iifname "flannel.1" oifname "docker0" ip daddr 10.20.0.0/16 meta mark set meta mark | 0x10000000 accept'


@pytest.fixture
def listed(recorded) -> str:
    return str(recorded(LISTED))


def tables(text: str) -> dict[tuple[str, str], str]:
    return {(part.split()[0], part.split()[1]): f"table {part}" for part in text.split("table ")[1:]}


def read(text: str) -> t.Any:
    found = tables(text)
    return read_docker_nft(lambda argv: Output(0, found[argv[3], argv[4]]), text)


@pytest.fixture
def codes(context, listed):
    """The codes of what the checks find when these pieces of nft's text are others."""

    def codes(
        changes: t.Mapping[str, str] | None = None, running: str = "nftables", networks: t.Sequence[str] = ()
    ) -> list[str]:
        text = listed
        for old, new in (changes or {}).items():
            assert old in text, old
            text = text.replace(old, new)
        facts = context.facts
        facts["docker"].update(firewall_backend=running)
        facts["docker"]["daemon_json"]["keys"] = {"firewall-backend": "nftables"} if running == "nftables" else {}
        facts["docker"]["networks"] = [{"name": name, "bridge": name, "opened": []} for name in networks]
        facts["firewall"].update(docker_nft=read(text), chains=[])
        return [finding.code for finding in check_docker_nft(HostContext(facts, context.leases))]

    return codes


def test_what_was_read(listed):
    found = read(listed)
    assert found["hooks"] == ["filter-FORWARD", "raw-PREROUTING"] and found["bridges"][0] == "docker0"
    assert len(found["marks"]) == 1 and found["direct_drops"] == []
    assert found["own"][0] == f"ip forward {ACCEPT}" and 'ip6 forward oifname "docker0" drop' in found["own"]


def test_a_host_that_works(codes):
    assert codes() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"type filter hook prerouting priority raw; policy accept;": ""}, ["docker_nft_hooks_missing"]),
        ({'"docker0" : jump filter-forward-in__docker0': '"br-1" : jump x'}, ["docker_nft_hooks_missing"]),
        ({"table ip docker-bridges": "table ip others"}, ["docker_nft_hooks_missing"]),
        (
            {'comment "ALLOW FW MARK"': "", "meta mark & 0x10000000 == 0x10000000": "meta mark 0x1"},
            ["docker_nft_mark_missing"],
        ),
        ({f"\t\t{ACCEPT}\n": ""}, ["docker_nft_mark_missing"]),
        ({"table ip6 overlay-flannel": "table ip6 others"}, ["docker_nft_guard_missing"]),
        ({"table ip overlay-flannel": "table ip others"}, ["docker_nft_mark_missing", "docker_nft_guard_missing"]),
        (
            {"type filter hook forward priority filter - 10": "none"},
            ["docker_nft_mark_missing", "docker_nft_guard_missing"],
        ),
        (
            {
                "priority raw; policy accept;\n": 'priority raw; policy accept;\n\t\tip daddr 10.43.69.2 iifname != "docker0" counter packets 8 bytes 9 drop comment "DROP DIRECT ACCESS"\n'
            },
            ["docker_nft_direct_drop"],
        ),
    ],
)
def test_each_fault(codes, changes, expected):
    assert codes(changes) == expected


def test_a_bridge_with_a_name_of_its_own(codes):
    """Only docker knows it."""
    assert codes(networks=["br-0123456789ab", "docker0", ""]) == []
    assert codes(networks=["mine"]) == ["docker_nft_guard_missing"]


def test_leftovers_of_the_other_backend(codes, context):
    assert codes(running="iptables") == ["docker_rules_leftover"]
    codes()
    context.facts["firewall"]["chains"] = [
        {
            "chain": "DOCKER-USER",
            "rules": ['-A DOCKER-USER ! -i docker0 -o docker0 -m comment --comment "overlay.flannel" -j DROP'],
        }
    ]
    assert [finding.code for finding in check_docker_nft(context)] == ["docker_rules_leftover"]


def test_a_file_for_the_next_start(codes, context):
    codes()
    context.facts["docker"]["daemon_json"]["keys"] = {}
    assert [finding.code for finding in check_docker_nft(context)] == ["docker_backend_pending"]


def test_nothing_could_be_read(codes, context):
    codes()
    context.facts["firewall"]["docker_nft"] = None
    assert [finding.code for finding in check_docker_nft(context)] == ["docker_nftables"]


def test_closed_ports_of_etcd(codes, context, listed):
    """The role closes them in its table, and no rule of iptables does."""
    codes()
    context.facts["etcd"] = {"client_urls": ["http://192.0.2.1:2379"], "version": "", "cluster_version": ""}
    assert list(check_etcd_ports(context)) == []
    context.facts["firewall"]["docker_nft"]["own"] = []
    assert [finding.code for finding in check_etcd_ports(context)] == ["etcd_open_to_containers"]
