# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd_users on real etcd with client certificates: what it makes, what each user may do, and when it refuses."""

from __future__ import annotations

import signal

import pytest
from etcd_secured import Secured
from modules import answer_of, run_module, start_module
from place import Place

VERSIONS = ["3.4", "3.5", "3.6"]
PREFIX = "/flannel/network"
WANTED = {
    "auth": True,
    "users": {"flannel": ["flannel"], "reader": ["reader"], "root": ["root"]},
    "roles": {
        "flannel": [f"read {PREFIX}/config", f"readwrite {PREFIX}/subnets*"],
        "reader": [f"read {PREFIX}/*"],
    },
}
NOTHING = {"auth": False, "users": {}, "roles": {}}


@pytest.fixture(params=VERSIONS)
def secured(request, start, tmp_path):
    return Secured(start, tmp_path, request.param)


@pytest.fixture(scope="module")
def secured_by_version(start_for_module, tmp_path_factory):
    """One for several tests, which leave users and roles behind."""
    running = {}

    def get(version):
        if version not in running:
            running[version] = Secured(start_for_module, tmp_path_factory.mktemp("secured"), version)
        return running[version]

    return get


@pytest.fixture(params=VERSIONS)
def shared(request, secured_by_version):
    found = secured_by_version(request.param)
    found.forget()
    return found


@pytest.fixture
def newest(secured_by_version):
    found = secured_by_version(VERSIONS[-1])
    found.forget()
    return found


def test_fresh_and_again(shared):
    predicted = shared.works(check_mode=True)
    assert (predicted["changed"], predicted["before"], predicted["after"]) == (True, NOTHING, WANTED)
    assert shared.state() == {"user": {}, "role": {}, "enabled": False}
    done = shared.works()
    assert {**done, "invocation": 0} == {**predicted, "invocation": 0}
    assert '"flannel"' in done["diff"]["after"]
    after = shared.state()
    assert (set(after["user"]), set(after["role"]), after["enabled"]) == (
        set(WANTED["users"]),
        {"flannel", "reader"},
        True,
    )
    again = shared.works()
    assert (again["changed"], again["before"], again["after"]) == (False, WANTED, WANTED)
    assert again["diff"]["before"] == again["diff"]["after"]
    assert shared.state() == after


EVERYBODY = {"root": True, "flannel": True, "reader": True, "stranger": False}
ROOT_ONLY = {**dict.fromkeys(EVERYBODY, False), "root": True}
READERS = {**ROOT_ONLY, "reader": True}
FLANNEL = {**ROOT_ONLY, "flannel": True}
LEASE = f"{PREFIX}/subnets/10.20.5.0-24"
RIGHTS = [
    (["get", f"{PREFIX}/config"], EVERYBODY),
    (["get", "--prefix", f"{PREFIX}/subnets"], EVERYBODY),
    (["get", LEASE], EVERYBODY),
    (["put", LEASE, "{}"], FLANNEL),
    (["del", LEASE], FLANNEL),
    (["put", f"{PREFIX}/config", "{}"], ROOT_ONLY),
    (["del", f"{PREFIX}/config"], ROOT_ONLY),
    (["get", "--prefix", f"{PREFIX}/"], READERS),
    (["get", f"{PREFIX}/other"], READERS),
    (["put", f"{PREFIX}/other", "x"], ROOT_ONLY),
    *(
        (words, ROOT_ONLY)
        for key in (
            PREFIX,
            "/flannel/network2",
            "/flannel/network2/config",
            "/flannel",
            "/flannel/",
            "/other",
            "/",
            "a",
        )
        for words in (["get", key], ["get", "--prefix", key], ["put", key, "x"], ["del", key])
    ),
    (["get", "--prefix", ""], ROOT_ONLY),
    (["del", "--prefix", ""], ROOT_ONLY),
    (["user", "list"], ROOT_ONLY),
    (["user", "add", "more", "--no-password"], ROOT_ONLY),
    (["role", "grant-permission", "flannel", "readwrite", "--prefix=true", "/more"], ROOT_ONLY),
    (["user", "grant-role", "flannel", "flannel"], ROOT_ONLY),
    (["endpoint", "hashkv"], ROOT_ONLY),
    (["defrag"], ROOT_ONLY),
    (["snapshot", "save", "FILE"], ROOT_ONLY),
    (["endpoint", "status"], dict.fromkeys(EVERYBODY, True)),
    (["endpoint", "health"], dict.fromkeys(EVERYBODY, True)),
    (["member", "list"], dict.fromkeys(EVERYBODY, True)),
    (["alarm", "list"], dict.fromkeys(EVERYBODY, True)),
    (["auth", "disable"], ROOT_ONLY),  # the last one: root does it
]


