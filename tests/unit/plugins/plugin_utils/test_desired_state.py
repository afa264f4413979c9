# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils import desired_state as compare
from ansible_collections.overlay.flannel.plugins.plugin_utils import secret_digest
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
    nothing = dict.fromkeys(
        ("contents", "secrets", "certificates", "key_pairs", "packages", "sysctls", "ports", "calendars"), []
    )
    assert merged == {**nothing, "files": ["/a", "/b"], "units": ["u"]}


def test_union_of_key_pairs():
    one, other = {"cert": "/c", "key": "/k"}, {"key": "/k", "cert": "/other"}
    merged = compare.union({"key_pairs": [one]}, {"key_pairs": [dict(one), other]})
    assert merged["key_pairs"] == [one, other]
    assert compare.covers({"query": merged}, {"key_pairs": [other]})
    assert not compare.covers({"query": {"key_pairs": [one]}}, merged)


SECRET = "password"
SECRETS = {
    "query": {"secrets": ["/s", "/gone"]},
    "digest_key": secret_digest.NAME,
    "files": {
        "/s": {"exists": True, "type": "file", "digest": secret_digest.secret_digest(SECRET.encode()), "mode": "0600"},
        "/checksum": {"exists": True, "type": "file", "sha256": hashlib.sha256(SECRET.encode()).hexdigest()},
        "/gone": {"exists": False},
    },
}


@pytest.mark.parametrize(
    ("item", "pending"),
    [
        ({"path": "/s", "content": SECRET}, False),
        ({"path": "/s", "content": SECRET + " "}, True),
        ({"path": "/s", "content": SECRET, "mode": "0640"}, True),
        ({"path": "/s", "src": "/on/controller"}, False),
        ({"path": "/s", "src": "/not/on/controller"}, True),
        ({"path": "/checksum", "content": SECRET}, True),
        ({"path": "/gone", "content": SECRET}, True),
        ({"path": "/s", "content": SECRET, "secret": False}, False),
        ({"path": "/s", "content": "x", "secret": False}, True),
    ],
)
def test_files_with_secrets(item, pending):
    """The last ones: the item knows nothing of a secret, but host_info has found one."""
    digests = {"/on/controller": secret_digest.secret_digest(SECRET.encode())}
    found = compare.pending_files([{"secret": True, **item}], SECRETS, secret_digest_of=digests.get)
    assert bool(found) == pending


@pytest.mark.parametrize(
    ("change", "query", "covered"),
    [
        ({}, ["/s"], True),
        ({"digest_key": "another run"}, ["/s"], False),
        ({"digest_key": "another run"}, ["/gone"], True),
        ({"digest_key": ""}, ["/s"], False),
        ({}, ["/other"], False),
    ],
)
def test_digests_of_another_run_say_nothing(change, query, covered):
    assert compare.covers({**SECRETS, **change}, {"secrets": query}) == covered


def test_a_secret_that_was_found_in_a_file_of_another_run():
    facts = {**SECRETS, "query": {"contents": ["/s", "/checksum"]}}
    assert compare.covers(facts, {"contents": ["/s"]})
    assert not compare.covers({**facts, "digest_key": "another run"}, {"files": ["/s"]})
    assert compare.covers({**facts, "digest_key": "another run"}, {"contents": ["/checksum"]})


def test_a_digest_of_the_controllers_file(tmp_path):
    path = tmp_path / "a.key"
    path.write_text(SECRET)
    assert secret_digest.secret_digest_of(str(path)) == SECRETS["files"]["/s"]["digest"]
    assert secret_digest.secret_digest_of(str(tmp_path / "none")) is None
    assert secret_digest.KEY not in str(SECRETS)


CERT, KEY = "/pki/server.crt", "/pki/server.key"
PAIR = {"cert": CERT, "exists": True, "fits": True, "mode": "0640", "owner": "root", "group": "etcd"}


@pytest.mark.parametrize(
    ("text", "pair", "pending"),
    [
        ("x\n", PAIR, []),
        ("y\n", PAIR, [CERT, KEY]),
        ("x\n", {**PAIR, "fits": False}, [KEY]),
        ("x\n", {**PAIR, "mode": "0644"}, [KEY]),
        ("x\n", {**PAIR, "group": "root"}, [KEY]),
        ("x\n", {**PAIR, "cert": "/other"}, [KEY]),
        ("x\n", None, [KEY]),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_a_private_key_follows_its_certificate(text, pair, pending, order):
    facts = {"files": {CERT: LOOK["files"]["/a"]}, "key_pairs": {KEY: pair} if pair else {}}
    key = {"path": KEY, "src": "~/pki/a.key", "certificate": CERT, "secret": True, "mode": "0640", "group": "etcd"}
    items = [{"path": CERT, "content": text}, key][::order]
    assert sorted(item["path"] for item in compare.pending_files(items, facts)) == pending


def test_table():
    rows = [{"a": 1, "b": True}, {"a": None, "b": ["x", "y"]}, {"b": []}]
    assert table(rows, ["a", "b"]) == ["a  b", "1  yes", "-  x, y", "-  -"]
    assert table([], ["a"]) == ["a"]
