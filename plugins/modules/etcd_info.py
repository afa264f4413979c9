#!/usr/bin/python
# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module etcd_info: check the health of an etcd cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_info
short_description: Check the health of an etcd cluster
version_added: 0.1.0
author:
  - overlay.flannel contributors (@overlay-flannel)
description:
  - Returns and checks members, leader, versions, health, database sizes, alarms and certificate expiry of an etcd cluster.
  - Queries all endpoints in parallel. An endpoint that is down or hangs gives a finding and does not delay the others.
  - Fails if no endpoint answers. The error has the same return values, as far as they are known.
  - Uses etcdctl for the v3 API (C(member list), C(endpoint status), C(endpoint health), C(alarm list), C(auth status)), and
    C(/metrics) for the quota of etcd 3.5 and older.
  - Uses the URLs of C(etcdctl cluster-health) of etcd 2.3 for the v2 API. They report no alarms, no sizes and no lag.
options:
  expected:
    description:
      - The members that the cluster must have, each by its name, its peer URL or a client URL.
      - If empty, missing and foreign members are not reported.
    type: list
    elements: str
    default: []
  cluster:
    description:
      - Whether to query members that are not in O(endpoints) as well, at the client URLs that they advertise.
      - If V(false), these members are not checked and count as healthy.
    type: bool
    default: true
  quota_percent:
    description: Percentage of the quota from which a database is reported.
    type: int
    default: 80
  raft_lag:
    description: Number of entries of the raft log that a member may be behind the others.
    type: int
    default: 1000
  certificate_days:
    description:
      - Minimum number of days until a certificate ends.
      - Checks the certificates of the endpoints, of the peer ports of their members, of O(client_cert) and of O(ca_cert). If O(ca_cert)
        has several authorities, the one that ends last counts.
    type: int
    default: 30
extends_documentation_fragment:
  - overlay.flannel.etcd
  - overlay.flannel.attributes.info
  - overlay.flannel.attributes.actiongroup_etcd
notes:
  - O(timeout) is the limit for the whole module.
  - O(prefix) is ignored. It exists so that C(module_defaults) of the action group can set it for the other modules.
  - The v2 API does not need python-etcd here.
  - If authentication is enabled in etcd, set O(username) and O(password), or O(client_cert) and O(client_key) of a user. It needs no role.
seealso:
  - module: overlay.flannel.lease_info
"""

EXAMPLES = r"""
- name: Check the cluster
  overlay.flannel.etcd_info:
    api: v3
  register: etcd

- name: Fail if the cluster is not healthy
  overlay.flannel.etcd_info:
    endpoints:
      - http://192.0.2.11:2379
      - http://192.0.2.12:2379
      - http://192.0.2.13:2379
    flannel_version: 0.28.10
    expected:
      - node1
      - node2
      - node3
  register: etcd
  failed_when: etcd.failed or not etcd.healthy

- name: Check one endpoint with TLS, and require certificates that last half a year
  overlay.flannel.etcd_info:
    endpoints: ["https://192.0.2.11:2379"]
    api: v3
    ca_cert: /etc/etcd/ca.pem
    client_cert: /etc/etcd/client.pem
    client_key: /etc/etcd/client.key
    cluster: false
    certificate_days: 180
"""

RETURN = r"""
api:
  description: The API that was used.
  type: str
  returned: success
  sample: v3
cluster_ids:
  description: The IDs of the clusters that answered. More than one gives a finding.
  type: list
  elements: str
  returned: success
  sample: [cdf818194e3a8c32]
versions:
  description: The versions of etcd of the members that answered.
  type: list
  elements: str
  returned: success
  sample: [3.6.14]
leader:
  description: Name of the leader. Empty if no endpoint knows one.
  type: str
  returned: success
  sample: node1
quorum:
  description: Number of voting members that a write needs. Null if the members are not known.
  type: int
  returned: success
  sample: 2
fault_tolerance:
  description: Number of further voting members that may fail before writes stop. Null if the members are not known.
  type: int
  returned: success
  sample: 1
