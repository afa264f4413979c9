# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is handed to etcdctl, word by word, and what is made of its answers."""

from __future__ import annotations

import base64
import json

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common import subprocesses
from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import ConflictError, StoreError
from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import UNENDED, Finished
from ansible_collections.overlay.flannel.plugins.module_utils.etcd import client_v3, store_v3
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import Entry

CONNECTION = Connection(("http://a:1", "https://b:2"), timeout=8)
HEAD = [
    "etcdctl",
    "--endpoints=http://a:1,https://b:2",
    "--dial-timeout=6000ms",
    "--command-timeout=6000ms",
    "--write-out=json",
]


class Runner:
    def __init__(self, *answers):
        self.answers = list(answers)
        self.calls = []

    def __call__(self, commands, environment, stdin, seconds):
        self.calls += [(argv, environment, stdin, seconds) for argv in commands]
        return [self.finished(self.answers.pop(0)) for _command in commands]

    @staticmethod
    def finished(answer):
        return answer if isinstance(answer, Finished) else Finished(0, json.dumps(answer), "")


def encoded(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def kv(key, value="", revision=5, **more):
    return {"key": encoded(key), "value": encoded(value), "mod_revision": revision, **more}


def store(*answers, connection=CONNECTION):
    runner = Runner(*answers)
    return store_v3.StoreV3(connection, runner), runner


def test_get():
    etcd, runner = store({"header": {}, "kvs": [kv("/x/config", "{ü}", 5, lease=7)], "count": 1})
    assert etcd.get("/x/config") == Entry("/x/config", "{ü}", 5, 7)
    assert runner.calls[0][0] == [*HEAD, "get", "--", "/x/config"]
    assert runner.calls[0][2:] == ("", 7.2)


def test_get_nothing():
    assert store({"header": {}})[0].get("/x") is None


def test_below():
    etcd, runner = store({"kvs": [kv("/x/a", "1"), {"key": encoded("/x/b"), "mod_revision": 6}]})
    assert etcd.list_prefix("/x/") == [Entry("/x/a", "1", 5), Entry("/x/b", "", 6)]
    assert runner.calls[0][0] == [*HEAD, "get", "--prefix", "--", "/x/"]


def test_odd_bytes():
    """Of a key they stay visible; of a value they are what Go's JSON reader makes of them."""
    assert store({"kvs": [kv(b"/x/\xff", b"\xfe")]})[0].list_prefix("/x/")[0] == Entry("/x/\\xff", "\ufffd", 5)


def test_put():
    etcd, runner = store({"header": {"revision": 9}, "succeeded": True})
    assert etcd.put("/x/config", '{"a":"ü\\"}', 5) == 9
    assert runner.calls[0][0] == [*HEAD, "txn"]
    assert runner.calls[0][2] == ('mod("/x/config") = "5"\n\nput -- "/x/config" "{\\"a\\":\\"\\u00fc\\\\\\"}"\n\n\n')


def test_put_for_a_time():
    etcd, runner = store({"ID": 0xABC, "ttl": 60}, {"header": {"revision": 9}, "succeeded": True})
    assert etcd.put("/x/a", "1", 0, 60) == 9
    assert runner.calls[0][0] == [*HEAD, "lease", "grant", "60"]
    assert runner.calls[1][2] == 'mod("/x/a") = "0"\n\nput --lease=abc -- "/x/a" "1"\n\n\n'


@pytest.mark.parametrize("revoked", [{}, Finished(1, "", "gone")])
def test_the_lease_of_a_failed_put_is_given_back(revoked, monkeypatch):
    monkeypatch.setattr(client_v3.etcd_http, "explain", lambda *_: None)
    etcd, runner = store({"ID": 0xABC}, {"header": {"revision": 9}}, revoked)
    with pytest.raises(ConflictError, match="another writer was faster"):
        etcd.put("/x/a", "1", 0, 60)
    assert runner.calls[2][0] == [*HEAD, "lease", "revoke", "abc"]


def test_put_against_another_writer():
    with pytest.raises(ConflictError, match="/x/config: another writer was faster, nothing was written"):
        store({"header": {"revision": 9}})[0].put("/x/config", "", 0)


def test_delete():
    etcd, runner = store({"header": {"revision": 9}, "succeeded": True})
    etcd.delete("/x/config", 5)
    assert runner.calls[0][2] == 'mod("/x/config") = "5"\n\ndel -- "/x/config"\n\n\n'


def test_ttls_ask_once_per_lease():
    etcd, runner = store({"id": 10, "ttl": 70}, {"id": 11, "ttl": -1})
    entries = [Entry("a", "", 1, 10), Entry("b", "", 1, 10), Entry("c", "", 1, 0), Entry("d", "", 1, 11)]
    assert etcd.ttls(entries) == {"a": 70, "b": 70, "c": None, "d": 0}
    assert sorted(call[0][-3:] for call in runner.calls) == [["lease", "timetolive", "a"], ["lease", "timetolive", "b"]]


def test_no_leases_no_question():
    etcd, runner = store()
    assert etcd.ttls([Entry("c", "", 1, 0)]) == {"c": None}
    assert runner.calls == []


def test_files_are_options():
    connection = Connection(
        ("https://a:1",), ca_cert="/ca", client_cert="/crt", client_key="/key", etcdctl="/opt/etcdctl"
    )
    assert client_v3.command_line(connection, ["get"])[0] == "/opt/etcdctl"
    assert client_v3.command_line(connection, ["get"])[-4:] == ["--cacert=/ca", "--cert=/crt", "--key=/key", "get"]


@pytest.mark.parametrize("name", ["HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "All_Proxy", "no_proxy"])
def test_etcdctl_asks_no_proxy(monkeypatch, name):
    """Go's client takes HTTPS_PROXY in either case for every endpoint."""
    monkeypatch.setenv(name, "http://192.0.2.250:3128")
    monkeypatch.setenv("MY_PROXY", "kept")
    etcd, runner = store({})
    etcd.get("/x")
    _argv, environment, _stdin, _seconds = runner.calls[0]
    assert [word for word in environment if word.lower().endswith(b"_proxy")] == [b"MY_PROXY"]


def test_secrets_are_in_the_environment_only(monkeypatch):
    monkeypatch.setenv("ETCDCTL_ENDPOINTS", "http://other")
    monkeypatch.setenv("ETCDCTL_PASSWORD", "other")
    connection = Connection(("https://a:1",), username="u", password="ge:heim")
    etcd, runner = store({}, connection=connection)
    etcd.get("/x")
    argv, environment, stdin, _seconds = runner.calls[0]
    assert "ge:heim" not in " ".join(argv) + stdin
    assert {k: v for k, v in environment.items() if k.startswith(b"ETCDCTL_")} == {
        b"ETCDCTL_API": b"3",
        b"ETCDCTL_USER": b"u:ge:heim",
    }


def test_etcdctl_beside_sudos_path(monkeypatch, tmp_path):
    """EL's secure_path has no /usr/local, where the etcd role puts it."""
    (tmp_path / "etcdctl").write_text("#!/bin/sh\necho '{}'\n")
    (tmp_path / "etcdctl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setattr(subprocesses, "ADMIN_PATH", str(tmp_path))
    assert store_v3.StoreV3(CONNECTION).get("/x") is None


@pytest.mark.parametrize(
    ("text", "quoted"),
    [("a b", '"a b"'), ('"\\', '"\\"\\\\"'), ("\n\t", '"\\u000a\\u0009"'), ("ü", '"\\u00fc"'), ("😀", '"\\U0001f600"')],
)
def test_quoted(text, quoted):
    assert store_v3.quoted(text) == quoted


RPC = '{"level":"warn","msg":"retrying of unary invoker failed","error":"rpc error: code = %s"}\nError: it failed'


@pytest.mark.parametrize(
    ("stderr", "message"),
    [
        (RPC % "PermissionDenied desc = etcdserver: permission denied", "an unknown user may not do this. Fix: grant"),
        (
            RPC % "InvalidArgument desc = etcdserver: authentication failed, invalid user ID or password",
            "wrong username",
        ),
        (RPC % "InvalidArgument desc = etcdserver: user name is empty", "etcd needs a user, and none was given"),
        (RPC % "ResourceExhausted desc = etcdserver: mvcc: database space exceeded", "alarm NOSPACE"),
        (RPC % "Unavailable desc = etcdserver: no leader", "the cluster has no leader"),
        (RPC % "Unavailable desc = etcdserver: request timed out", "does not agree in time"),
        (RPC % "Unimplemented desc = unexpected HTTP status code", "does not serve the v3 API"),
        ("Error: open /nix: no such file or directory", "open /nix: no such file or directory. Fix: check ca_cert"),
        (
            RPC % 'x desc = \\"tls: failed to verify certificate: x509: certificate signed by unknown authority\\"',
            "TLS: x509: certificate signed by unknown authority. Fix",
        ),
        ("Error: unknown flag: --write-out", "this etcdctl is too old"),
    ],
)
def test_causes(stderr, message):
    with pytest.raises(StoreError, match=r"etcdctl get at http://a:1, https://b:2: ") as caught:
        store(Finished(1, "", stderr))[0].get("/x")
    assert message in str(caught.value)
    assert "Fix: " in str(caught.value)


def test_unknown_causes_ask_the_endpoints(monkeypatch):
    unreachable = StoreError("etcd does not answer: http://a:1: connection refused")
    monkeypatch.setattr(client_v3.etcd_http, "explain", lambda *_: unreachable)
    with pytest.raises(StoreError, match="connection refused"):
        store(Finished(1, "", "Error: context deadline exceeded"))[0].get("/x")


@pytest.mark.parametrize(
    ("done", "message"),
    [
        (
            Finished(1, "", "Error: context deadline exceeded"),
            "no whole answer within 8 s .context deadline exceeded.. Fix: check the cluster",
        ),
        (Finished(UNENDED, "", "etcdctl did not end within 8 s"), "did not end within 8 s"),
        (Finished(1, "", ""), "it failed without a message"),
    ],
)
def test_causes_that_the_endpoints_do_not_know(monkeypatch, done, message):
    monkeypatch.setattr(client_v3.etcd_http, "explain", lambda *_: None)
    with pytest.raises(StoreError, match=message):
        store(done)[0].get("/x")


@pytest.mark.parametrize(
    "printed", ["", "Incorrect Usage.\n\nNAME:", "[]", '{"kvs": 5}', '{"kvs": [{}]}', '{"kvs": [{"key": "?"}]}']
)
def test_rubbish(printed):
    with pytest.raises(StoreError, match="etcdctl get at .* did not print etcd's answer, but: .*Fix: use the etcdctl"):
        store(Finished(0, printed, ""))[0].get("/x")


@pytest.mark.parametrize(
    "done",
    [
        Finished(UNENDED, "", "etcdctl did not end within 7 s"),
        Finished(1, "", "Error: context deadline exceeded"),
        Finished(1, "", RPC % "Unavailable desc = etcdserver: request timed out"),
        Finished(0, "rubbish", ""),
    ],
)
def test_a_change_whose_answer_is_not_known(monkeypatch, done):
    monkeypatch.setattr(client_v3.etcd_http, "explain", lambda *_: None)
    for change in (lambda etcd: etcd.put("/x", "", 5), lambda etcd: etcd.delete("/x", 5)):
        with pytest.raises(StoreError, match="may have been written") as caught:
            change(store(done)[0])
        assert caught.value.details["maybe_written"]


@pytest.mark.parametrize(
    "reason", ["PermissionDenied desc = etcdserver: permission denied", "x desc = mvcc: database space exceeded"]
)
def test_a_change_that_was_declined(reason):
    with pytest.raises(StoreError) as caught:
        store(Finished(1, "", RPC % reason))[0].put("/x", "", 5)
    assert "may have been written" not in str(caught.value)
