# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster import collect_v2
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.pages import Page, Probe


@pytest.fixture
def pages(recorded):
    """What etcd 3.4 with --enable-v2 has answered, as one of three members."""

    def read(state):
        answers = json.loads(recorded("etcd/v2.json"))[state]
        return {path: Page(one["status"], one["body"].encode(), one["cluster_id"]) for path, one in answers.items()}

    return read


def endpoint(pages, cause=""):
    return collect_v2.endpoint_of(Probe("http://a", cause, pages))


def test_well(pages):
    found = endpoint(pages("led"))
    assert (found.healthy, found.unhealthy_reason, found.cause, found.alarms) == (True, "", "", None)
    assert found.status.version == "3.4.23"
    assert found.status.leader in {member.id for member in found.members}
    assert {member.name for member in found.members} == {"node1", "node2", "node3"}
    assert len(found.status.cluster_id) == 16
    assert found.status.db_size is None


def test_without_a_leader(pages):
    found = endpoint(pages("leaderless"))
    assert (found.healthy, found.status.leader) == (False, "")
    assert len(found.members) == 3


@pytest.mark.parametrize(
    ("page", "told"),
    [
        (Page(200, b'{"health": "true"}'), (True, "")),
        (Page(200, b'{"health": true}'), (True, "")),
        (Page(503, b'{"health": "false"}'), (False, "/health reports that it is not healthy")),
        (Page(503, b'{"health":"false","reason":"ALARM NOSPACE"}'), (False, "ALARM NOSPACE")),
        (Page(200, b"yes"), (False, "/health reports that it is not healthy")),
        (Page(0, b""), (False, "/health does not answer in time")),
    ],
)
def test_health(page, told):
    assert collect_v2.health_of(page) == told


@pytest.mark.parametrize(
    ("pages", "cause", "seen"),
    [
        ({}, "connection refused", "connection refused"),
        ({}, "", "HTTP status unknown"),
        ({path: Page(404, b"404 page not found") for path in collect_v2.PATHS}, "", "v2 API is switched off"),
        ({path: Page(401, b"") for path in collect_v2.PATHS}, "", "HTTP status 401"),
    ],
)
def test_nothing_told(pages, cause, seen):
    found = endpoint(pages, cause)
    assert seen in found.cause
    assert (found.status, found.members) == (None, None)
