# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of the controller on a member of etcd."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest
from etcd_member import ENVIRONMENT, HAS_DATA, controller_of, converged, facts_of, member, plan_of

FILES = ["trust.crt", "peer-trust.crt"]
FILES += [f"members/one/{name}.{kind}" for name in ("server", "peer") for kind in ("crt", "key")]
FILES += [f"users/{name}.{kind}" for name in ("root", "reader") for kind in ("crt", "key")]
ISSUED = {f"/pki/{name}": hashlib.sha256(name.encode()).hexdigest() for name in FILES}
FOLDER = "/etc/etcd/pki"
CENTOS = {"id": "centos", "version": "7", "family": "redhat", "package_manager": "yum", "systemd_version": 219}


def controller(digests=ISSUED, **more):
    known = controller_of(**more)
    return dataclasses.replace(
        known, digest=lambda path: digests.get(path) if path.startswith("/pki/") else known.digest(path)
    )


def paths(items):
    return [item["path"] for item in items]


def settled(**variables):
    """A host on which all of it is done."""
    fresh = plan_of(facts_of(), controller(), pki_dir="/pki", **variables)
    there = {"exists": True, "type": "file", "mtime": 1}
    copied = {item["path"]: {**there, "sha256": ISSUED[item["src"]], **rights(item)} for item in fresh.certificates}
    keys = {item["path"]: {"cert": item["certificate"], "fits": True, **rights(item)} for item in fresh.private_keys}
    facts = converged(fresh, facts_of())
    return {**facts, "files": {**facts["files"], **copied}, "key_pairs": keys}


def rights(item):
    return {"mode": item["mode"], "owner": "root", "group": item.get("group", "root")}


def test_a_fresh_member_gets_all_of_them_with_the_rights_that_each_needs():
    plan = plan_of(facts_of(), controller(), pki_dir="/pki")
    assert plan.refusals == plan.warnings == plan.unissued == []
    assert [item["path"].removeprefix(f"{FOLDER}/") for item in plan.certificates] == [
        *("ca.crt", "peer-ca.crt", "server.crt", "peer.crt", "root.crt", "reader.crt")
    ]
    assert {item["path"].removeprefix(f"{FOLDER}/"): (item["mode"], item["group"]) for item in plan.private_keys} == {
        "server.key": ("0640", "etcd"),
        "peer.key": ("0640", "etcd"),
        "root.key": ("0600", "root"),
        "reader.key": ("0640", "etcd-readers"),
    }
    assert plan.make_group
    assert {item["src"] for item in [*plan.certificates, *plan.private_keys]} == set(ISSUED)
    assert plan.programs == []
    (text,) = [item["content"] for item in plan.files if item["path"] == ENVIRONMENT]
    for line in (
        "ETCD_LISTEN_CLIENT_URLS=https://192.0.2.11:2379,https://127.0.0.1:2379",
        "ETCD_LISTEN_PEER_URLS=https://192.0.2.11:2380",
        f"ETCD_TRUSTED_CA_FILE={FOLDER}/ca.crt",
        f"ETCD_PEER_TRUSTED_CA_FILE={FOLDER}/peer-ca.crt",
        "ETCD_CLIENT_CERT_AUTH=true",
        "ETCD_PEER_CLIENT_CERT_AUTH=true",
    ):
        assert f"{line}\n" in text
    assert plan.etcdctl[-3:] == [f"--cert={FOLDER}/root.crt", f"--key={FOLDER}/root.key", f"--cacert={FOLDER}/ca.crt"]


@pytest.mark.parametrize("method", [{}, {"install_method": "file", "file_dir": "/programs"}], ids=["package", "file"])
def test_nothing_remains_where_all_of_it_is_done(method):
    plan = plan_of(settled(**method), controller(), pki_dir="/pki", **method)
    assert (plan.remaining, plan.certificates, plan.private_keys, plan.make_group) == ([], [], [], False)


@pytest.mark.parametrize(
    ("path", "fact", "certificates", "keys"),
    [
        ("server.crt", {"sha256": "older"}, ["server.crt"], ["server.key"]),
        ("server.key", {"mode": "0644"}, [], ["server.key"]),
        ("reader.key", {"group": "root"}, [], ["reader.key"]),
        ("ca.crt", {"sha256": "older"}, ["ca.crt"], []),
        ("root.key", {"fits": False}, [], ["root.key"]),
    ],
)
def test_what_differs_is_copied_again_and_a_key_with_its_certificate(path, fact, certificates, keys):
    facts = settled()
    kind, where = "key_pairs" if path.endswith(".key") else "files", f"{FOLDER}/{path}"
    plan = plan_of(
        {**facts, kind: {**facts[kind], where: {**facts[kind][where], **fact}}}, controller(), pki_dir="/pki"
    )
    assert paths(plan.certificates) == [f"{FOLDER}/{name}" for name in certificates]
    assert paths(plan.private_keys) == [f"{FOLDER}/{name}" for name in keys]
    assert plan.restart == [] and len(plan.remaining) == len(certificates) + len(keys)


