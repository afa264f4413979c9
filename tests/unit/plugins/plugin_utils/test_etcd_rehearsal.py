# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which members try a release on a copy of their data, and what comes of it."""

from __future__ import annotations

import pytest
from etcd_member import HAS_DATA, controller_of, facts_of, plan_of

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_rehearsal import may_help, refusal

HAS_PROGRAM = {
    "/usr/local/bin/etcd": {
        "exists": True,
        "type": "file",
        "sha256": "0" * 64,
        "mode": "0755",
        "owner": "root",
        "group": "root",
        "mark": "",
    }
}
SERVES, ENDED, NO_COPY = {"rc": 0}, {"rc": 1, "stdout": "panic"}, {"rc": 3, "stdout": "a copy needs 9 MB"}


def rehearsal(running="3.5.16", cluster="3.5.0", state="active", files=HAS_DATA, **variables):
    etcd = {"client_urls": ["http://192.0.2.11:2379"], "version": running, "cluster_version": cluster}
    facts = {**facts_of(files, unit={"active_state": state}), "etcd": etcd}
    given = {"install_method": "file", "file_dir": "/programs", "version": "3.6.14", **variables}
    return plan_of(facts, controller_of(), **given).rehearsal


def test_another_minor_release_is_tried():
    assert rehearsal() == {
        "program": "/programs/etcd",
        "folder": "/var/lib/overlay-etcd/rehearsal",
        "data": "/var/lib/etcd/overlay",
        "wal": "",
        "seconds": 60,
        "running": "3.5.16",
        "wanted": "3.6",
    }


def test_the_log_may_be_elsewhere():
    assert rehearsal(settings={"wal-dir": "/srv/log"})["wal"] == "/srv/log"


@pytest.mark.parametrize(
    "variables",
    [
        {"version": "3.5.33"},
        {"rehearse": False},
        {"state": "failed", "files": {**HAS_DATA, **HAS_PROGRAM}},
        {"state": "failed", "files": HAS_PROGRAM},
        {"state": "failed", "rehearse": False},
        {"state": "failed", "version": "3.4.23"},
        {"running": ""},
        {"install_method": "package", "file_dir": ""},
    ],
    ids=["same", "unwanted", "stopped", "new", "stopped_unwanted", "stopped_3.4", "unknown", "package"],
)
def test_nothing_is_tried(variables):
    assert rehearsal(**variables) == {}


@pytest.mark.parametrize("version", ["3.6.14", "3.5.33", "3.7.3"])
def test_a_member_that_does_not_run_tries_a_program_that_it_does_not_have(version):
    """Its data may be of any release: nobody says which."""
    found = rehearsal(state="failed", version=version)
    assert (found["running"], found["wanted"]) == ("", version.rpartition(".")[0])


def test_what_is_told_of_a_member_that_does_not_run():
    text = refusal("one", step("", "3.7"), [ENDED])
    assert "it does not serve a copy of this member's data, whose etcd does not run. Nothing was changed." in text
    assert "Fix: set etcd_version to the release that wrote the data, run, and then again with 3.7; " in text


def test_what_a_killed_run_has_left_is_removed():
    left = {"/var/lib/overlay-etcd/rehearsal": {"exists": True, "type": "directory"}}
    found = plan_of(facts_of(left))
    assert {"path": "/var/lib/overlay-etcd/rehearsal", "state": "absent"} in found.unwanted
    assert "/var/lib/overlay-etcd/rehearsal is not wanted" in found.remaining


def step(running, wanted):
    return {"running": running, "wanted": wanted}


@pytest.mark.parametrize(
    ("rehearsals", "results", "helps"),
    [
        ([step("3.6.14", "3.7")], [ENDED], True),
        ([step("3.6.14", "3.7"), step("3.6.16", "3.7")], [SERVES, ENDED], True),
        ([step("3.6.14", "3.7"), {}], [ENDED, {"skipped": True}], True),  # a run was killed: one has it already
        ([step("3.6.14", "3.7")], [SERVES], False),
        ([step("3.6.14", "3.7")], [NO_COPY], False),
        ([step("3.5.35", "3.6")], [ENDED], False),
        ([step("3.7.3", "3.6")], [ENDED], False),
        ([step("3.6.14", "3.7"), step("3.5.35", "3.7")], [ENDED, ENDED], False),
    ],
)
def test_when_a_snapshot_of_the_log_is_worth_a_try(rehearsals, results, helps):
    assert may_help(rehearsals, results) is helps


@pytest.mark.parametrize("results", [[], [SERVES], [ENDED, SERVES], [{"skipped": True}], [SERVES, {"skipped": True}]])
def test_a_release_that_serves_is_not_refused(results):
    assert refusal("one", step("3.6.14", "3.7"), results) == ""


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            '{"level":"panic","msg":"failed: membership: too many learner members in cluster"}',
            "noted its promotion. Nothing was changed. Fix: set etcd_version to a release of 3.5 from 3.5.26 on",
        ),
        (
            '{"level":"fatal","error":"detected disallowed v2 WAL for stage --v2-deprecation=write-only"}',
            "writes of the v2 API|etcd_enable_v2: true and etcd_settings: {snapshot-count: 1}; delete what is left in v2",
        ),
        (
            '{"level":"fatal","error":"detected disallowed custom content in v2store for stage --v2-deprecation=write-only"}',
            "it still holds keys of the v2 API|etcd_enable_v2: true and etcd_settings: {snapshot-count: 1}; delete what is left in v2",
        ),
        ("anything else", "It said: anything else|etcd's upgrade guide"),
    ],
)
def test_what_is_told_of_a_release_that_ends(said, words):
    text = refusal("one", step("3.5.16", "3.6"), [{"rc": 1, "stdout": said}, {"skipped": True}])
    assert text.startswith(
        "one: etcd_version = 3.6: it does not serve a copy of this member's data, written by etcd 3.5.16"
    )
    assert [part for part in words.split("|") if part not in text] == []


def test_the_last_try_counts():
    text = refusal("one", step("3.6.14", "3.7"), [ENDED, NO_COPY])
    assert text.startswith(
        "one: etcd_version = 3.7: it cannot be tried on a copy of this member's data: a copy needs 9 MB."
    )
    assert "etcd_rehearse: false" in text
