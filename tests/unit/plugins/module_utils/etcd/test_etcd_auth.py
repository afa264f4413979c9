# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users and roles as etcdctl of each release has printed them (fixtures/etcd/auth_*.json)."""

from __future__ import annotations

import json

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import RefusedError
from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import Finished
from ansible_collections.overlay.flannel.plugins.module_utils.etcd import auth
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.auth import Permission

SUBNETS = Permission("readwrite", b"/flannel/network/subnets", b"/flannel/network/subnett")
ROLE = [
    Permission("read", b"\0", b"\0"),
    Permission("read", b"/flannel/network/config"),
    Permission("read", b"/zzz", b"\0"),
    Permission("readwrite", b"/flannel/network/subnets", b"/flannel/network/subnett"),
    Permission("readwrite", b"b", b"d"),
    Permission("write", b"/wide"),
]


@pytest.fixture(params=["3.4", "3.5", "3.6", "3.7"])
def printed(request, recorded):
    document = json.loads(recorded(f"etcd/auth_{request.param}.json"))
    return request.param, {name: Finished(**done) for name, done in document.items()}


def answer(done):
    assert done.code == 0
    return json.loads(done.stdout)


def test_lists(printed):
    _version, done = printed
    assert auth.names_in(answer(done["users"]), "users") == ["flannel", "root"]
    assert auth.names_in(answer(done["roles"]), "roles") == [
        "flannel"
    ]  # root has the role root without that it is there
    assert auth.names_in(answer(done["user"]), "roles") == ["flannel"]
    assert auth.names_in(answer(done["no users"]), "users") == auth.names_in(answer(done["no roles"]), "roles") == []


def test_permissions(printed):
    _version, done = printed
    assert auth.permissions_in(answer(done["role"])) == ROLE


def test_the_role_root_of_newer_etcd():
    everything = {"header": {}, "perm": [{"permType": 2, "range_end": "AA=="}]}
    assert [str(one) for one in auth.permissions_in(everything)] == ["readwrite everything"]


@pytest.mark.parametrize(
    ("question", "enabled"),
    [("status off", False), ("status on", True), ("status of flannel", True), ("status of a stranger", True)],
)
def test_enabled(printed, question, enabled):
    """The etcdctl of 3.4 does not know the call; newer ones tell it also by a refusal."""
    version, done = printed
    assert auth.enabled_in(done[question]) == (None if version == "3.4" else enabled)


def test_enabled_by_a_user_that_is_not_there(printed):
    _version, done = printed
    assert auth.enabled_for_nobody(done["nobody off"]) is False
    assert auth.enabled_for_nobody(done["nobody on"]) is True
    assert auth.enabled_for_nobody(Finished(1, "", "Error: context deadline exceeded")) is None


@pytest.mark.parametrize(
    ("done", "enabled"),
    [
        (Finished(1, "", "rpc error: code = Unimplemented desc = unknown method AuthStatus for service"), None),
        (Finished(1, "", "Error: context deadline exceeded"), None),
        (Finished(1, "", "Error: etcdserver: user name is empty"), True),
        (Finished(1, "", "Error: etcdserver: authentication failed, invalid user ID or password"), True),
        (Finished(0, "hello", ""), None),
        (Finished(0, '{"kvs": 5}', ""), None),
        (Finished(0, "[]", ""), None),
    ],
)
def test_other_answers(done, enabled):
    assert auth.enabled_in(done) is enabled


def test_refusals(printed):
    _version, done = printed
    assert auth.denied(done["users for flannel"].stderr)
    assert auth.denied(done["users for a stranger"].stderr)
    assert auth.overtaken(done["again"].stderr)
    assert not auth.denied(done["again"].stderr)
    assert not auth.overtaken(done["users for flannel"].stderr)


@pytest.mark.parametrize("text", ["{}", '{"kvs": 5, "members": 5}'])
def test_json_of_something_else_is_no_empty_list(text):
    with pytest.raises(ValueError, match="not an answer"):
        auth.names_in(json.loads(text), "users")
    with pytest.raises(ValueError, match="not an answer"):
        auth.permissions_in(json.loads(text))


@pytest.mark.parametrize(
    ("prefix", "end"),
    [(b"/a", b"/b"), (b"a/", b"a0"), (b"a\xff", b"b"), (b"\xff\xff", b"\0"), (b"", b"\0"), ("ü".encode(), b"\xc3\xbd")],
)
def test_end_of_prefix(prefix, end):
    assert auth.end_of_prefix(prefix) == end


@pytest.mark.parametrize(
    ("permission", "text", "words"),
    [
        (auth.on_key("read", "/a"), "read /a", ([], ["/a"])),
        (auth.on_prefix("readwrite", "/a"), "readwrite /a*", (["--prefix=true"], ["/a"])),
        (Permission("write", b"b", b"d"), "write b to before d", ([], ["b", "d"])),
        (Permission("read", b"/a", b"\0"), "read everything from /a on", (["--from-key=true"], ["/a"])),
        (Permission("read", b"\0", b"\0"), "read everything", (["--prefix=true"], [""])),
        (auth.on_prefix("read", ""), "read everything", (["--prefix=true"], [""])),
    ],
)
def test_texts_and_words(permission, text, words):
    assert (str(permission), permission.range_words()) == (text, words)


@pytest.mark.parametrize("key", [b"\xfe", b"a\0b"])
def test_a_key_that_no_argument_can_hold(key):
    with pytest.raises(RefusedError, match="Fix: delete the role"):
        Permission("read", key).range_words()
    assert str(Permission("read", key)).isprintable() or b"\0" in key
