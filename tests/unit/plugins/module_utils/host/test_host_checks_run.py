# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import Output
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks import run as run_checks


@pytest.fixture
def sleeps(monkeypatch):
    taken = []
    monkeypatch.setattr(run_checks.time, "sleep", taken.append)
    return taken


def test_healthy_at_once(context, sleeps):
    assert run_checks.check_settled(context, lambda argv: Output(127)) == []
    assert sleeps == []


def test_a_peer_that_has_just_come(context, sleeps, recorded):
    files = {"-4": "ip_route.json", "neigh": "ip_neigh.json", "fdb": "bridge_fdb.json"}
    context.facts["routes"] = []

    def run(argv):
        return Output(0, next((recorded(name) for key, name in files.items() if key in argv), "[]"))

    assert [finding.code for finding in run_checks.check_settled(context, run)] == []
    assert len(sleeps) == 1


def test_a_peer_that_stays_away(context, sleeps):
    found = run_checks.check_settled(context, lambda argv: Output(0, "[]"))
    assert found == []
    context.facts["routes"] = []
    codes = [finding.code for finding in run_checks.check_settled(context, lambda argv: Output(0, "[]"))]
    assert codes == ["peer_route_missing"]
