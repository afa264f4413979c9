# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster that runs cannot become in one run."""

from __future__ import annotations

import pytest
from etcd_member import ENVIRONMENT, HAS_DATA, controller_of, facts_of, member, plan_of

URL = "192.0.2.11:2379"
THREE = [member(name, number, data=True) for name, number in (("one", 11), ("two", 12), ("three", 13))]
TLS = {"cert": "/cert", "key": "/cert"}
PEER_TLS = {f"peer_{name}": "/cert" for name in ("ca_cert", "cert", "key")}


def refused(facts, members=THREE, **variables):
    return plan_of(facts, controller_of(members), **variables).refusals


def running(version="3.5.16", cluster="3.5.0", scheme="http", state="active", **others):
    files = {**HAS_DATA, "/cert": {"exists": True, "type": "file"}, **others.pop("files", {})}
    etcd = {"client_urls": [f"{scheme}://{URL}"], "version": version, "cluster_version": cluster}
    return {**facts_of(files, unit={"active_state": state}, **others), "etcd": etcd}


def to(version):
    return {"install_method": "file", "file_dir": "/programs", "version": version}


@pytest.mark.parametrize(
    ("version", "cluster", "wanted"),
    [
        ("3.5.16", "3.5.0", "3.5.33"),
        ("3.5.16", "3.5.0", "3.5.0"),
        ("3.4.23", "3.4.0", "3.5.33"),
        ("3.6.14", "3.5.0", "3.6.14"),  # this member was the first
        ("3.6.14", "3.5.0", "3.5.16"),  # and goes back
        ("3.6.14", "3.6.0", "3.7.3"),
        ("3.7.3", "3.6.0", "3.6.14"),  # after `etcdctl downgrade enable 3.6`
        ("3.5.16", "", "3.6.14"),
        ("", "", "3.7.3"),
    ],
)
def test_steps_that_etcd_takes(version, cluster, wanted):
    assert refused(running(version, cluster), **to(wanted)) == []


@pytest.mark.parametrize(
    ("version", "cluster", "wanted", "words"),
    [
        ("3.4.23", "3.4.0", "3.6.14", "3.4 or 3.5, because the cluster runs 3.4|(3.4 -> 3.5 -> 3.6)"),
        ("3.5.16", "3.5.0", "3.7.3", "3.5 or 3.6, because the cluster runs 3.5|(3.5 -> 3.6 -> 3.7)"),
        (
            "3.6.14",
            "3.5.0",
            "3.7.3",
            "because the cluster runs 3.5|(3.5 -> 3.6 -> 3.7)|If all members run 3.6,"
            f"|ETCDCTL_ENDPOINTS=http://{URL} etcdctl downgrade cancel, then run again",
        ),
        ("3.4.23", "", "3.6.14", "(3.4 -> 3.5 -> 3.6)"),
        ("2.3.7", "2.3.0", "3.4.23", "set the release that runs; or found a new cluster with 3.4 on other hosts"),
        (
            "3.6.14",
            "3.6.0",
            "3.5.33",
            f"3.6 or newer|ETCDCTL_ENDPOINTS=http://{URL} etcdctl downgrade enable 3.5, then run",
        ),
        ("3.7.3", "3.7.0", "3.5.33", "downgrade enable 3.6, then run again with a release of 3.6, which is one step"),
        ("3.5.16", "3.5.0", "3.4.23", "set 3.5; or restore a snapshot of 3.4 into a new cluster"),
    ],
)
def test_steps_that_etcd_does_not_take(version, cluster, wanted, words):
    (text,) = refused(running(version, cluster), **to(wanted))
    assert text.startswith(f"one: etcd_version = {wanted}: allowed: ")
    assert [part for part in words.split("|") if part not in text] == []


def test_the_package_may_be_the_older_one():
    (text,) = refused(running("3.6.14", "3.6.0", packages={"etcd-server": "3.5.16-4"}))
    assert text.startswith("one: etcd_install_method = package (etcd 3.5): allowed: 3.6 or newer")


def test_an_etcd_that_does_not_run_as_the_unit_refuses_nothing():
    assert refused(running("3.4.23", "3.4.0", state="failed"), **to("3.6.14")) == []


def peers(scheme):
    return {ENVIRONMENT: f"ETCD_LISTEN_PEER_URLS={scheme}://192.0.2.11:2380\n"}


@pytest.mark.parametrize(
    ("before", "variables"), [("http", {**PEER_TLS, **to("3.4.23")}), ("https", to("3.6.14"))], ids=["etcd-3.4", "back"]
)
def test_the_scheme_between_members(before, variables):
    """From 3.5 on the role moves a cluster to https (test_etcd_move.py)."""
    now = "https" if before == "http" else "http"
    running_version = ("3.4.23", "3.4.0") if before == "http" else ("3.6.14", "3.6.0")
    (text,) = refused(running(*running_version, files=peers(before)), **variables)
    assert text.startswith(f"one: etcd_peer_ca_cert, etcd_peer_cert, etcd_peer_key = {now} between members: allowed: ")
    assert f"ETCD_LISTEN_PEER_URLS={before}://192.0.2.11:2380,{now}://192.0.2.11:2382" in text
    (alone,) = refused(running(*running_version, files=peers(before)), members=(), **variables)
    assert f"member update ID --peer-urls={now}://192.0.2.11:2380" in alone and "2382" not in alone


def test_clients_move_to_https_and_several_members_do_not_move_back():
    assert refused(running(), **TLS) == []
    assert refused(running(scheme="https"), **TLS) == []
    assert refused(running(scheme="https"), members=()) == []
    (text,) = refused(running(scheme="https"))
    assert text.startswith("one: etcd_cert, etcd_key = (empty): allowed: the certificate")
