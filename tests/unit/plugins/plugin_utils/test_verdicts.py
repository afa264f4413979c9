# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.verdicts import (
    host_verdicts,
    hosts_with,
    unhealthy_hosts,
    unverified_hosts,
)

HEALTHY, WRONG = {"healthy": True}, {"healthy": False}


def preflight(verdict=HEALTHY, **remaining):
    return {"overlay_preflight": {"remaining": remaining, "verdict": verdict}}


CLEAN = {"a": preflight(flannel=[]), "b": preflight(flannel=[])}


@pytest.mark.parametrize(
    ("hostvars", "changed", "names"),
    [
        (CLEAN, True, []),
        ({**CLEAN, "c": preflight(None)}, True, ["c"]),
        ({**CLEAN, "c": {}}, False, ["c"]),
        ({**CLEAN, "c": {"overlay_preflight": {"failed": True}}}, False, ["c"]),
        ({**CLEAN, "c": preflight(flannel=["x"])}, True, ["a", "b", "c"]),
        ({**CLEAN, "c": preflight(preparation=["x"])}, True, ["a", "b", "c"]),
        ({**CLEAN, "c": preflight(flannel=["x"])}, False, []),
        ({**CLEAN, "c": {**preflight(), "overlay_verify_image": "busybox"}}, False, ["c"]),
    ],
)
def test_unverified_hosts(hostvars, changed, names):
    assert unverified_hosts(hostvars, hostvars, changed) == names


def test_without_hostvars_nobody_has_a_verdict():
    """As in a syntax check."""
    assert unverified_hosts(["a"], {}) == ["a"]
    assert unhealthy_hosts(["a"], {}) == []


def test_the_verdict_of_a_checked_host_counts():
    hostvars = {**CLEAN, "b": {**preflight(), "overlay_verdict": WRONG}}
    assert host_verdicts(["a", "b"], hostvars, ["b"]) == {"a": HEALTHY, "b": WRONG}


@pytest.mark.parametrize("earlier", [WRONG, {"changed": False, "skipped": True}], ids=["another run", "a skipped run"])
def test_the_result_of_an_earlier_run_in_the_same_playbook_does_not_count(earlier):
    hostvars = {name: {**found, "overlay_verdict": earlier} for name, found in CLEAN.items()}
    assert host_verdicts(["a"], hostvars, unverified_hosts(["a"], hostvars)) == {"a": HEALTHY}


def test_a_host_without_any_verdict_is_an_error():
    with pytest.raises(TypeError):
        host_verdicts(["a"], {"a": {"overlay_preflight": None}}, [])


def test_unhealthy_hosts():
    report = {"overlay_verify_report": {"failures": {"b": "why"}}}
    assert unhealthy_hosts(["gone", "a", "b"], {"a": report, "b": report}) == ["b"]
    assert unhealthy_hosts(["a"], {"a": {"overlay_verify_report": {"failures": {}}}}) == []


def test_hosts_with():
    assert hosts_with(["a", "b", "c", "gone"], {"a": {"x": ""}, "b": {"x": "1"}, "c": {}}, "x") == ["b"]
