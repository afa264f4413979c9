# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import struct

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.host_runner import Output
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks import run as host_verdict
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import Case
from ansible_collections.overlay.flannel.plugins.module_utils.host.probes import ping as host_ping


@pytest.fixture
def sleeps(monkeypatch):
    taken = []
    monkeypatch.setattr(host_verdict.time, "sleep", taken.append)
    return taken


def test_healthy_at_once(case, sleeps):
    assert host_verdict.judge(case, lambda argv: Output(127)) == []
    assert sleeps == []


def test_a_peer_that_has_just_come(case, sleeps, recorded):
    files = {"-4": "ip_route.json", "neigh": "ip_neigh.json", "fdb": "bridge_fdb.json"}
    case.look["routes"] = []

    def run(argv):
        return Output(0, next((recorded(name) for key, name in files.items() if key in argv), "[]"))

    assert [finding.code for finding in host_verdict.judge(case, run)] == []
    assert len(sleeps) == 1


def test_a_peer_that_stays_away(case, sleeps):
    found = host_verdict.judge(case, lambda argv: Output(0, "[]"))
    assert found == []
    case.look["routes"] = []
    codes = [finding.code for finding in host_verdict.judge(case, lambda argv: Output(0, "[]"))]
    assert codes == ["peer_route_missing"]


def test_everybody_is_pinged_by_somebody(case):
    names = {lease["public_ip"][-2:]: lease for lease in case.leases}
    rings = [host_verdict.chosen(Case(case.look, case.leases, address="172.72.103." + name), 1) for name in names]
    assert sorted(ring[0]["public_ip"][-2:] for ring in rings) == sorted(names)
    assert len(host_verdict.chosen(case, 9)) == 2


@pytest.mark.parametrize(
    ("outcome", "codes"),
    [
        ([{"address": "10.43.24.1", "ok": True, "ms": 0.1}], []),
        ([{"address": "10.43.24.1", "ok": False, "ms": None}], ["ping_lost"]),
        (PermissionError(1, "Operation not permitted"), ["ping_impossible"]),
    ],
)
def test_pings(case, monkeypatch, outcome, codes):
    def ping(addresses, source, mtu, timeout):
        assert (addresses, source, mtu) == (["10.43.24.1", "10.43.47.1"], "10.43.69.1", 1450)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(host_verdict, "ping", ping)
    monkeypatch.setattr(host_verdict, "judge_checksums", lambda case, pings, source: [])
    pings, findings = host_verdict.ping_peers(case, 3, 0.1)
    assert [finding.code for finding in findings] == codes
    assert pings == ([] if isinstance(outcome, Exception) else outcome)


def test_no_pings_wanted(case):
    assert host_verdict.ping_peers(case, 0, 0.1) == ([], [])


@pytest.mark.parametrize("size", [56, 57, 1422])
def test_request(size):
    packet = host_ping.echo_request(3, size)
    assert len(packet) == size + 8
    assert host_ping.checksum(packet + bytes(len(packet) % 2)) == 0


@pytest.mark.parametrize(
    ("kind", "identity", "number"), [(0, host_ping.IDENTITY, 5), (8, host_ping.IDENTITY, None), (0, -1, None)]
)
def test_answer(kind, identity, number):
    header = bytes([0x46]) + bytes(23)
    packet = header + struct.pack("!BBHHH", kind, 0, 0, (identity if identity >= 0 else host_ping.IDENTITY ^ 1), 5)
    assert host_ping.answered(packet) == number
    assert host_ping.answered(bytes([0x45]) + bytes(21)) is None
