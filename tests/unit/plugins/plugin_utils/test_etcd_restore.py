# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots on the controller, and how a cluster comes back from one."""

from __future__ import annotations

import hashlib
import json

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_restore import moved_hosts, restore_plan
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_restore_model import Wish
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_snapshot import BLOCK, read_snapshot

PREFIX = "/flannel/network"
NOW = 1_800_000_000.0
CONTENT = b"x" * 1000 + f"{PREFIX}/config".encode() + b"y" * 500
ABOUT = {
    "file": "x.db",
    "time": "20270115T080000Z",
    "prefix": PREFIX,
    "cluster_id": "abc",
    "members": [{"name": name, "peerURLs": [f"https://192.0.2.{n}:2380"]} for n, name in enumerate("abc", 11)],
    "revision": 100,
    "etcd_version": "3.6.14",
}
SNAPSHOT = {
    "path": "/s.db",
    "size": 1 << 20,
    "sha256": "5" * 64,
    "written": NOW - 60,
    "has_config": True,
    "about": {**ABOUT, "sha256": "5" * 64},
    "problem": "",
}
STATE = {
    "data_dir": "/var/lib/etcd/overlay",
    "guard": "/guard",
    "version": "3.6.14",
    "tool": "/usr/local/bin/etcdutl",
    "bumps": "--bump-revision=1000000000 --mark-compacted",
    "active": "active",
    "data": "yes",
    "free": str(1 << 30),
    "cluster_id": "abc",
    "revision": "142",
}
WISH = {"prefix": PREFIX, "members": ["a", "b", "c"], "present": ["a", "b", "c"], "flannel": ["a"], "now": NOW}


def state(host, number, **changes):
    own = {"name": host, "peer_url": f"https://192.0.2.{number}:2380", "client_url": f"https://192.0.2.{number}:2379"}
    return "".join(f"{key} {value}\n" for key, value in {**own, **STATE, **changes}.items())


def plan(snapshot=(), wish=(), only=None, **changes):
    """The changes are those of member b."""
    states = {name: state(name, n, **(changes if name == "b" else {})) for n, name in enumerate("abc", 11)}
    states = {name: text for name, text in states.items() if name in (only or "abc")}
    return restore_plan({**SNAPSHOT, **dict(snapshot)}, states, Wish(**{**WISH, **dict(wish)}))


def test_the_plan():
    found = plan(wish={"etcdctl": ["etcdctl", "--cert=/c", "--cacert=/a"], "token": "mine"})
    assert found["refusals"] == []
    assert found["cluster"] == ",".join(f"{name}=https://192.0.2.{n}:2380" for n, name in enumerate("abc", 11))
    assert found["words"]["b"] == ["b", "https://192.0.2.12:2380"]
    assert found["token"] == "mine-555555555555" and found["rehearse_on"] == "a" and found["old_id"] == "abc"
    assert found["etcdctl"][:3] == ["etcdctl", "--cert=/c", "--cacert=/a"]
    assert found["etcdctl"][3].count("https://") == 3
    text = "\n".join(found["lines"])
    assert "revision 100" in text and ": 42 revisions" in text and "before-restore-TIME" in text and "5" * 64 in text


def test_by_http_etcdctl_has_no_certificates():
    """The facts of a host without data do not say that its etcd serves http."""
    words = ["etcdctl", "--cert=/c", "--key=/k", "--cacert=/a"]
    found = plan(wish={"etcdctl": words}, client_url="http://192.0.2.12:2379")
    assert found["etcdctl"][0] == "etcdctl" and found["etcdctl"][1].startswith("--endpoints=")


def about(**changes):
    return {"about": {**SNAPSHOT["about"], **changes}}