members:
  description: The members of the cluster. Empty if no endpoint reports them, such as etcd 3.5 without a leader.
  type: list
  elements: dict
  returned: success
  contains:
    id:
      description: Member ID in the notation of etcdctl.
      type: str
      sample: 8e9e05c52164694d
    name:
      description: Name of the member. Empty if its etcd has never been started.
      type: str
      sample: node1
    peer_urls:
      description: URLs for the other members.
      type: list
      elements: str
      sample: ["http://192.0.2.11:2380"]
    client_urls:
      description: URLs that the member advertises to clients.
      type: list
      elements: str
      sample: ["http://192.0.2.11:2379"]
    learner:
      description: Whether the member is a learner, which does not vote.
      type: bool
      sample: false
    started:
      description: Whether its etcd has been started at least once.
      type: bool
      sample: true
    leader:
      description: Whether the member is the leader.
      type: bool
      sample: true
    healthy:
      description: Whether the member is healthy. Null if it was not queried or does not report it.
      type: bool
      sample: true
endpoints:
  description: The endpoints in O(endpoints), then those that were found in the list of members.
  type: list
  elements: dict
  returned: success
  contains:
    url:
      description: URL of the endpoint.
      type: str
      sample: http://192.0.2.11:2379
    member:
      description: Name of the member that answers there, else of the member that advertises the URL, else empty.
      type: str
      sample: node1
    healthy:
      description: Whether the endpoint answers and is healthy. Null if it does not report it.
      type: bool
      sample: true
    cause:
      description: Why the endpoint is not healthy.
      type: str
      sample: ''
    version:
      description: Version of etcd.
      type: str
      sample: 3.6.14
    cluster_id:
      description: ID of its cluster.
      type: str
      sample: cdf818194e3a8c32
    raft_term:
      description: Raft term.
      type: int
      sample: 2
    raft_index:
      description: Newest entry of the raft log that is known there to be committed.
      type: int
      sample: 4711
    raft_applied_index:
      description: Newest entry of the raft log that is applied there. Null before etcd 3.4.
      type: int
      sample: 4711
    raft_lag:
      description: Number of entries behind the newest one of the cluster.
      type: int
      sample: 0
    db_size:
      description: Size of the database in bytes.
      type: int
      sample: 20480
    db_size_in_use:
      description: Bytes of the database that are in use. Null before etcd 3.4.
      type: int
      sample: 16384
    db_quota:
      description: Maximum size of the database in bytes. Null if etcd does not report it, as before 3.6 without C(/metrics).
      type: int
      sample: 2147483648
alarms:
  description: The active alarms. Null if no endpoint reports them.
  type: list
  elements: dict
  returned: success
  contains:
    member:
      description: Name of the member that raised the alarm.
      type: str
      sample: node1
    alarm:
      description: V(NOSPACE) or V(CORRUPT).
      type: str
      sample: NOSPACE
auth:
  description:
    - Whether authentication is enabled. Null if no endpoint reports it, as with the v2 API, etcd 3.4 and the etcdctl of 3.4.
  type: bool
  returned: success
  sample: true
certificates:
  description: The certificates of endpoints, of the peer ports of their members, and of files.
  type: list
  elements: dict
  returned: success
  contains:
    source:
      description: The endpoint or the peer URL that presented the certificate, or its file.
      type: str
      sample: https://192.0.2.11:2379
    ends:
      description: When it ends, in UTC.
      type: str
      sample: '2027-11-24T21:07:00Z'
    days:
      description: Whole days until then, below zero after it.
      type: int
      sample: 363
