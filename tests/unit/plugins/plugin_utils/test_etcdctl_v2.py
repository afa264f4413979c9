# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of `etcdctl cluster-health`, as etcd 2.3.7 prints it."""

from __future__ import annotations

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcdctl_v2 import cluster_health

MIXED = """\
failed to check the health of member 91bc on http://192.0.2.13:2379: Get http://192.0.2.13:2379/health: dial tcp: connection refused
member 8211 is healthy: got healthy result from http://192.0.2.11:2379
member 91aa is unhealthy: got unhealthy result from https://192.0.2.12:2379
member 91bc is unreachable: [http://192.0.2.13:2379 http://127.0.0.1:2379] are all unreachable
member 91cc is unreachable: no available published client urls
cluster is healthy
"""


def test_every_member_is_told_by_itself():
    assert cluster_health(MIXED) == [
        {"endpoint": "http://192.0.2.11:2379", "health": True, "error": ""},
        {
            "endpoint": "https://192.0.2.12:2379",
            "health": False,
            "error": "got unhealthy result from https://192.0.2.12:2379",
        },
        {
            "endpoint": "http://192.0.2.13:2379",
            "health": False,
            "error": "[http://192.0.2.13:2379 http://127.0.0.1:2379] are all unreachable",
        },
        {"endpoint": "member 91cc", "health": False, "error": "no available published client urls"},
    ]


def test_a_cluster_that_lists_no_members_gives_no_answer():
    assert (
        cluster_health("cluster may be unhealthy: failed to list members\nError: client: etcd cluster is unavailable\n")
        == []
    )


def test_only_those_count_that_were_asked_for():
    query = ["http://192.0.2.11:2379", "http://192.0.2.14:2379"]
    assert [(one["endpoint"], one["health"]) for one in cluster_health(MIXED, query)] == [
        (query[0], True),
        (query[1], False),
    ]
    assert cluster_health("Error: client: etcd cluster is unavailable\n", query) == []