REFUSED = {
    "damaged": ({"snapshot": {"problem": "it is damaged"}}, "a whole snapshot of etcd 3: it is damaged"),
    "prefix": (
        {"snapshot": about(prefix="/other")},
        "of the prefix /other: allowed: one of the prefix /flannel/network",
    ),
    "content": ({"snapshot": {"has_config": False}}, "one that holds /flannel/network/config"),
    "member left out": ({"only": "ab", "wish": {"present": ["a", "b"]}}, "(missing: c)"),
    "no members": ({"wish": {"members": [], "present": []}}, "members in this run = none"),
    "not ours": ({"guard": ""}, "b: etcd = not installed by the role (guard not found)"),
    "not there": ({"version": ""}, "b: etcd = not installed by the role (version not found)"),
    "v2": ({"v2": "true"}, "b: etcd_enable_v2 = true"),
    "wal": ({"wal_dir": "/wal"}, "b: wal-dir in etcd_settings = /wal"),
    "tool": ({"tool": ""}, "b: etcdutl = not there"),
    "older": ({"version": "3.5.16"}, "b: etcd_version = 3.5.16 on this member, with a snapshot of 3.6.14"),
    "room": ({"free": "1024"}, "b: room = 1.0 KiB free"),
    "name twice": ({"name": "a"}, "name of the members = a, a, c"),
    "cluster": ({"snapshot": about(cluster_id="def")}, "of the cluster def: allowed: one of this cluster (abc)"),
    "by hand": ({"snapshot": {"about": {}}}, "made by hand: allowed: one with /s.db.json"),
}


@pytest.mark.parametrize("case", list(REFUSED))
def test_refused(case):
    given, said = REFUSED[case]
    found = plan(**given)
    assert len(found["refusals"]) == 1 and said in found["refusals"][0] and found["lines"] == []
    assert "Fix: " in found["refusals"][0] and "Nothing was changed" in found["refusals"][0]


ALLOWED = {
    "newer release": {"version": "3.7.3"},
    "slash": {"snapshot": about(prefix=f"{PREFIX}/")},
    "other cluster wished": {"snapshot": about(cluster_id="def"), "wish": {"other_cluster": True}},
    "by hand wished": {"snapshot": {"about": {}}, "wish": {"other_cluster": True}},
    "cluster of before a restore": {"snapshot": about(cluster_id="old"), "known": "old abc "},
    "begun with it": {"snapshot": about(cluster_id="def"), "progress": "5" * 64},
}


@pytest.mark.parametrize("case", list(ALLOWED))
def test_allowed(case):
    assert plan(**ALLOWED[case])["refusals"] == []


def lost(members, wish=()):
    """No member has data, nor says of which cluster it was."""
    texts = {name: state(name, n, cluster_id="", revision="", data="") for n, name in enumerate("abc", 11)}
    found = {**SNAPSHOT, **about(members=members)}
    return restore_plan(found, texts, Wish(**{**WISH, **dict(wish)}))


def test_without_any_data_the_members_places_tell_the_cluster():
    found = lost(ABOUT["members"])
    assert found["refusals"] == [] and "holds no data" in "\n".join(found["lines"])
    assert "how much is not known" in "\n".join(found["lines"])
    others = [{"name": "a", "peerURLs": ["https://198.51.100.1:2380"]}]
    assert "with members at https://198.51.100.1:2380" in lost(others)["refusals"][0]
    assert lost(others, {"other_cluster": True})["refusals"] == []


def test_a_run_that_was_stopped():
    found = plan(switched="yes", progress="5" * 64)
    text = "\n".join(found["lines"])
    assert (
        "Member b: https://192.0.2.12:2380: has this snapshot's data already" in text and "has begun with this" in text
    )


@pytest.mark.parametrize(("version", "host"), [("3.6.14", "a"), ("3.4.23", "")])
def test_who_tries_it_first(version, host):
    """etcd 3.4 does not say in its log that it serves."""
    states = {name: state(name, n, version=version) for n, name in enumerate("abc", 11)}
    found = restore_plan({**SNAPSHOT, **about(etcd_version="3.4.23")}, states, Wish(**WISH))
    assert found["refusals"] == [] and found["rehearse_on"] == host