findings:
  description: What is not as it should be.
  type: list
  elements: dict
  returned: success
  contains:
    code:
      description:
        - What was found, as a name for programs.
        - C(alarm_corrupt) (error) - A member's data differs from that of the others; the cluster takes no
          writes.
        - C(alarm_nospace) (error) - The database of a member is full; the cluster takes no writes.
        - C(alarm_*) (error) - etcd raised an alarm that this collection does not know.
        - C(auth_off) (warning) - etcd has TLS, but authentication is off, so every client certificate may do everything.
        - C(certificate_ends) (warning, an error when it has ended) - A certificate ends soon.
        - C(client_http) (warning) - Clients use etcd by http, where anybody on the network can read and write.
        - C(db_fragmented) (warning) - Half of a member's database file or more is free.
        - C(db_near_quota) (warning) - A member's database has nearly reached its quota.
        - C(endpoint_down) (error) - An endpoint does not answer.
        - C(endpoint_unhealthy) (error) - A member answers, but cannot read in time.
        - C(health_unknown) (error) - etcd reports its health to users only.
        - C(learner) (warning) - A member is a learner, which neither votes nor serves clients.
        - C(member_elsewhere) (error) - Another member answers at the client URL that a member advertises.
        - C(member_foreign) (error) - The cluster has a member that is not expected.
        - C(member_missing) (error) - An expected member is not in the cluster.
        - C(member_unstarted) (error) - A member was added, but its etcd has never been started.
        - C(members_even) (warning) - The number of voting members is even.
        - C(members_unknown) (error) - No endpoint reports the members of the cluster.
        - C(no_fault_tolerance) (warning) - When one more member fails, nothing can be written.
        - C(no_leader) (error) - An endpoint knows no leader.
        - C(quorum_lost) (error) - Fewer members than a majority take part.
        - C(raft_lag) (warning) - A member has not applied many entries that the cluster has committed.
        - C(two_clusters) (error) - The endpoints belong to several clusters.
        - C(versions_mixed) (warning) - The members run several versions of etcd.
      type: str
      sample: endpoint_down
    severity:
      description: V(error) or V(warning).
      type: str
      sample: error
    host:
      description: The member's name, else its peer URLs or the endpoint, else empty.
      type: str
      sample: node2
    seen:
      description: What the check saw.
      type: str
      sample: 'http://192.0.2.12:2379: connection refused'
    expected:
      description: What the check expected.
      type: str
      sample: a member of etcd that answers
    fix:
      description: What to do.
      type: str
      sample: check etcd's journal there, and that this URL can be reached from here
healthy:
  description: Whether no finding is an error.
  type: bool
  returned: success
  sample: true
causes:
  description: Why each endpoint did not answer.
  type: list
  elements: str
  returned: if no endpoint answers
  sample: ['http://127.0.0.1:2379: connection refused']
"""

import dataclasses
import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import ARGUMENTS, TOGETHER, from_params
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster import collect_v2, collect_v3
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.check_members import (
    ClusterContext,
    checked_limits,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.collect import Collector, read_cluster
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.result import report, unreachable_error
from ansible_collections.overlay.flannel.plugins.module_utils.overlay_module import OverlayModule, run
from ansible_collections.overlay.flannel.plugins.module_utils.registry.open_store import api_of, require_files

COLLECTORS: dict[str, Collector] = {"v2": collect_v2.collect, "v3": collect_v3.collect}
CHOICE_SHARE = 0.25  # part of the time for finding out which API is spoken, where no option says it


def work(params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    limits, connection = checked_limits(params), from_params(params)
    require_files(connection)
    deadline = time.monotonic() + connection.timeout
    brief = dataclasses.replace(connection, timeout=connection.timeout * CHOICE_SHARE)
    api = api_of(brief, params["api"], params["flannel_version"])
    cluster = read_cluster(connection, COLLECTORS[api], params["cluster"], deadline - time.monotonic())
    result = report(api, ClusterContext(cluster, params["expected"], limits, time.time()))
    if not cluster.statuses:
        raise unreachable_error(cluster, result)
    return result


def main() -> None:
    module = OverlayModule(
        argument_spec={
            **ARGUMENTS,
            "expected": {"type": "list", "elements": "str", "default": []},
            "cluster": {"type": "bool", "default": True},
            "quota_percent": {"type": "int", "default": 80},
            "raft_lag": {"type": "int", "default": 1000},
            "certificate_days": {"type": "int", "default": 30},
        },
        required_together=TOGETHER,
        supports_check_mode=True,
    )
    run(module, lambda: work(module.params))


if __name__ == "__main__":
    main()
