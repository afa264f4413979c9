# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each module states about itself is true."""

from __future__ import annotations

import json

import pytest
from modules import module_names, run_ansible, run_module
from subjects import group


@pytest.fixture(scope="session")
def attributes():
    """By module, with those of the fragments, as users read them."""
    names = [f"overlay.flannel.{name}" for name in module_names()]
    done = run_ansible("ansible-doc", "--type=module", "--json", *names)
    assert done.returncode == 0, done.stderr
    return {name.rpartition(".")[2]: one["doc"]["attributes"] for name, one in json.loads(done.stdout).items()}


@pytest.mark.parametrize("name", module_names())
def test_stated(attributes, name):
    stated = attributes[name]
    assert {"check_mode", "diff_mode", "idempotent", "platform"} <= set(stated)
    assert (stated["check_mode"]["support"], stated["idempotent"]["support"]) == ("full", "full")
    assert stated["platform"] == {**stated["platform"], "support": "full", "platforms": "posix"}
    assert (stated.get("action_group", {}).get("membership") == ["overlay.flannel.etcd"]) == (name in group())


def run(trial, check_mode):
    return run_module(trial.name, check_mode, True, **trial.params())


def test_true(trial, attributes):
    has_diff = attributes[trial.name]["diff_mode"]["support"] == "full"
    before = trial.place.etcd.everything()
    predicted = run(trial, check_mode=True)
    assert trial.place.etcd.everything() == before
    done = run(trial, check_mode=False)
    assert (trial.place.etcd.everything() != before) == done["changed"] == predicted["changed"] == trial.subject.writes
    assert ("diff" in done, done.get("diff")) == (has_diff, predicted.get("diff"))
    if done["changed"]:
        assert different(done["diff"])
    after = trial.place.etcd.everything()
    again = run(trial, check_mode=False)
    assert not again["changed"]
    assert not different(again.get("diff"))
    assert trial.place.etcd.everything() == after


def different(diff):
    parts = diff if isinstance(diff, list) else [diff or {"before": "", "after": ""}]
    return any(part["before"] != part["after"] for part in parts)


def test_host_info(attributes):
    assert attributes["host_info"]["diff_mode"]["support"] == "N/A"
    for check_mode in (True, False):
        result = run_module("host_info", check_mode, True)
        assert not result["changed"]
        assert "diff" not in result
