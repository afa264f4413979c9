# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of the role metrics: installed, moved, switched off, refused; a second plan has nothing left."""

from __future__ import annotations

import functools
import hashlib
import json

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils import metrics_plan
from ansible_collections.overlay.flannel.plugins.plugin_utils.metrics_files import (
    OWNED,
    SCRIPT,
    SERVICE,
    SETTINGS_FILE,
    TIMER,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Controller
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_files import render
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_settings import typed_settings

HOST = "node"
FOLDER = "/var/lib/prometheus/node-exporter"
RUNNING = {
    TIMER: {"active_state": "active", "unit_file_state": "enabled", "load_state": "loaded"},
    SERVICE: {"active_state": "inactive", "unit_file_state": "static", "load_state": "loaded"},
}
BASE = {
    "metrics_enabled": True,
    "metrics_address": "192.0.2.1",
    "metrics_network": {"Network": "10.20.0.0/16", "Backend": {"Type": "wireguard", "PSK": "swordfish"}},
    "metrics_flannel_version": "v0.28.10",
    "metrics_etcd_endpoints": ["https://192.0.2.1:2379"],
    "metrics_etcd_client_key": "/etc/etcd/pki/reader.key",
}


def settings(names=(), **changes):
    given = {**BASE, **{f"metrics_{name}": value for name, value in changes.items()}}
    found = typed_settings("metrics", given, names)
    assert found.refusals == []
    return found.values


@pytest.fixture
def bare(facts):
    """The recorded host, where nothing of the exporter is."""
    facts["files"] = {path: {"exists": False} for path in (*OWNED, FOLDER)}
    facts["files"]["/usr/bin/python3"] = {"exists": True, "type": "file"}
    facts["platform"]["systemd_version"] = 257
    return facts


def plan(facts, **changes):
    controller = Controller(host=HOST, read={str(metrics_plan.ROOT / "galaxy.yml"): "version: 1.2.3\n"}.get)
    return metrics_plan.plan(settings(**changes), facts, controller, functools.partial(render, "metrics"))


def applied(facts, found):
    """The host after the role has acted on the plan."""
    for item in found.unwanted:
        facts["files"][item["path"]] = {"exists": False}
    for item in found.directories:
        facts["files"][item["path"]] = {"exists": True, "type": "directory", "mode": "0755"}
    for item in found.files:
        digest = hashlib.sha256(item["content"].encode()).hexdigest()
        facts["files"][item["path"]] = {
            "exists": True,
            "type": "file",
            "sha256": digest,
            "mode": item["mode"],
            "content": item["content"],
        }
    if found.start:
        facts["units"].update(RUNNING)
    return facts


def paths(items):
    return [item["path"] for item in items]


def test_installed_and_again(bare):
    found = plan(bare)
    assert (found.refusals, found.warnings, paths(found.directories)) == ([], [], [FOLDER])
    assert paths(found.files) == [
        SCRIPT,
        SETTINGS_FILE,
        f"/etc/systemd/system/{SERVICE}",
        f"/etc/systemd/system/{TIMER}",
    ]
    assert [item["mode"] for item in found.files] == ["0755", "0600", "0644", "0644"]
    assert len(found.start) == 6 and len(found.remaining) == 6
    again = plan(applied(bare, found))
    assert (again.files, again.directories, again.unwanted, again.start, again.remaining) == ([], [], [], [], [])


def test_a_folder_of_the_package_keeps_its_owner(bare):
    bare["files"][FOLDER] = {"exists": True, "type": "directory", "mode": "0700", "owner": "prometheus"}
    assert plan(bare).directories == []


def test_settings_of_the_exporter(bare):
    written = json.loads(plan(bare, certificates=["/b.crt", "/a.crt", "/b.crt"]).files[1]["content"])
    assert written["file"] == f"{FOLDER}/overlay.prom" and written["collection"] == "1.2.3"
    assert written["network"] == {"Network": "10.20.0.0/16", "Backend": {"Type": "wireguard"}}
    assert (written["certificates"], written["flannel_version"]) == (["/a.crt", "/b.crt"], "0.28.10")
    assert "swordfish" not in json.dumps([item["content"] for item in plan(bare).files])


@pytest.mark.parametrize(
    "change, reads",
    [
        ({}, True),
        ({"flannel_version": "0.17.0"}, False),
        ({"flannel_version": "0.18.0"}, True),
        ({"flannel_version": ""}, True),
        ({"flannel_version": "master"}, False),
        ({"etcd_username": "flannel"}, False),
    ],
)
def test_etcd_that_the_exporter_cannot_read(bare, change, reads):
    found = plan(bare, **change)
    written = json.loads(found.files[1]["content"])
    assert (bool(written["endpoints"]), found.warnings == []) == (reads, reads)


@pytest.mark.parametrize(
    "change", [{"interval": 30}, {"python": "/opt/python3"}, {"network": {"Network": "10.30.0.0/16"}}]
)
def test_a_change_is_written_and_run(bare, change):
    applied(bare, plan(bare))
    bare["files"]["/opt/python3"] = {"exists": True, "type": "file"}
    found = plan(bare, **change)
    assert len(found.files) == 1 and found.start and found.unwanted == [] and not found.stop
    assert plan(applied(bare, found), **change).remaining == []


def test_moved_metrics_leave_nothing(bare):
    applied(bare, plan(bare))
    found = plan(bare, dir="/srv/metrics")
    assert paths(found.unwanted) == [f"{FOLDER}/overlay.prom"] and found.stop
    assert paths(found.directories) == ["/srv/metrics"]
    assert plan(applied(bare, found), dir="/srv/metrics").unwanted == []


STATES = {
    "timer stopped": ({TIMER: {"active_state": "inactive"}}, [f"{TIMER} is not active and enabled"]),
    "timer disabled": ({TIMER: {"unit_file_state": "disabled"}}, [f"{TIMER} is not active and enabled"]),
    "service failed": ({SERVICE: {"active_state": "failed"}}, [f"{SERVICE} failed"]),
    "service runs": ({SERVICE: {"active_state": "activating"}}, []),
}


@pytest.mark.parametrize("state", list(STATES))
def test_what_does_not_run(bare, state):
    applied(bare, plan(bare))
    changes, wanted = STATES[state]
    for unit, change in changes.items():
        bare["units"][unit] = {**RUNNING[unit], **change}
    assert plan(bare).remaining == plan(bare).start == wanted


def off(facts):
    """As the action plugin does where the switch is off: with the settings of the query only."""
    few = settings(metrics_plan.QUERY_SETTINGS, enabled=False)
    return metrics_plan.plan(few, facts, Controller(host=HOST), functools.partial(render, "metrics"))


def test_switched_off(bare):
    assert off(bare).to_dict()["unwanted"] == [] and off(bare).remaining == []
    found = off(applied(bare, plan(bare)))
    assert paths(found.unwanted) == [
        f"{FOLDER}/overlay.prom",
        SCRIPT,
        *(path for path in OWNED if ".d/" in path or "system/" in path),
        SETTINGS_FILE,
    ]
    assert found.stop and len(found.remaining) == 4
    assert off(applied(bare, found)).unwanted == []


def test_a_removal_that_was_killed_is_finished(bare):
    applied(bare, plan(bare))
    first = off(bare)
    for count in range(len(first.unwanted) + 1):
        facts = json.loads(json.dumps(bare))
        for item in first.unwanted[:count]:
            facts["files"][item["path"]] = {"exists": False}
        second = off(facts)
        there = [
            path
            for path in paths(first.unwanted)
            if (facts["files"].get(path) or {}).get("exists", path.endswith(".prom"))
        ]
        assert set(there) <= set(paths(second.unwanted)), count
        assert off(applied(facts, second)).remaining == []


@pytest.mark.parametrize(
    "content", [None, "", "{", "[]", "{}", '{"file": 1}', '{"file": "/etc/passwd"}', '{"file": "overlay.prom"}']
)
def test_odd_settings_remove_no_other_file(bare, content):
    bare["files"][SETTINGS_FILE] = {"exists": True, "type": "file", "content": content}
    assert paths(off(bare).unwanted) == [SETTINGS_FILE]


@pytest.mark.parametrize(
    "change, words",
    [
        (
            {"interval": 14},
            "metrics_interval (overlay_metrics_interval in the inventory) = 14: allowed: 15 to 3600 seconds",
        ),
        ({"interval": 3601}, "= 3601: allowed: 15 to 3600 seconds"),
        ({"dir": "metrics"}, "metrics_dir (overlay_metrics_dir in the inventory) = metrics: allowed: an absolute path"),
        ({"dir": "/srv/my metrics"}, "allowed: an absolute path"),
        ({"dir": "/srv/%n"}, "allowed: an absolute path"),
        ({"dir": "/srv/../etc"}, "allowed: an absolute path"),
        (
            {"python": "/usr/bin/python4"},
            "metrics_python = /usr/bin/python4: allowed: the path of a Python 3.8 or newer",
        ),
    ],
)
def test_refused(bare, change, words):
    found = plan(bare, **change)
    assert (
        len(found.refusals) == 1
        and f"{HOST}: " in found.refusals[0]
        and words in found.refusals[0]
        and "Fix: " in found.refusals[0]
    )
    assert found.files == []


def test_a_host_without_systemd_is_refused(bare):
    bare["platform"]["init"] = "runit"
    assert (
        "metrics_enabled (overlay_metrics in the inventory) = true: allowed: a host with systemd"
        in plan(bare).refusals[0]
    )


def test_the_query_is_small_where_the_switch_is_off():
    few = metrics_plan.query(settings(metrics_plan.QUERY_SETTINGS, enabled=False))
    all_of_it = metrics_plan.query(settings(metrics_plan.QUERY_SETTINGS))
    assert (len(few["files"]), few["units"]) == (3, [])
    assert {FOLDER, "/usr/bin/python3", *few["files"]} == set(all_of_it["files"]) and all_of_it["units"] == [
        TIMER,
        SERVICE,
    ]


@pytest.mark.parametrize("version", [219, 232, 257])
def test_units(bare, version):
    bare["platform"]["systemd_version"] = version
    service, timer = (item["content"] for item in plan(bare, interval=300).files[2:])
    assert "Nice=10" in service and "CPUQuota=50%" in service and "TimeoutStartSec=120" in service
    assert ("ProtectSystem=strict" in service) == (f"ReadWritePaths={FOLDER}\n" in service) == (version >= 232)
    assert ("StartLimitIntervalSec=0" in service) == (version >= 230) and ("RandomizedDelaySec=30s" in timer) == (
        version >= 229
    )
    assert "OnUnitInactiveSec=300s" in timer
    assert service.startswith("# Written by Ansible, role overlay.flannel.metrics.\n")