def test_what_each_user_may_do(shared, tmp_path):
    shared.etcd.clear()
    shared.works()
    wrong = []
    for words, allowed in RIGHTS:
        for user in ("stranger", "reader", "flannel", "root"):
            given = [word.replace("FILE", str(tmp_path / f"{user}.db")) for word in words]
            done = shared.etcdctl(user, *given)
            if (done.returncode == 0) != allowed[user]:
                wrong.append((user, words, done.returncode, done.stderr[-200:]))
    assert wrong == []


def test_somebody_elses_stay_and_ours_are_brought_back(shared):
    for words in (
        "role add kube",
        "role grant-permission kube readwrite --prefix=true /registry/",
        "user add kube --no-password",
        "user grant-role kube kube",
        "role add flannel",
        "role grant-permission flannel read --from-key=true /zz",
        "role grant-permission flannel readwrite /flannel/network/config",
        "role grant-permission flannel write b d",
        "user add flannel --no-password",
        "user grant-role flannel kube",
        "user grant-role flannel root",
    ):
        shared.etcd.etcdctl(*words.split())
    shared.etcd.etcdctl("role", "grant-permission", "flannel", "readwrite", "--prefix=true", "")
    before = shared.state()
    done = shared.works()
    wide = [f"readwrite {PREFIX}/config", "read everything from /zz on", "readwrite everything", "write b to before d"]
    assert sorted(done["before"]["roles"]["flannel"]) == sorted(wide)
    assert done["before"]["users"] == {"flannel": ["kube", "root"]}
    assert (done["after"], shared.works()["before"]) == (WANTED, WANTED)
    assert '"readwrite everything"' in done["diff"]["before"]
    assert '"readwrite everything"' not in done["diff"]["after"]
    after = shared.state()
    assert (after["user"]["kube"], after["role"]["kube"]) == (before["user"]["kube"], before["role"]["kube"])
    shared.etcd.etcdctl("user", "grant-role", "flannel", "kube")  # with authentication enabled
    shared.etcd.etcdctl("role", "revoke-permission", "flannel", f"{PREFIX}/config")
    again = shared.works()
    assert (again["changed"], again["after"]) == (True, WANTED)
    assert not shared.works()["changed"]


def test_a_second_overlay(newest):
    newest.works()
    blue = {
        "prefix": "/blue/network",
        "roles": [{"name": "blue", "access": "flannel"}],
        "users": [{"name": "stranger", "roles": ["blue"]}],
    }
    assert newest.works(**blue)["after"]["roles"] == {
        "blue": ["read /blue/network/config", "readwrite /blue/network/subnets*"]
    }
    assert newest.etcdctl("stranger", "put", "/blue/network/subnets/10.1.1.0-24", "x").returncode == 0
    assert newest.etcdctl("stranger", "get", f"{PREFIX}/config").returncode != 0
    assert not newest.works()["changed"]
    assert not newest.works(**blue)["changed"]


