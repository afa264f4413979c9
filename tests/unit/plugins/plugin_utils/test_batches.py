# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.batches import (
    batches,
    holds_docker,
    interrupts,
    refuse_batch,
)


@pytest.mark.parametrize("value", [1, "1", "25%", "100%", [1, "25%", "100%"], ["2", 10], (1, "100%")])
def test_sizes(value):
    assert refuse_batch("h", value) == []


@pytest.mark.parametrize("value", [0, "0", -1, "0%", "101%", "half", "", None, True, [], [1, "x"], 1.5, {"a": 1}])
def test_no_sizes(value):
    [text] = refuse_batch("h", value)
    assert text.startswith(f"h: overlay_batch = {value}: allowed: a number of hosts, a percentage") and "Fix: " in text


PLANS = {"flannel": {"restart": ["x changes"]}, "docker": {"restart": ["bip"], "package_may_start": True}}


@pytest.mark.parametrize(
    ("plans", "processes", "texts"),
    [
        (PLANS, [], []),
        (PLANS, ["etcd"], []),
        (PLANS, ["flanneld"], ["flanneld restarts: x changes"]),
        (PLANS, ["dockerd"], ["docker restarts: bip", "docker restarts: its package changes"]),
        ({"flannel": {"restart": []}, "docker": {"restart": []}}, ["flanneld", "dockerd"], []),
        ({}, ["flanneld", "dockerd"], []),
    ],
)
def test_only_what_runs_is_interrupted(plans, processes, texts):
    assert interrupts(plans, {"processes": dict.fromkeys(processes)}) == texts


@pytest.mark.parametrize(
    ("remaining", "processes", "serial", "holds"),
    [
        (["x differs"], ["dockerd"], 1, True),
        (["x differs"], ["dockerd"], 0, False),
        (["x differs"], ["flanneld"], 1, False),
        ([], ["dockerd"], 1, False),
    ],
)
def test_docker_is_held_where_flannel_changes_under_it(remaining, processes, serial, holds):
    assert holds_docker({"flannel": {"remaining": remaining}}, {"processes": dict.fromkeys(processes)}, serial) is holds
    assert not holds_docker({}, {"processes": dict.fromkeys(processes)}, serial)


def host(*texts, **variables):
    return {"overlay_preflight": {"interrupts": list(texts)}, **variables}


@pytest.mark.parametrize(
    ("hostvars", "sizes"),
    [
        ({"a": host(), "b": host()}, ["100%"]),
        ({"a": host(overlay_batch=3), "b": host(overlay_batch=3)}, ["100%"]),
        ({"a": host(), "b": host("x")}, [1, "25%", "100%"]),
        ({"a": host(overlay_batch=3), "b": host("x", overlay_batch=3)}, [3]),
        ({"a": host("x", overlay_batch=["1", "100%"])}, ["1", "100%"]),
        ({"a": {"overlay_preflight": None}, "b": {}}, ["100%"]),
        ({}, ["100%"]),
    ],
)
def test_batches(hostvars, sizes):
    assert batches(hostvars, hostvars) == sizes


def test_without_hostvars():
    """As in a syntax check."""
    assert batches(["a"], {}) == ["100%"]
