# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import struct

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.checks import connectivity
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.probes import ping as ping_probe
from ansible_collections.overlay.flannel.plugins.module_utils.host.probes import tcp_syn

HERE, THERE = "10.43.69.1", "10.43.24.1"
ANSWERED = [{"address": "10.43.24.1", "ok": True, "ms": 0.1}]


def test_everybody_is_pinged_by_somebody(context):
    names = [lease["public_ip"] for lease in context.leases]
    rings = [connectivity.targets(HostContext(context.facts, context.leases, address=name), 1) for name in names]
    gateways = [connectivity.gateway(lease["subnet"]) for lease in context.leases]
    assert sorted(ring[0] for ring in rings) == sorted(gateways)
    assert len(connectivity.targets(context, 9)) == 2


@pytest.mark.parametrize("count", [1, 2, 9])
def test_without_leases_the_routes_give_the_same_peers(context, count):
    """So a host can be pinged from before the leases are known."""
    assert connectivity.targets(HostContext(context.facts), count) == connectivity.targets(context, count)


@pytest.mark.parametrize(
    ("route", "peers"),
    [
        ({"dst": "10.43.7.0/24", "via": "172.72.103.14", "dev": "eth0"}, ["10.43.7.1"]),
        ({"dst": "10.43.0.0/16", "via": "172.72.103.14", "dev": "eth0"}, []),
        ({"dst": "10.44.7.0/24", "via": "172.72.103.14", "dev": "eth0"}, []),
        ({"dst": "10.43.69.0/24", "via": "", "dev": "docker0"}, []),
        ({"dst": "0.0.0.0/0", "via": "172.72.103.1", "dev": "eth0"}, []),
    ],
)
def test_only_routes_to_single_subnets_lead_to_peers(context, route, peers):
    context.facts["routes"] = [{"src": "", "metric": 0, **route}]
    assert connectivity.targets(HostContext(context.facts), 9) == peers


def test_a_host_without_a_subnet_pings_nobody(context):
    context.facts["flannel"]["subnet_env"] = None
    assert connectivity.targets(HostContext(context.facts), 9) == []


@pytest.mark.parametrize(
    ("outcome", "codes"),
    [
        ([{"address": "10.43.24.1", "ok": True, "ms": 0.1}], []),
        ([{"address": "10.43.24.1", "ok": False, "ms": None}], ["ping_lost"]),
        (PermissionError(1, "Operation not permitted"), ["ping_impossible"]),
    ],
)
def test_pings(context, monkeypatch, outcome, codes):
    def ping(addresses, source, mtu, timeout):
        assert (addresses, source, mtu) == (["10.43.24.1", "10.43.47.1"], "10.43.69.1", 1450)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(connectivity, "ping", ping)
    monkeypatch.setattr(connectivity, "check_checksums", lambda context, pings, source: [])
    pings, findings = connectivity.ping_peers(context, 3, 0.1)
    assert [finding.code for finding in findings] == codes
    assert pings == ([] if isinstance(outcome, Exception) else outcome)


@pytest.mark.parametrize(("answers", "codes"), [({HERE: True, "": True}, []), ({HERE: True, "": False}, ["ping_lost"])])
def test_a_host_pings_by_a_direct_route_also_as_itself(context, monkeypatch, answers, codes):
    """With DirectRouting and host-gw its own packets leave with the uplink's address, unless a rule changes that."""
    sources = []

    def ping(addresses, source, mtu, timeout):
        sources.append((source, addresses))
        return [{"address": address, "ok": answers[source], "ms": None} for address in addresses]

    monkeypatch.setattr(connectivity, "ping", ping)
    monkeypatch.setattr(connectivity, "check_checksums", lambda context, pings, source: [])
    direct = {"dst": "10.43.24.0/24", "via": "172.72.103.12", "dev": "host0", "src": "", "metric": 0}
    context.facts["routes"] = [
        direct,
        *(route for route in context.facts["routes"] if not route["dst"].startswith("10.43.24.")),
    ]
    pings, findings = connectivity.ping_peers(context, 3, 0.1)
    assert sources == [(HERE, [THERE, "10.43.47.1"]), ("", [THERE])]
    assert [finding.code for finding in findings] == codes
    assert len(pings) == 3 and all("this host itself" in finding.seen for finding in findings)


def test_no_pings_wanted(context):
    assert connectivity.ping_peers(context, 0, 0.1) == ([], [])


@pytest.mark.parametrize("size", [56, 57, 1422])
def test_request(size):
    packet = ping_probe.echo_request(3, size)
    assert len(packet) == size + 8
    assert ping_probe.checksum(packet + bytes(len(packet) % 2)) == 0


@pytest.mark.parametrize(
    ("kind", "identity", "number"), [(0, ping_probe.IDENTITY, 5), (8, ping_probe.IDENTITY, None), (0, -1, None)]
)
def test_answer(kind, identity, number):
    header = bytes([0x46]) + bytes(23)
    packet = header + struct.pack("!BBHHH", kind, 0, 0, (identity if identity >= 0 else ping_probe.IDENTITY ^ 1), 5)
    assert ping_probe.answered(packet) == number
    assert ping_probe.answered(bytes([0x45]) + bytes(21)) is None


@pytest.mark.parametrize(
    ("kernel", "own", "codes"), [(True, True, []), (False, False, []), (False, True, ["checksum_offload"])]
)
def test_only_the_difference_counts(context, monkeypatch, kernel, own, codes):
    monkeypatch.setattr(tcp_syn, "kernel_answered", lambda *_args: kernel)
    monkeypatch.setattr(tcp_syn, "own_segment_answered", lambda *_args: own)
    assert [finding.code for finding in connectivity.check_checksums(context, ANSWERED, HERE)] == codes


def test_one_lost_packet_is_no_finding(context, monkeypatch):
    tries = iter([False, True])
    monkeypatch.setattr(tcp_syn, "kernel_answered", lambda *_args: next(tries))
    monkeypatch.setattr(tcp_syn, "own_segment_answered", lambda *_args: True)
    assert list(connectivity.check_checksums(context, ANSWERED, HERE)) == []


def test_nothing_is_sent_without_a_reason(context, monkeypatch):
    monkeypatch.setattr(connectivity, "offload_breaks", lambda *_args: pytest.fail("query"))
    assert list(connectivity.check_checksums(context, [], HERE)) == []
    assert list(connectivity.check_checksums(context, ANSWERED, "")) == []
    context.facts["kernel"]["transmit_checksum"]["flannel.1"] = False
    assert list(connectivity.check_checksums(context, ANSWERED, HERE)) == []
