# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils import desired_state as compare
from ansible_collections.overlay.flannel.plugins.plugin_utils.verify_report import table

DIGEST = hashlib.sha256(b"x\n").hexdigest()
LOOK = {
    "query": {"files": ["/a"], "contents": ["/c"], "units": ["u.service"], "packages": [], "sysctls": []},
    "files": {
        "/a": {"exists": True, "type": "file", "sha256": DIGEST, "mode": "0644", "owner": "root", "group": "root"},
        "/d": {"exists": True, "type": "directory", "sha256": None, "mode": "0755", "owner": "root", "group": "root"},
        "/n": {"exists": False},
    },
    "packages": {"bash": "5.2", "nope": None},
    "sysctls": {"net.ipv4.ip_forward": "1", "net.ipv4.tcp_rmem": "4096 131072 6291456", "absent": None},
    "units": {
        "u.service": {"active_state": "active", "drift": [{"name": "ETCD_INITIAL_CLUSTER", "text": "old"}]},
        "v.service": {"active_state": "activating", "drift": []},
    },
}


@pytest.mark.parametrize(
    ("item", "pending"),
    [
        ({"path": "/a", "content": "x\n", "mode": "0644", "owner": "root"}, False),
        ({"path": "/a", "content": "y\n"}, True),
        ({"path": "/a", "content": ""}, True),
        ({"path": "/a", "content": "x\n", "mode": "644"}, False),
        ({"path": "/a", "content": "x\n", "mode": "0600"}, True),
        ({"path": "/a", "content": "x\n", "group": "etcd"}, True),
        ({"path": "/a", "sha256": DIGEST}, False),
        ({"path": "/a", "src": "/on/controller"}, False),
        ({"path": "/a", "src": "/not/on/controller"}, True),
        ({"path": "/a", "state": "directory"}, True),
        ({"path": "/a", "state": "absent"}, True),
        ({"path": "/d", "state": "directory", "mode": "0755"}, False),
        ({"path": "/d", "content": "x"}, True),
        ({"path": "/n", "state": "absent"}, False),
        ({"path": "/n", "content": ""}, True),
        ({"path": "/never/asked", "content": ""}, True),
    ],
)
def test_files(item, pending):
    digests = {"/on/controller": DIGEST}
    assert compare.pending_files([item], LOOK, digests.get) == ([item] if pending else [])


def test_packages():
    assert compare.pending_packages(["bash", "nope", "other"], LOOK) == ["nope", "other"]


@pytest.mark.parametrize(
    ("name", "value", "pending"),
    [
        ("net.ipv4.ip_forward", 1, False),
        ("net.ipv4.ip_forward", True, False),
        ("net.ipv4.ip_forward", "0", True),
        ("net.ipv4.tcp_rmem", "4096\t131072\t6291456", False),
        ("absent", "1", True),
    ],
)
def test_sysctls(name, value, pending):
    assert bool(compare.pending_sysctls({name: value}, LOOK)) == pending


@pytest.mark.parametrize(
    ("unit", "pending", "ignore", "reasons"),
    [
        ("u.service", [], [], ["old"]),
        ("u.service", [], ["^ETCD_INITIAL_"], []),
        ("u.service", [{"path": "/a", "restarts": True}, {"path": "/b"}], ["^ETCD_"], ["/a changes"]),
        ("v.service", [], [], ["v.service is activating"]),
        ("w.service", [], [], ["w.service is not there"]),
    ],
)
def test_restart_reasons(unit, pending, ignore, reasons):
    assert compare.restart_reasons(LOOK, unit, pending, ignore) == reasons


@pytest.mark.parametrize(
    ("facts", "query", "covered"),
    [
        (LOOK, {"files": ["/a", "/c"], "units": ["u.service"]}, True),
        (LOOK, {"contents": ["/a"]}, False),
        (LOOK, {"packages": ["bash"]}, False),
        ({}, {"files": []}, True),
        ({}, {"files": ["/a"]}, False),
    ],
)
def test_covers(facts, query, covered):
    assert compare.covers(facts, query) == covered


def test_union():
    merged = compare.union({"files": ["/a"]}, {"files": ["/b", "/a"], "units": ["u"], "packages": None})
    assert merged == {"files": ["/a", "/b"], "contents": [], "units": ["u"], "packages": [], "sysctls": [], "ports": []}


def test_table():
    rows = [{"a": 1, "b": True}, {"a": None, "b": ["x", "y"]}, {"b": []}]
    assert table(rows, ["a", "b"]) == ["a  b", "1  yes", "-  x, y", "-  -"]
    assert table([], ["a"]) == ["a"]
