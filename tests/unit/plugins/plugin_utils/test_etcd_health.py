# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which members are healthy, by what etcdctl of etcd 3.5, 3.6 and 2.3.7 prints."""

from __future__ import annotations

import json

import pytest

from ansible_collections.overlay.flannel.plugins.filter import etcd_health as filter_file
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_health import answers_of_v2

health_of = filter_file.FilterModule().filters()["etcd_health"]
URLS = [f"http://192.0.2.{number}:2379" for number in (11, 12, 13)]
MEMBERS = [{"name": name, "client_url": url, "endpoint": url} for name, url in zip(["one", "two", "three"], URLS)]
PLAN = {"member": MEMBERS[0], "members": MEMBERS}
MIXED = """\
failed to check the health of member 91bc on http://192.0.2.13:2379: Get http://192.0.2.13:2379/health: dial tcp: connection refused
member 8211 is healthy: got healthy result from http://192.0.2.11:2379
member 91aa is unhealthy: got unhealthy result from https://192.0.2.12:2379
member 91bc is unreachable: [http://192.0.2.13:2379 http://127.0.0.1:2379] are all unreachable
member 91cc is unreachable: no available published client urls
cluster is healthy
"""
SILENT = (
    "cluster may be unhealthy: failed to list members\nError:  client: etcd cluster is unavailable or misconfigured\n"
)


def v3(*errors):
    """As `endpoint health --write-out=json` prints it; an error of None is a healthy member."""
    answers = [
        {"endpoint": url, "health": error is None, "took": "1ms", **({"error": error} if error else {})}
        for url, error in zip(URLS, errors)
    ]
    return json.dumps(answers) + "\n"


@pytest.mark.parametrize(
    ("text", "answered", "unhealthy", "may_restart"),
    [
        (v3(None, None, None), True, [], True),
        (v3(None, "context deadline exceeded", None), True, ["two"], False),
        (v3("context deadline exceeded", None, None), True, ["one"], True),
        (v3("timeout", "timeout", None), True, ["one", "two"], True),
        (v3(None, "etcdserver: user name is empty", "etcdserver: permission denied"), True, [], True),
        (
            json.dumps([{"endpoint": "http://192.0.2.99:2379", "health": False}]),
            True,
            ["http://192.0.2.99:2379"],
            False,
        ),
        ("", False, [], True),
        ("[truncated", False, [], True),
        (SILENT, False, [], True),
    ],
)
def test_health(text, answered, unhealthy, may_restart):
    found = health_of(text, PLAN)
    assert found == {
        "answered": answered,
        "healthy": answered and not unhealthy,
        "unhealthy": unhealthy,
        "may_restart": may_restart,
    }


def test_every_member_of_etcd_2_counts_by_itself():
    assert health_of(MIXED, PLAN) == {
        "answered": True,
        "healthy": False,
        "unhealthy": ["https://192.0.2.12:2379", "three", "member 91cc"],
        "may_restart": False,
    }
    assert answers_of_v2(MIXED)[2] == {
        "endpoint": "http://192.0.2.13:2379",
        "health": False,
        "error": "[http://192.0.2.13:2379 http://127.0.0.1:2379] are all unreachable",
    }


def test_only_those_of_etcd_2_count_that_were_to_answer():
    assert health_of(MIXED, PLAN, URLS[:1])["healthy"]
    assert health_of(MIXED, PLAN, [URLS[0], "http://192.0.2.14:2379"])["unhealthy"] == ["http://192.0.2.14:2379"]
    assert not health_of(SILENT, PLAN, URLS)["answered"]


def test_a_member_is_known_by_the_url_that_it_has_and_by_the_one_that_it_gets():
    """While the members move to https one after the other, one of them is asked by each."""
    urls = [url.replace("http", "https") for url in URLS]
    members = [{**member, "client_url": url} for member, url in zip(MEMBERS, urls)]
    text = v3("timeout", None, "timeout").replace(URLS[2], urls[2])
    found = health_of(text, {"member": members[0], "members": members})
    assert (found["unhealthy"], found["may_restart"]) == (["one", "three"], True)
    assert not health_of(text, {"member": members[1], "members": members})["may_restart"]
