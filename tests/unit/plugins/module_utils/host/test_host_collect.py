# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import UnreadHostError
from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import Output
from ansible_collections.overlay.flannel.plugins.module_utils.host import collect as host
from ansible_collections.overlay.flannel.plugins.plugin_utils.address_selection import host_address
from ansible_collections.overlay.flannel.plugins.plugin_utils.network_overlaps import network_conflicts

ASKED = {
    "files": ["/etc/passwd"],
    "contents": ["/etc/hostname"],
    "secrets": ["/etc/shells"],
    "certificates": ["/none.crt"],
    "key_pairs": [{"cert": "/none.crt", "key": "/none.key"}],
    "units": ["x.service"],
    "packages": ["bash"],
    "sysctls": [],
    "ports": [],
}


NO_ROUTES = {"-d": '[{"ifname":"lo"}]', "-4": "[]", "-6": "[]"}


def only_ip(argv):
    return Output(0, NO_ROUTES[argv[2]]) if argv[0] == "ip" else Output(127)


@pytest.fixture
def bare(monkeypatch):
    """No programs but ip, no daemons."""
    monkeypatch.setattr(host.processes_facts, "find_by_name", lambda name: None)
    monkeypatch.setattr(host.platform_facts, "init_system", lambda: "runit")
    return host.collect(ASKED, only_ip, "key of the run")


def test_a_host_without_anything(bare):
    assert (bare["units"], list(bare["interfaces"]), bare["routes"], bare["processes"]) == ({}, ["lo"], [], {})
    assert bare["packages"] == {"bash": None}
    assert bare["files"]["/etc/passwd"]["exists"]
    assert bare["platform"]["init"] == "runit"
    assert bare["firewall"]["forward_policy"] is None
    assert bare["query"] == ASKED
    assert "sha256" not in bare["files"]["/etc/shells"]
    assert bare["files"]["/etc/shells"].get("digest") or not bare["files"]["/etc/shells"]["exists"]
    assert bare["digest_key"] and "key of the run" not in str(bare)
    assert bare["certificates"] == {"/none.crt": []}
    assert not bare["key_pairs"]["/none.key"]["exists"]


def test_a_host_without_ip_is_an_error():
    with pytest.raises(UnreadHostError, match="^ip -d addr show failed"):
        host.collect(ASKED, lambda argv: Output(127))


def test_the_main_process_of_the_unit_comes_first(monkeypatch):
    monkeypatch.setattr(host.processes_facts, "read_process", lambda pid: {"pid": pid} if pid else None)
    monkeypatch.setattr(host.processes_facts, "find_by_name", lambda name: 7 if name == "dockerd" else None)
    units = {"flanneld.service": {"main_pid": 5}, "docker.service": {"main_pid": 0}}
    assert host.read_daemons(units) == {"flanneld": {"pid": 5}, "dockerd": {"pid": 7}}


def test_entries_of_few_peers_are_returned_apart(facts):
    found = host.returned(facts)
    assert set(facts) - set(found) == {"neighbours", "fdb"}
    by_flannel = [(route["dst"], route["via"]) for route in found["routes"] if route["dev"] == "flannel.1"]
    assert by_flannel == [("fe80::/64", "")]
    assert [route["dst"] for route in found["peer_entries"]["routes"]] == ["10.43.24.0/24", "10.43.47.0/24"]
    whole = host.with_peer_entries(found)
    assert {name: whole[name] for name in ("neighbours", "fdb")} == {
        name: facts[name] for name in ("neighbours", "fdb")
    }
    assert sorted(map(str, whole["routes"])) == sorted(map(str, facts["routes"]))


@pytest.mark.parametrize("kind", ["routes", "neighbours", "fdb"])
def test_nothing_that_is_returned_grows_with_the_number_of_peers(facts, kind):
    one = {"routes": {"dst": "10.43.9.0/24", "via": "10.43.9.0", "dev": "flannel.1"}}.get(kind, {"dev": "flannel.1"})
    facts[kind] = [one] * host.FEW_PEERS
    assert host.returned(facts)["peer_entries"] is not None
    facts[kind] = [one] * (host.FEW_PEERS + 1)
    found = host.returned(facts)
    assert found["peer_entries"] is None
    assert host.with_peer_entries(found) is None
    assert len(str(found)) < len(str(host.returned({**facts, kind: []})))


@pytest.mark.parametrize("network", ["10.43.0.0/16", "172.72.0.0/16", "0.0.0.0/1"])
def test_who_reads_the_routes_misses_none(facts, network):
    told = host.returned(facts)
    assert network_conflicts(told, {"Network": network}) == network_conflicts(facts, {"Network": network})
    for target in ("10.43.24.1", "192.0.2.1", "172.72.103.11"):
        assert host_address(told, "", [target]) == host_address(facts, "", [target])
