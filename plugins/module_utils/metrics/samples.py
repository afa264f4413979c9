# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one run of the exporter has seen, as samples of metrics. No I/O."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.certificates import end_of_file
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import ERROR, WARNING, Finding
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.model import Cluster
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.certificates import certificate
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.peers import count_incomplete
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_state import differences_by_name
from ansible_collections.overlay.flannel.plugins.module_utils.host.five_places import five
from ansible_collections.overlay.flannel.plugins.module_utils.metrics.exposition import Sample

HOST, REGISTRY, ETCD = "host", "registry", "etcd"
ETCD_UNIT = "etcd.service"
ALARMS = ("NOSPACE", "CORRUPT")
# By the code of the finding that verify has for it.
LACKS = {
    "peer_route_missing": "route",
    "peer_route_wrong": "right_route",
    "peer_not_adjacent": "network",
    "peer_neighbour_missing": "neighbour",
    "peer_fdb_missing": "forwarding_entry",
}


@dataclasses.dataclass(frozen=True)
class Seen:
    """`findings` are those about the host, the registry and etcd. `ttl` is that of this host's lease; None: there is none, or it never ends.

    `etcd_up` says whether the leases could be read; None: nobody wanted that. `cluster` is what the member on this host says; None: there is no member.
    `etcd_error` is why etcd could not be read.
    """

    context: HostContext
    findings: t.Mapping[str, t.Sequence[Finding]]
    versions: t.Mapping[str, str]
    moment: float
    duration: float = 0
    cpu: float = 0
    ttl: t.Optional[int] = None
    etcd_up: t.Optional[bool] = None
    etcd_error: str = ""
    cluster: t.Optional[Cluster] = None
    backup: t.Optional[float] = None


def samples_of(seen: Seen) -> list[Sample]:
    return [
        *of_run(seen),
        *of_findings(seen),
        *of_units(seen),
        *of_lease(seen),
        *of_subnet(seen.context),
        *of_peers(seen.context),
        *of_certificates(seen.context),
        *of_etcd(seen),
    ]


def of_run(seen: Seen) -> t.Iterator[Sample]:
    names = ("collection", "flannel", "docker", "etcd", "kernel", "system")
    yield Sample("overlay_build_info", 1, tuple(seen.versions.get(name, "") for name in names))
    yield Sample("overlay_last_success_timestamp_seconds", seen.moment)
    yield Sample("overlay_run_duration_seconds", seen.duration)
    yield Sample("overlay_run_cpu_seconds", seen.cpu)
    if seen.backup is not None:
        yield Sample("overlay_backup_last_success_timestamp_seconds", seen.backup)


def of_findings(seen: Seen) -> t.Iterator[Sample]:
    """Zero where there is none, so that a rule sees that it is over."""
    for about, findings in seen.findings.items():
        for severity in (ERROR, WARNING):
            number = sum(1 for one in findings if one.severity == severity)
            yield Sample("overlay_findings", number, (severity, about))
    for about, findings in seen.findings.items():
        codes = dict.fromkeys((one.code, one.severity) for one in findings)
        for code, severity in sorted(codes):
            number = sum(1 for one in findings if (one.code, one.severity) == (code, severity))
            yield Sample("overlay_finding", number, (code, severity, about))


def of_units(seen: Seen) -> t.Iterator[Sample]:
    """An etcd that a host has beside, such as that of a package, is not of this cluster."""
    for name, unit in sorted(seen.context.facts["units"].items()):
        if unit["load_state"] == "loaded" and (name != ETCD_UNIT or seen.cluster is not None):
            yield Sample("overlay_unit_active", unit["active_state"] in ("active", "reloading"), (name,))


def of_lease(seen: Seen) -> t.Iterator[Sample]:
    context = seen.context
    if context.leases is not None:
        yield Sample("overlay_leases", len(context.leases))
    if context.own is not None and seen.ttl is not None:
        labels = (str(context.own.get("subnet") or ""), str(context.own.get("public_ip") or ""))
        yield Sample("overlay_lease_ttl_seconds", seen.ttl, labels)


def of_subnet(context: HostContext) -> t.Iterator[Sample]:
    for one in five({**context.facts, "lease": context.own}):
        if one["agrees"] is not None:
            yield Sample("overlay_subnet_mismatch", not one["agrees"], (one["place"],))
    options = context.facts["flannel"]["docker_options"]
    if options and context.facts["docker"]["running"]:
        yield Sample("overlay_docker_option_differences", len(differences_by_name(options, context.facts)))


def of_peers(context: HostContext) -> t.Iterator[Sample]:
    """Nothing without this host's lease: then nobody knows the peers."""
    if context.own is None:
        return
    counts = count_incomplete(context)
    yield Sample("overlay_peers", len(context.peers))
    for code, lacks in LACKS.items():
        yield Sample("overlay_peers_incomplete", counts.get(code, 0), (lacks,))


def of_certificates(context: HostContext) -> t.Iterator[Sample]:
    for path, found in sorted((context.facts.get("certificates") or {}).items()):
        end = end_of_file([certificate(one) for one in found or []])
        if found and end is not None:
            labels = (path, found[0]["common_name"])
            yield Sample("overlay_certificate_not_after_timestamp_seconds", end, labels)


def of_etcd(seen: Seen) -> t.Iterator[Sample]:
    if seen.etcd_up is not None:
        yield Sample("overlay_etcd_up", seen.etcd_up)
    cluster = seen.cluster
    if cluster is None:
        return
    yield Sample("overlay_etcd_member_up", bool(cluster.statuses))
    if cluster.members:
        yield Sample("overlay_etcd_members", len(cluster.members))
    if cluster.alarms is not None:
        kinds = [alarm.kind for alarm in cluster.alarms]
        for kind in dict.fromkeys([*ALARMS, *kinds]):
            yield Sample("overlay_etcd_alarms", kinds.count(kind), (kind,))
    for status in cluster.statuses[:1]:
        yield Sample("overlay_etcd_member_has_leader", bool(status.leader))
        sizes = {"": status.db_size, "_used": status.db_size_in_use, "_quota": status.db_quota}
        for name, size in sizes.items():
            if size is not None:
                yield Sample(f"overlay_etcd_database{name}_bytes", size)
