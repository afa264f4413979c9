# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import UnreadHostError
from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import Output
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import iproute2 as links

UNKNOWN = Output(255, error='Option "-j" is unknown, try "ip -help".')
GONE = Output(1, error='Cannot find device "flannel.1"')
NEAR = "10.20.5.0 lladdr 0a:00:00:00:05:00 PERMANENT"


@pytest.fixture
def query():
    return []


@pytest.fixture
def host(query):
    """A host whose programs answer one after another."""

    def make(*answers):
        left = iter(answers)
        return lambda argv: query.append(" ".join(argv)) or next(left)

    return make


def test_interfaces(recorded):
    found = links.interfaces(json.loads(recorded("ip_addr.json")))
    device = found["flannel.1"]
    assert (device["kind"], device["vni"], device["port"], device["mtu"], device["up"]) == (
        "vxlan",
        1,
        8472,
        1450,
        True,
    )
    assert device["addresses"][0] == {"address": "10.43.69.0", "prefixlen": 32, "family": 4}
    assert (found["host0"]["kind"], found["host0"]["vni"]) == ("veth", None)
    assert [item["family"] for item in found["host0"]["addresses"]] == [4, 6, 6]


def test_routes(recorded):
    routes = links.routes(json.loads(recorded("ip_route.json")), "0.0.0.0/0")
    assert routes[0] == {"dst": "0.0.0.0/0", "via": "172.72.103.1", "dev": "host0", "src": "", "metric": 0}
    peer = {"dst": "10.43.24.0/24", "via": "10.43.24.0", "dev": "flannel.1", "src": "", "metric": 0}
    assert peer in routes


def test_many_hops_and_other_family():
    text = """[{"dst":"10.0.0.0/8","nexthops":[{"gateway":"192.0.2.1","dev":"a"},{"via":{"family":"inet6","host":"fe80::1"},"dev":"b"}]}]"""
    assert [(route["via"], route["dev"]) for route in links.routes(json.loads(text), "")] == [
        ("192.0.2.1", "a"),
        ("fe80::1", "b"),
    ]


def test_neighbours_and_forwarding_entries(recorded):
    near = links.neighbours(json.loads(recorded("ip_neigh.json")), "flannel.1")
    assert {entry["address"] for entry in near if entry["permanent"]} == {"10.43.24.0", "10.43.47.0"}
    fdb = links.fdb(json.loads(recorded("bridge_fdb.json")), "flannel.1")
    assert {entry["dst"] for entry in fdb} == {"172.72.103.11", "172.72.103.12"}


def test_empty_objects_of_older_versions():
    assert links.interfaces([{}, {}, {"ifname": "lo"}])["lo"]["mtu"] == 0


def test_with_json_no_program_runs_twice(host, query):
    run = host(Output(0, '[{"ifname":"lo"}]'), *[Output(0, "[]\n")] * 4)
    assert list(links.read_interfaces(run)) == ["lo"]
    found = [
        links.read_routes(run),
        links.read_neighbours(["flannel.1"], run),
        links.read_fdb(["flannel.1"], run),
    ]
    assert found == [[], [], []]
    assert query == [
        "ip -j -d addr show",
        "ip -j -4 route show table main",
        "ip -j -6 route show table main",
        "ip -j neigh show nud all dev flannel.1",
        "bridge -j fdb show dev flannel.1",
    ]


@pytest.mark.parametrize("first", [UNKNOWN, Output(0, NEAR), Output(0, ""), Output(0, "{}"), Output(1, "[]")])
def test_text_where_there_is_no_json(host, query, first):
    """4.11 knows no -j, 4.15 takes it and prints text or nothing."""
    [found] = links.read_neighbours(["flannel.1"], host(first, Output(0, NEAR)))
    assert found == {"dev": "flannel.1", "address": "10.20.5.0", "mac": "0a:00:00:00:05:00", "permanent": True}
    assert query == ["ip -j neigh show nud all dev flannel.1", "ip neigh show nud all dev flannel.1"]


def test_no_neighbours_in_text(host):
    assert links.read_neighbours(["flannel.1"], host(UNKNOWN, Output(0))) == []


@pytest.mark.parametrize("answers", [[GONE], [UNKNOWN, GONE], [Output(0), GONE]])
def test_a_device_that_has_gone_has_nothing(host, query, answers):
    assert links.read_fdb(["flannel.1"], host(*answers)) == []
    assert len(query) == len(answers)


@pytest.mark.parametrize(
    "error",
    [
        "Error: ipv4: FIB table does not exist.\nDump terminated",
        "RTNETLINK answers: Operation not supported\nDump terminated",
        "RTNETLINK answers: Address family not supported by protocol",
    ],
)
def test_no_route_has_ever_been_set(host, error):
    none = Output(2, error=error)
    assert links.read_routes(host(none, Output(0, "[]"))) == []


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (Output(127, error="timeout: failed to run command 'ip': No such file or directory"), "code 127.*No such file"),
        (Output(1, error="Cannot open netlink socket: Permission denied"), "code 1.*Permission denied"),
        (Output(255), "code 255.*no reason given"),
    ],
)
def test_what_cannot_be_looked_at_is_an_error_and_no_empty_host(host, second, words):
    for facts in (links.read_interfaces, links.read_routes):
        with pytest.raises(UnreadHostError, match=f"^ip .* failed .exit {words}.*cannot be checked.*iproute2"):
            facts(host(second, second))
    with pytest.raises(UnreadHostError, match=f"^bridge fdb show dev flannel.1 failed .exit {words}"):
        links.read_fdb(["flannel.1"], host(second, second))


@pytest.mark.parametrize("answers", [[Output(0, "[]")], [UNKNOWN, Output(0, "")], [UNKNOWN, Output(0, "what?\n")]])
def test_no_host_is_without_interfaces(host, answers):
    with pytest.raises(UnreadHostError, match="lists no interface"):
        links.read_interfaces(host(*answers))