def test_without_bumped_revisions():
    assert "go back to the snapshot's" in "\n".join(plan(bumps="")["lines"])


def test_texts_of_a_snapshot_are_escaped():
    assert "\\x1b" in plan(snapshot=about(prefix="/\x1b[2J"))["refusals"][0]


def test_moved_hosts():
    before = {
        "a": "FLANNEL_NETWORK=10.20.0.0/16\nFLANNEL_SUBNET=10.20.1.1/24\n",
        "b": "FLANNEL_SUBNET=10.20.2.1/24\n",
        "c": "",
    }
    assert moved_hosts(before, before) == []
    after = {"a": "FLANNEL_SUBNET=10.20.9.1/24\n", "c": "FLANNEL_SUBNET=10.20.3.1/24\n"}
    assert moved_hosts(before, after) == [
        "a: had 10.20.1.1/24 before the restore, and has 10.20.9.1/24 now",
        "b: had 10.20.2.1/24 before the restore, and has no subnet now",
    ]


@pytest.fixture
def made(tmp_path):
    """A file of the shape that etcdctl writes, and what is beside it."""

    def make(content=CONTENT, beside=True, **changes):
        path = tmp_path / "s.db"
        path.write_bytes(content + hashlib.sha256(content).digest())
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if beside:
            (tmp_path / "s.db.sha256").write_text(f"{digest}  s.db\n")
            (tmp_path / "s.db.json").write_text(json.dumps({**ABOUT, "sha256": digest, **changes}))
        return path

    return make


def test_a_whole_snapshot(made):
    found = read_snapshot(str(made()), f"{PREFIX}/")
    assert (found["problem"], found["has_config"], found["about"]["revision"]) == ("", True, 100)


def test_one_that_was_made_by_hand(made):
    found = read_snapshot(str(made(beside=False)), PREFIX)
    assert (found["problem"], found["has_config"], found["about"]) == ("", True, {})


@pytest.mark.parametrize("offset", [-40, -20, -8, 0, 3])
def test_blocks_meet_anywhere(made, offset):
    """Both the key and the checksum may lie across the end of a block."""
    key = f"{PREFIX}/config".encode()
    content = b"x" * (BLOCK + offset) + key
    found = read_snapshot(str(made(content)), PREFIX)
    assert (found["problem"], found["has_config"]) == ("", True)
    assert not read_snapshot(str(made(content)), "/other")["has_config"]


@pytest.mark.parametrize("size", [0, 1, 31, 32])
def test_files_that_are_too_short(tmp_path, size):
    path = tmp_path / "short.db"
    path.write_bytes(hashlib.sha256(b"").digest()[:size])
    assert "it is damaged, or no snapshot" in read_snapshot(str(path), PREFIX)["problem"]


def test_damage(made, tmp_path):
    path = made()
    content = bytearray(path.read_bytes())
    content[10] ^= 1
    path.write_bytes(content)
    assert "it is damaged, or no snapshot" in read_snapshot(str(path), PREFIX)["problem"]
    assert "cannot be read: No such file" in read_snapshot(str(tmp_path / "none"), PREFIX)["problem"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("s.db.sha256", "0" * 64, "s.db.sha256 has 000"),
        ("s.db.json", "{", "is no JSON"),
        ("s.db.json", "[]", "lacks what backup.yml writes"),
        ("s.db.json", json.dumps({**ABOUT, "sha256": "0" * 64}), "has the sha256 000"),
        ("s.db.json", json.dumps({**ABOUT, "sha256": "0" * 64, "members": [1]}), "lacks what backup.yml writes"),
        ("s.db.json", json.dumps({**ABOUT, "sha256": "0" * 64, "time": "now"}), "lacks what backup.yml writes"),
    ],
)
def test_what_is_beside_it_does_not_fit(made, name, text, said):
    path = made()
    (path.parent / name).write_text(text)
    assert said in read_snapshot(str(path), PREFIX)["problem"]