WRITING = "add grant-permission grant-role revoke-permission revoke-role enable"
STEPS = 12
KILLER = """#!/bin/sh
for word; do
  case " {writing} " in *" $word "*) writes=yes ;; esac
done
if [ "$writes" ]; then
  echo >>{count}
  if [ "$(wc -l <{count})" -eq {number} ]; then
    [ {when} = before ] || {etcdctl} "$@"
    kill -9 $PPID
    exit 1
  fi
fi
exec {etcdctl} "$@"
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(1, STEPS + 1))
def test_killed(newest, tmp_path, number, when):
    """At each step; then the next run ends as an uninterrupted one."""
    path, count = tmp_path / "etcdctl", tmp_path / "count"
    real = newest.etcd.etcdctl_path
    path.write_text(KILLER.format(writing=WRITING, count=count, number=number, when=when, etcdctl=real))
    path.chmod(0o755)
    process = start_module("etcd_users", {**newest.connection(), "etcdctl": str(path)})
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert len(count.read_text()) == number
    assert newest.enabled() == ((number, when) == (STEPS, "after"))
    done = newest.works()
    assert (done["changed"], done["after"]) == ((number, when) != (STEPS, "after"), WANTED)
    assert newest.works()["before"] == WANTED


def test_refused_where_nobody_could_administrate_it(shared):
    shared.fails("it is the user flannel", "common name is root", user="flannel")
    shared.fails("it is the user stranger", user="stranger", check_mode=True)
    users = [{"name": "flannel", "roles": ["flannel"]}]
    shared.fails("without a user root", "auth to false", users=users)
    shared.fails("without a user root", users=[{"name": "root", "roles": ["flannel"]}])
    shared.fails("cannot check the password of flannel", username="flannel", password="geheim", users=[
        {"name": "root", "roles": ["root"]}, {"name": "flannel", "roles": ["root"]}
    ])  # fmt: skip
    shared.fails("flannel with the role nonsense", users=[{"name": "flannel", "roles": ["nonsense"]}])
    assert shared.works("flannel", auth=False)["after"] == {**WANTED, "auth": False}


def test_refused_by_authentication(shared):
    shared.works()
    for user in ("flannel", "reader", "stranger"):
        shared.fails("authentication is enabled", f"'{user}' is no user with the role root", user=user)
    shared.fails("username and password", username="root", password="falsch")


def test_a_user_of_the_module_keeps_its_role_root(newest):
    newest.works(users=[{"name": "root", "roles": ["root"]}, {"name": "stranger", "roles": ["root"]}])
    newest.etcd.flags = newest.flags("root")
    weaker = [{"name": "stranger", "roles": ["reader"]}]
    newest.fails("it is the user stranger", user="stranger", users=weaker)
    assert newest.works(users=weaker)["after"]["users"] == {"stranger": ["reader"]}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_without_client_certificates(start, tmp_path, version):
    secured = Secured(start, tmp_path, version, "--logger=zap")
    secured.fails("does not ask for client certificates", "--client-cert-auth")


def test_a_server_that_verifies_certificates_and_takes_no_users_from_them(start, tmp_path):
    """Nothing tells this before; the error afterwards says what to do."""
    secured = Secured(start, tmp_path, VERSIONS[-1], "--trusted-ca-file=CA")
    result = secured.run()
    assert result["failed"]
    assert all(word in result["msg"] for word in ("is enabled now", "--client-cert-auth", "Fix: "))
    etcd = secured.etcd
    etcd.stop()
    etcd.options += ("--client-cert-auth",)
    etcd.launch([etcd])
    etcd.wait()
    assert secured.works()["before"] == WANTED


@pytest.mark.parametrize("version", VERSIONS)
def test_http(start, version):
    """By password, since there are no certificates."""
    place = Place(start(version, "--bcrypt-cost=4"), "v3", PREFIX)
    refused = run_module("etcd_users", **place.connection())
    assert "without a user" in refused["msg"]
    assert place.etcd.etcdctl("user", "list").stdout == ""
    root = {"username": "root", "password": "streng:gehéim"}
    for password, words in (("a b", "password"), ("", "username")):
        wrong = run_module("etcd_users", **place.connection(), username="root", password=password)
        assert words in wrong["msg"]
    done = run_module("etcd_users", **place.connection(), **root)
    assert (done.get("msg"), done["changed"], done["after"]) == (None, True, WANTED)
    assert not run_module("etcd_users", **place.connection(), **root)["changed"]
    assert place.etcd.etcdctl("get", "/", check=False).returncode != 0
    place.etcd.flags = ("--user=root:streng:gehéim",)
    assert place.etcd.etcdctl("get", "/").returncode == 0


@pytest.mark.parametrize("changed", [{"api": "v2"}, {"api": "auto", "flannel_version": "0.17.0"}])
def test_v2(servers, changed):
    place = Place(servers("3.4"), "v3", PREFIX)
    result = run_module("etcd_users", **place.connection(**changed))
    assert result["failed"]
    assert all(word in result["msg"] for word in ("api = v2", "knows passwords only", "Fix: "))


def test_etcd_info(shared):
    unknown = shared.etcd.version == "3.4"

    def told(user):
        result = shared.works(user, module="etcd_info", certificate_days=0)
        return result["auth"], [one["code"] for one in result["findings"]]

    assert told("stranger") == ((None, []) if unknown else (False, ["auth_off"]))
    shared.works()
    for user in ("root", "flannel", "reader", "stranger"):
        assert told(user) == ((None, []) if unknown else (True, []))


def test_it_does_not_stop_where_it_is_not_answered(newest):
    assert answer_of(start_module("etcd_users", {**newest.connection(), "timeout": 1}))["changed"]