def test_a_new_authority_restarts_etcd_in_its_turn():
    facts = settled()
    facts["units"]["etcd.service"]["started"] = 100
    files = {**facts["files"], f"{FOLDER}/ca.crt": {**facts["files"][f"{FOLDER}/ca.crt"], "mtime": 200}}
    plan = plan_of({**facts, "files": files}, controller(), pki_dir="/pki")
    assert plan.restart == ["the certificate authorities are newer than the running etcd"] and plan.must_restart


def test_etcd_2_restarts_for_its_certificates():
    facts = facts_of(platform=CENTOS)
    plan = plan_of(facts, controller(), pki_dir="/pki", version="2.3.7")
    assert [item["path"] for item in plan.certificates if item.get("restarts")] == [
        f"{FOLDER}/server.crt",
        f"{FOLDER}/peer.crt",
    ]


def test_what_the_controller_has_to_issue_first():
    plan = plan_of(facts_of(), controller({}), pki_dir="/pki")
    assert sorted(plan.unissued) == sorted(ISSUED)
    assert plan.subject == {"name": "one", "names": ["one"], "addresses": ["192.0.2.11"]}


def test_files_of_the_user_win():
    files = {path: {"exists": True, "type": "file"} for path in ("/ca", "/cert", "/key")}
    variables = {"ca_cert": "/ca", "cert": "/cert", "key": "/key"}
    plan = plan_of(facts_of(files), controller(), pki_dir="/pki", **variables)
    assert plan.refusals == plan.certificates == plan.private_keys == plan.unissued == []
    assert plan.etcdctl[-3] == "--cert=/cert" and plan.peer_tls == {}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"pki_dir": "pki"}, "one: etcd_pki_dir = pki: allowed: an absolute path on the controller"),
        ({"pki_dir": "/pki", "readers_group": "a b"}, "one: etcd_readers_group = a b: allowed: the name of a group"),
    ],
)
def test_wrong_values(variables, words):
    (text,) = plan_of(facts_of(), controller(), **variables).refusals
    assert text.startswith(words)


def test_members_that_said_their_urls_before_it_was_known_whether_there_is_tls():
    """Facts are collected before a run knows whether a cluster of before runs by http."""
    others = [member("one", 11), member("two", 12), member("three", 13)]
    secure = plan_of(facts_of(), controller(members=others), pki_dir="/pki")
    assert secure.endpoints == ["https://192.0.2.11:2379", "https://192.0.2.12:2379", "https://192.0.2.13:2379"]
    said = [dict(one, client_url=one["client_url"].replace("http:", "https:")) for one in others]
    plain = plan_of(facts_of(), controller(members=said))
    assert plain.endpoints == ["http://192.0.2.11:2379", "http://192.0.2.12:2379", "http://192.0.2.13:2379"]


@pytest.mark.parametrize(
    ("files", "running", "plain"),
    [
        ({}, [], False),
        (HAS_DATA, ["http://192.0.2.11:2379"], True),
        (HAS_DATA, ["https://192.0.2.11:2379"], False),
        ({**HAS_DATA, ENVIRONMENT: "ETCD_ADVERTISE_CLIENT_URLS=http://192.0.2.11:2379\n"}, [], True),
        ({**HAS_DATA, ENVIRONMENT: "ETCD_ADVERTISE_CLIENT_URLS=https://192.0.2.11:2379\n"}, [], False),
        ({ENVIRONMENT: "ETCD_ADVERTISE_CLIENT_URLS=http://192.0.2.11:2379\n"}, [], False),
        (HAS_DATA, [], False),
    ],
)
def test_whether_a_member_runs_without_tls(files, running, plain):
    etcd = {"client_urls": running, "version": "3.6.14", "cluster_version": "3.6.0"}
    facts = {**facts_of(files, unit={"active_state": "active" if running else "inactive"}), "etcd": etcd}
    plan = plan_of(facts, controller(), pki_dir="/pki")
    assert (plan.member["plain"], plan.leaves_http) == (plain, plain)
    assert not plan_of(facts, controller()).leaves_http


@pytest.mark.parametrize(
    ("platform", "variables", "words", "exports"),
    [
        ({}, {}, ["ETCDCTL_ENDPOINTS=https://127.0.0.1:2379", "ETCDCTL_CACERT=", "ETCDCTL_CERT=", "ETCDCTL_KEY="], 4),
        (
            CENTOS,
            {"version": "2.3.7"},
            ["ETCDCTL_ENDPOINT=", "ETCDCTL_CA_FILE=", "ETCDCTL_CERT_FILE=", "ETCDCTL_KEY_FILE=", "ETCDCTL_API=2"],
            5,
        ),
    ],
    ids=["etcd-3", "etcd-2"],
)
def test_the_environment_of_login_shells(platform, variables, words, exports):
    plan = plan_of(facts_of(platform=platform), controller(), pki_dir="/pki", **variables)
    (text,) = [item["content"] for item in plan.files if item["path"] == "/etc/profile.d/overlay-etcd.sh"]
    assert [word for word in words if f"export {word}" not in text] == [] and text.count("export ") == exports
    without = plan_of(facts_of({"/etc/profile.d/overlay-etcd.sh": "old"}), controller())
    assert "/etc/profile.d/overlay-etcd.sh" in paths(without.unwanted)
