# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import struct

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import Output
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks import run as run_checks
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.probes import ping as ping_probe


@pytest.fixture
def sleeps(monkeypatch):
    taken = []
    monkeypatch.setattr(run_checks.time, "sleep", taken.append)
    return taken


def test_healthy_at_once(context, sleeps):
    assert run_checks.check(context, lambda argv: Output(127)) == []
    assert sleeps == []


def test_a_peer_that_has_just_come(context, sleeps, recorded):
    files = {"-4": "ip_route.json", "neigh": "ip_neigh.json", "fdb": "bridge_fdb.json"}
    context.facts["routes"] = []

    def run(argv):
        return Output(0, next((recorded(name) for key, name in files.items() if key in argv), "[]"))

    assert [finding.code for finding in run_checks.check(context, run)] == []
    assert len(sleeps) == 1


def test_a_peer_that_stays_away(context, sleeps):
    found = run_checks.check(context, lambda argv: Output(0, "[]"))
    assert found == []
    context.facts["routes"] = []
    codes = [finding.code for finding in run_checks.check(context, lambda argv: Output(0, "[]"))]
    assert codes == ["peer_route_missing"]


def test_everybody_is_pinged_by_somebody(context):
    names = {lease["public_ip"][-2:]: lease for lease in context.leases}
    rings = [
        run_checks.chosen(HostContext(context.facts, context.leases, address="172.72.103." + name), 1) for name in names
    ]
    assert sorted(ring[0]["public_ip"][-2:] for ring in rings) == sorted(names)
    assert len(run_checks.chosen(context, 9)) == 2


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

    monkeypatch.setattr(run_checks, "ping", ping)
    monkeypatch.setattr(run_checks, "check_checksums", lambda context, pings, source: [])
    pings, findings = run_checks.ping_peers(context, 3, 0.1)
    assert [finding.code for finding in findings] == codes
    assert pings == ([] if isinstance(outcome, Exception) else outcome)


def test_no_pings_wanted(context):
    assert run_checks.ping_peers(context, 0, 0.1) == ([], [])


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
