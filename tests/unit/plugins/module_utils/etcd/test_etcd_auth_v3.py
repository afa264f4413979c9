# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import (
    ConflictError,
    DeclinedError,
    RefusedError,
    StoreError,
)
from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import UNENDED, Finished
from ansible_collections.overlay.flannel.plugins.module_utils.etcd import auth_v3, client_v3
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.auth_plan import Caller, Step
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection

CONNECTION = Connection(("https://a:1",), client_cert="/root.pem", client_key="/root.key", timeout=8)


class Fake:
    """etcdctl with these answers; remembers what it was asked, as whom, and what it was given."""

    def __init__(self, told):
        self.told = told
        self.asked = []

    def __call__(self, commands, environment, stdin, seconds):
        return [self.answer(command, environment, stdin) for command in commands]

    def answer(self, command, environment, stdin):
        words = " ".join(command[command.index("--write-out=json") + 3 :])
        user = environment.get(b"ETCDCTL_USER", b"").decode()
        self.asked.append((words, user, stdin))
        words = f"{words} as nobody" if user == NOBODY else words
        found = self.told[words]
        return found if isinstance(found, Finished) else Finished(0, json.dumps({"header": {}, **found}), "")


NOBODY = "overlay-flannel-nobody:overlay-flannel-nobody"
REFUSED = Finished(2, "", "Error: authentication failed, invalid user ID or password")
TOLD = {
    "user list as nobody": REFUSED,
    "user list": {"users": ["flannel", "root"]},
    "role list": {"roles": ["flannel", "kube"]},
    "user get -- flannel": {"roles": ["flannel"]},
    "user get -- root": {},
    "role get -- flannel": {"perm": [{"key": "YQ=="}]},
}


CALLER_OF = auth_v3.caller_of


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    monkeypatch.setattr(client_v3.etcd_http, "explain", lambda *_: None)
    monkeypatch.setattr(auth_v3, "caller_of", lambda _connection: Caller("reader"))


def etcd(**changed):
    fake = Fake({**TOLD, **changed})
    return auth_v3.AuthV3(CONNECTION, fake), fake


def test_read():
    found, fake = etcd()
    state = found.read(["flannel", "reader"])
    assert (state.enabled, state.users, state.names) == (
        True,
        {"flannel": ["flannel"], "root": []},
        ["flannel", "kube"],
    )
    assert {role: [str(one) for one in held] for role, held in state.roles.items()} == {"flannel": ["read a"]}
    assert len(fake.asked) == 6


@pytest.mark.parametrize(("nobody", "enabled"), [(TOLD["user list"], False), (REFUSED, True)])
def test_enabled(nobody, enabled):
    """By a request that every release knows: a cluster may be on its way from 3.4."""
    found, fake = etcd(**{"user list as nobody": nobody})
    assert found.enabled() == enabled
    assert fake.asked == [("user list", NOBODY, "")]


@pytest.mark.parametrize(
    ("told", "kind", "words"),
    [
        ({"user list as nobody": Finished(1, "", "Error: odd")}, StoreError, "odd"),
        ({"user list": Finished(1, "", "etcdserver: permission denied")}, DeclinedError, "'reader' is no user with the role"),
        ({"user list": Finished(1, "", "etcdserver: user name not found")}, DeclinedError, "common name is root"),
        ({"user list": Finished(0, "{}", "")}, StoreError, "did not print"),
    ],
)  # fmt: skip
def test_errors(told, kind, words):
    found, _fake = etcd(**told)
    with pytest.raises(kind) as error:
        found.read([])
    assert words in str(error.value)
    assert "Fix: " in str(error.value)


def test_a_step_with_a_password():
    found, fake = etcd(**{"user passwd -- root": Finished(0, "Password updated", "")})
    found.do(Step(("user", "passwd", "--", "root"), "geheim\n"))
    assert fake.asked == [("user passwd -- root", "", "geheim\n")]


@pytest.mark.parametrize(
    ("done", "kind"),
    [
        (Finished(1, "", "Error: etcdserver: role name already exists"), ConflictError),
        (Finished(1, "", "Error: etcdserver: permission denied"), DeclinedError),
        (Finished(UNENDED, "", ""), StoreError),
    ],
)
def test_a_step_that_fails(done, kind):
    found, _fake = etcd(**{"role add -- x": done})
    with pytest.raises(StoreError) as error:
        found.do(Step(("role", "add", "--", "x")))
    assert type(error.value) is kind
    assert error.value.details.get("maybe_written", False) == (kind is StoreError)


def test_locked_out_all_the_same():
    found, _fake = etcd(**{"user list": Finished(1, "", "etcdserver: user name is empty")})
    with pytest.raises(StoreError, match="authentication is enabled now.*--client-cert-auth"):
        found.check_enabled()


def test_a_server_that_does_not_ask_for_certificates(monkeypatch):
    asked = []

    def explain(connection, _seconds):
        asked.append((connection.endpoints, connection.client_cert))
        return None if connection.endpoints == ("https://b:1",) else StoreError("TLS: certificate required")

    monkeypatch.setattr(auth_v3, "explain", explain)
    auth_v3.refuse_names_unread(CONNECTION)
    with pytest.raises(RefusedError, match="https://b:1 does not ask for client certificates"):
        auth_v3.refuse_names_unread(Connection(("https://a:1", "https://b:1"), client_cert="/x"))
    assert {cert for _urls, cert in asked} == {""}


@pytest.mark.parametrize(
    ("settings", "caller"),
    [
        ({"username": "ops", "password": "geheim"}, Caller("ops", "geheim")),
        ({"client_cert": ""}, Caller("")),
        ({"endpoints": ("https://a:1", "http://b:1")}, Caller("")),
        ({}, Caller("")),  # what the file holds is no certificate
    ],
)
def test_caller(settings, caller, tmp_path):
    file = tmp_path / "root.pem"
    file.write_text("-----BEGIN TRUSTED CERTIFICATE-----")
    connection = Connection(**{"endpoints": ("https://a:1",), "client_cert": str(file), "client_key": "x", **settings})
    assert CALLER_OF(connection) == caller
