# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a run has seen to samples: a healthy host, and each metric when something is wrong."""

from __future__ import annotations

import dataclasses
import json

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.model import (
    Alarm,
    Cluster,
    Endpoint,
    Member,
    Status,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.peers import count_incomplete
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.run import check
from ansible_collections.overlay.flannel.plugins.module_utils.metrics.catalogue import CATALOGUE
from ansible_collections.overlay.flannel.plugins.module_utils.metrics.exposition import to_text
from ansible_collections.overlay.flannel.plugins.module_utils.metrics.read import newest_backup
from ansible_collections.overlay.flannel.plugins.module_utils.metrics.samples import LACKS, Seen, samples_of

STATUS = Status("1", "9", "3.6.14", "1", 2, 30, 30, 20480, 16384, 2147483648)
MEMBERS = (Member("1", "a", ("https://a:2380",), ("https://a:2379",)), Member("2", "b", (), ()))
CLUSTER = Cluster([Endpoint("https://a:2379", healthy=True, status=STATUS, members=MEMBERS, alarms=())])
SILENT = Cluster([Endpoint("https://a:2379", cause="connection refused")])


def seen_of(context, **more):
    given = {"findings": {"host": check(context)}, "versions": {"flannel": "0.28.10"}, "moment": 1000.5, **more}
    return Seen(context, **given)


def values(seen):
    """By metric and labels, as one text; what is written for Prometheus is checked on the way."""
    to_text(CATALOGUE, samples_of(seen))
    return {" ".join([one.name[len("overlay_") :], *one.labels]): float(one.value) for one in samples_of(seen)}


def test_a_healthy_host(context):
    own = context.own
    found = values(seen_of(context, ttl=80000, etcd_up=True, duration=0.5, cpu=0.25))
    assert found.pop("build_info  0.28.10    ") == 1
    assert {name: value for name, value in found.items() if value} == {
        "last_success_timestamp_seconds": 1000.5,
        "run_duration_seconds": 0.5,
        "run_cpu_seconds": 0.25,
        "unit_active docker.service": 1,
        "unit_active flanneld.service": 1,
        "leases": len(context.leases),
        f"lease_ttl_seconds {own['subnet']} {own['public_ip']}": 80000,
        "peers": len(context.peers),
        "etcd_up": 1,
    }
    assert len(context.peers) > 0
    zero = sorted(name for name, value in found.items() if not value)
    assert zero == sorted(
        [
            "docker_option_differences",
            *(f"findings {severity} host" for severity in ("error", "warning")),
            *(f"subnet_mismatch {place}" for place in ("lease", "subnet.env", "docker env", "docker0", "dockerd")),
            *(
                f"peers_incomplete {lacks}"
                for lacks in ("route", "right_route", "network", "neighbour", "forwarding_entry")
            ),
        ]
    )


def without_route(facts):
    facts["routes"] = [route for route in facts["routes"] if not route["dev"].startswith("flannel")]


def without_device(facts):
    del facts["interfaces"]["flannel.1"]
    facts.update(routes=[], neighbours=[], fdb=[])


CHANGES = {
    "routes": (
        without_route,
        {"peers_incomplete route": 2, "finding peer_route_missing error host": 1, "findings error host": 1},
    ),
    "neighbours": (
        lambda facts: facts.update(neighbours=[]),
        {"peers_incomplete neighbour": 2, "finding peer_neighbour_missing error host": 1},
    ),
    "fdb": (
        lambda facts: facts.update(fdb=[]),
        {"peers_incomplete forwarding_entry": 2, "finding peer_fdb_missing error host": 1},
    ),
    "device": (without_device, {"peers_incomplete route": 2, "finding device_missing error host": 1}),
    "docker0": (
        lambda facts: (
            facts["docker"].update(docker0="10.99.1.1/24"),
            facts["interfaces"]["docker0"]["addresses"][0].update(address="10.99.1.1"),
        ),
        {
            "subnet_mismatch docker0": 1,
            "subnet_mismatch dockerd": 0,
            "docker_option_differences": 1,
            "finding docker_bridge_mismatch error host": 1,
        },
    ),
    "dockerd": (
        lambda facts: facts["docker"]["options"].update(bip="10.99.1.1/24"),
        {
            "subnet_mismatch dockerd": 1,
            "subnet_mismatch docker0": 0,
            "docker_option_differences": 1,
            "finding docker_options_mismatch error host": 1,
        },
    ),
    "flanneld": (
        lambda facts: (
            facts["units"]["flanneld.service"].update(active_state="failed"),
            facts["processes"].pop("flanneld"),
        ),
        {"unit_active flanneld.service": 0, "finding flanneld_not_active error host": 1},
    ),
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_what_is_wrong_has_a_number(facts, healthy, change):
    edit, wanted = CHANGES[change]
    edit(facts)
    found = values(seen_of(HostContext(facts, healthy["leases"])))
    peers = len(HostContext(facts, healthy["leases"]).peers)
    assert peers == 2
    assert {name: found.get(name) for name in wanted} == wanted


@pytest.mark.parametrize("name, far", [("host_gw", 1), ("udp", 0), ("vxlan_direct", 0)])
def test_other_backends(recorded_case, name, far):
    """One route for each peer, or one for all of them. host-gw does not reach a host that is behind a router."""
    context = recorded_case(name)
    lost = {"peer_not_adjacent": far} if far else {}
    assert {code: number for code, number in count_incomplete(context).items() if code in LACKS} == lost
    context.facts["routes"] = [route for route in context.facts["routes"] if not route["dst"].startswith("10.42.")]
    assert count_incomplete(context) == {"peer_route_missing": len(context.peers) - far, **lost}


def test_without_etcd_the_host_has_its_own_metrics(facts):
    found = values(seen_of(HostContext(facts), etcd_up=False, cluster=SILENT))
    assert (found["etcd_up"], found["etcd_member_up"], found["subnet_mismatch docker0"]) == (0, 0, 0)
    absent = (
        "leases",
        "lease_ttl_seconds",
        "peers",
        "subnet_mismatch lease",
        "etcd_alarms",
        "etcd_members",
        "etcd_database",
    )
    assert [name for name in found if name.startswith(absent)] == []


def test_a_host_without_a_lease(facts, healthy):
    found = values(seen_of(HostContext(facts, healthy["leases"], None, "192.0.2.99"), etcd_up=True))
    assert found["finding lease_not_found error host"] == 1 and found["leases"] == len(healthy["leases"])
    assert [name for name in found if name.startswith(("lease_ttl", "peers"))] == []


def test_a_member(context):
    full = dataclasses.replace(
        CLUSTER.endpoints[0], alarms=(Alarm("2", "NOSPACE"), Alarm("1", "NOSPACE"), Alarm("1", "7"))
    )
    found = values(
        seen_of(
            context,
            cluster=Cluster([full]),
            findings={"host": [], "etcd": [Finding("alarm_nospace", "s", "e", "f")] * 2},
        )
    )
    wanted = {
        "etcd_member_up": 1,
        "etcd_member_has_leader": 1,
        "etcd_members": 2,
        "etcd_alarms NOSPACE": 2,
        "etcd_alarms CORRUPT": 0,
        "etcd_alarms 7": 1,
        "etcd_database_bytes": 20480,
        "etcd_database_used_bytes": 16384,
        "etcd_database_quota_bytes": 2147483648,
        "findings error etcd": 2,
        "finding alarm_nospace error etcd": 2,
    }
    assert {name: found.get(name) for name in wanted} == wanted


def test_what_a_member_does_not_say_is_not_there(context):
    silent = dataclasses.replace(
        CLUSTER.endpoints[0], status=STATUS._replace(leader="", db_quota=None), members=None, alarms=None
    )
    found = values(seen_of(context, cluster=Cluster([silent])))
    assert found["etcd_member_has_leader"] == 0
    assert [name for name in found if name.startswith(("etcd_alarms", "etcd_members", "etcd_database_quota"))] == []


def test_units_of_etcd_count_on_members_only(facts, healthy):
    facts["units"]["etcd.service"] = {**facts["units"]["docker.service"], "active_state": "inactive"}
    context = HostContext(facts, healthy["leases"])
    assert "unit_active etcd.service" not in values(seen_of(context))
    assert values(seen_of(context, cluster=CLUSTER))["unit_active etcd.service"] == 0


def test_certificates_and_backups(facts, healthy):
    one = {"not_before": 1.0, "subject": "CN=x", "issuer": "", "names": [], "serial": "1", "is_authority": False}
    facts["certificates"] = {
        "/a.crt": [
            {**one, "not_after": 2000.0, "common_name": "flannel"},
            {**one, "not_after": 500.0, "common_name": "ca", "is_authority": True},
        ],
        "/ca.crt": [{**one, "not_after": end, "common_name": "ca", "is_authority": True} for end in (3000.0, 4000.0)],
        "/none.crt": [],
        "/odd.crt": None,
    }
    found = values(seen_of(HostContext(facts, healthy["leases"]), backup=900.0))
    ends = {name: value for name, value in found.items() if name.startswith("certificate")}
    assert ends == {
        "certificate_not_after_timestamp_seconds /a.crt flannel": 2000,
        "certificate_not_after_timestamp_seconds /ca.crt ca": 4000,
    }
    assert found["backup_last_success_timestamp_seconds"] == 900
    assert not any(name.startswith("backup") for name in values(seen_of(HostContext(facts, healthy["leases"]))))


@pytest.mark.parametrize(
    ("backup", "moment"), [(None, None), ({"age": None}, None), ({"age": 100.0}, 900.0)], ids=["none", "no file", "one"]
)
def test_when_the_newest_backup_was_written(facts, backup, moment):
    assert newest_backup({**facts, "etcd_backup": backup}, 1000.0) == moment


def test_no_secret_of_the_facts_is_written(facts, healthy):
    """Only names, sizes and states are."""
    facts["docker"]["daemon_json"]["keys"]["mine"] = facts["units"]["docker.service"]["exec_start"] = "swordfish-1"
    text = to_text(CATALOGUE, samples_of(seen_of(HostContext(facts, healthy["leases"]))))
    assert "swordfish" not in text and "swordfish" in json.dumps(facts)
