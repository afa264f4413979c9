# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of a cluster that runs from http to https."""

from __future__ import annotations

import dataclasses
import json

import pytest
from etcd_member import ENVIRONMENT, HAS_DATA, controller_of, facts_of, member, plan_of

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_move import step_of

TLS = {
    **{name: f"/{name}" for name in ("ca_cert", "cert", "key", "peer_ca_cert", "peer_cert", "peer_key")},
    "install_method": "file",
    "file_dir": "/programs",
    "version": "3.6.14",
}
GIVEN = {f"/{name}": {"exists": True, "type": "file"} for name in TLS}
ADDRESS = "192.0.2.11"
HTTP, HTTPS, SECOND = f"http://{ADDRESS}:2380", f"https://{ADDRESS}:2380", f"https://{ADDRESS}:2382"
MEMBERS = [member("one", 11, data=True), member("two", 12, data=True), member("three", 13, data=True)]


def running(listens, client="http", version="3.6.14"):
    files = {**HAS_DATA, **GIVEN, ENVIRONMENT: f"ETCD_LISTEN_PEER_URLS={listens}\n"}
    etcd = {"client_urls": [f"{client}://{ADDRESS}:2379"], "version": version, "cluster_version": version}
    return {**facts_of(files, unit={"active_state": "active", "unit_file_state": "enabled"}), "etcd": etcd}


def planned(listens, move="", members=MEMBERS, **variables):
    controller = dataclasses.replace(controller_of(members), move=move)
    return plan_of(running(listens), controller, **{**TLS, **variables})


def written(plan, name):
    (text,) = [item["content"] for item in plan.files if item["path"] == ENVIRONMENT]
    (value,) = [line.partition("=")[2] for line in text.splitlines() if line.startswith(f"{name}=")]
    return value.split(",")


@pytest.mark.parametrize(
    ("listens", "moves"),
    [(HTTP, True), (f"{HTTP},{SECOND}", True), (f"{HTTPS},{SECOND}", True), (HTTPS, False)],
)
@pytest.mark.parametrize("members", [MEMBERS, ()], ids=["three", "one"])
def test_a_member_that_does_not_listen_for_tls_alone_has_to_move(listens, moves, members):
    plan = planned(listens, members=members)
    assert plan.refusals == [] and plan.must_move is moves


@pytest.mark.parametrize(
    ("move", "peers", "known"),
    [("both", [HTTP, SECOND], SECOND), ("swap", [HTTPS, SECOND], HTTPS), ("", [HTTPS], HTTPS)],
)
def test_where_a_member_listens_in_each_step(move, peers, known):
    plan = planned(HTTP, move)
    assert written(plan, "ETCD_LISTEN_PEER_URLS") == peers
    assert (plan.move, plan.known_url, plan.second_url) == (move, known, SECOND)
    clients = [f"https://{ADDRESS}:2379", "https://127.0.0.1:2379"]
    both = [*clients, f"http://{ADDRESS}:2379", "http://127.0.0.1:2379"]
    assert written(plan, "ETCD_LISTEN_CLIENT_URLS") == (both if move else clients)
    assert written(planned(HTTP, move, keep_plain=True), "ETCD_LISTEN_CLIENT_URLS") == both
    assert written(plan, "ETCD_ADVERTISE_CLIENT_URLS") == [f"https://{ADDRESS}:2379"]
    assert not (move and plan.must_move)


def test_without_tls_nothing_moves():
    plan = plan_of(running(HTTP), controller_of(MEMBERS), keep_plain=True, install_method="file", file_dir="/programs")
    assert not plan.must_move
    assert written(plan, "ETCD_LISTEN_CLIENT_URLS") == [f"http://{ADDRESS}:2379", "http://127.0.0.1:2379"]


def test_a_member_that_does_not_run_is_refused():
    facts = running(HTTP)
    facts["units"]["etcd.service"]["active_state"] = "failed"
    (text,) = plan_of(facts, controller_of(MEMBERS), **TLS).refusals
    assert "https between members: allowed: " in text


def answer(*urls):
    names = ("one", "two", "three")
    members = [
        {"ID": 255 + place, "name": name, "peerURLs": [url]} for place, (name, url) in enumerate(zip(names, urls))
    ]
    return json.dumps({"members": members})


@pytest.mark.parametrize(
    ("move", "urls", "needed", "outdated"),
    [
        ("both", [HTTP, "http://192.0.2.12:2380"], True, True),
        ("both", [SECOND, "http://192.0.2.12:2380"], True, False),
        ("both", [SECOND, "https://192.0.2.12:2382"], False, False),
        ("both", [HTTPS, "https://192.0.2.12:2382"], False, True),
        ("swap", [SECOND, "https://192.0.2.12:2382"], True, True),
        ("swap", [HTTPS, "https://192.0.2.12:2382"], True, False),
        ("swap", [HTTPS, "https://192.0.2.12:2380"], False, False),
    ],
)
def test_what_is_left_of_a_step(move, urls, needed, outdated):
    """Where a step is not needed, whether this member has an update left does not matter."""
    step = step_of(answer(*urls), planned(HTTP, move).to_dict())
    assert (step["needed"], step["outdated"]) == (needed, outdated)
    assert (step["id"], step["url"]) == ("ff", SECOND if move == "both" else HTTPS)


@pytest.mark.parametrize(
    ("clients", "leaves"),
    [
        (f"https://{ADDRESS}:2379,https://127.0.0.1:2379,http://{ADDRESS}:2379", True),
        (f"https://{ADDRESS}:2379,https://127.0.0.1:2379", False),
    ],
    ids=["both", "https"],
)
def test_a_run_that_was_killed_in_between_still_has_clients_by_http(clients, leaves):
    """The member says https of itself already, but flannel has not moved."""
    facts = running(HTTPS, client="https")
    facts["files"][ENVIRONMENT]["content"] += f"ETCD_LISTEN_CLIENT_URLS={clients}\n"
    plan = plan_of(facts, controller_of(MEMBERS), **TLS)
    assert (plan.member["plain"], plan.leaves_http) == (False, leaves)
