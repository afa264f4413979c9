# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate with which flanneld is a user of etcd."""

from __future__ import annotations

import flannel_case as case
import pytest

ISSUED = {f"/pki/{name}": name for name in ("trust.crt", "clients/node.crt", "clients/node.key")}
CA, CERT, KEY = (f"/etc/flannel/pki/{name}" for name in ("ca.crt", "client.crt", "client.key"))
PKI = {"pki_dir": "/pki", "etcd_endpoints": ["https://172.72.103.11:2379"]}


@pytest.fixture
def ready(facts):
    """A host that is as wanted, with its certificates."""
    found = case.converged(facts)
    fresh = case.plan(found, files=ISSUED, **PKI)
    assert fresh.refusals == []
    there = {"exists": True, "type": "file", "mode": "0644", "owner": "root", "mtime": 1}
    copied = {item["path"]: {**there, "sha256": case.sha256(ISSUED[item["src"]])} for item in fresh.certificates}
    keys = {KEY: {"cert": CERT, "exists": True, "fits": True, "mode": "0600", "owner": "root", "group": "root"}}
    settings = {
        item["path"]: {**there, "mode": item["mode"], case.kind_of_digest(item): digest(item)} for item in fresh.files
    }
    return {**found, "files": {**found["files"], **copied, **settings}, "key_pairs": keys}


def digest(item):
    from ansible_collections.overlay.flannel.plugins.plugin_utils import secret_digest

    return secret_digest.secret_digest(item["content"].encode()) if item.get("secret") else case.sha256(item["content"])


def paths(items):
    return [item["path"] for item in items]


def test_a_fresh_host_gets_them_and_uses_them(facts):
    found = case.plan(case.bare(facts), files=ISSUED, **PKI)
    assert found.refusals == found.unissued == []
    assert paths(found.certificates) == [CA, CERT]
    assert [(item["path"], item["mode"], item["group"]) for item in found.private_keys] == [(KEY, "0600", "root")]
    assert found.etcd_tls == {"ca_cert": CA, "client_cert": CERT, "client_key": KEY}
    (text,) = [item["content"] for item in found.files if item["path"] == "/etc/flannel/flanneld.env"]
    assert [
        name for name, path in zip("CA CERT KEY".split(), (CA, CERT, KEY)) if f'ETCD_{name}FILE="{path}"' not in text
    ] == []


def test_a_host_that_has_them(ready):
    found = case.plan(ready, files=ISSUED, **PKI)
    assert (found.certificates, found.private_keys, found.unissued) == ([], [], [])
    assert not [text for text in found.restart if "pki" in text]


@pytest.mark.parametrize(
    ("kind", "path", "fact", "certificates", "keys"),
    [
        ("files", CA, {"sha256": "older"}, [CA], []),
        ("files", CERT, {"sha256": "older"}, [CERT], [KEY]),
        ("key_pairs", KEY, {"fits": False}, [], [KEY]),
        ("key_pairs", KEY, {"mode": "0644"}, [], [KEY]),
    ],
)
def test_flanneld_restarts_for_what_differs(ready, kind, path, fact, certificates, keys):
    """It reads them only when it starts."""
    ready[kind][path].update(fact)
    found = case.plan(ready, files=ISSUED, **PKI)
    assert (paths(found.certificates), paths(found.private_keys)) == (certificates, keys)
    assert [text for text in found.restart if "pki" in text] == [f"{one} changes" for one in certificates + keys]


def test_what_the_controller_has_to_issue_first(facts):
    assert case.plan(case.bare(facts), **PKI).unissued == list(ISSUED)


def test_files_of_the_user_win(facts):
    tls = {"etcd_ca_cert": "/ca", "etcd_client_cert": "/cert", "etcd_client_key": "/key"}
    bare = case.bare(facts)
    bare["files"].update(dict.fromkeys(tls.values(), {"exists": True, "type": "file"}))
    found = case.plan(bare, **{**PKI, **tls})
    assert found.refusals == found.certificates == found.unissued == []
    assert found.etcd_tls == {"ca_cert": "/ca", "client_cert": "/cert", "client_key": "/key"}


def test_certificates_need_https(facts):
    (text,) = case.plan(case.bare(facts), files=ISSUED, pki_dir="/pki").refusals
    assert "https:// in every URL" in text
