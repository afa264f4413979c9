# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every metric that the exporter writes. docs/monitoring/README.md has the same list; a test compares them. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.metrics.exposition import Family

CATALOGUE: t.Mapping[str, Family] = {
    "overlay_build_info": Family(
        "Always 1; the versions are in the labels.", ("collection", "flannel", "docker", "etcd", "kernel", "system")
    ),
    "overlay_last_success_timestamp_seconds": Family(
        "When the exporter last finished, in seconds since 1970. Where it fails the file stays as it is, and this gets old."
    ),
    "overlay_run_duration_seconds": Family("How long the facts and checks of the last run took."),
    "overlay_run_cpu_seconds": Family("Processor time of the last run, with the programs that it called."),
    "overlay_findings": Family(
        "Findings of the last run, by severity and by what they are about.", ("severity", "about")
    ),
    "overlay_finding": Family(
        "How many findings have this code; only codes that were found. docs/findings.md explains them.",
        ("code", "severity", "about"),
    ),
    "overlay_unit_active": Family("Whether a unit that the host has is active.", ("unit",)),
    "overlay_leases": Family("Leases in etcd, of all hosts."),
    "overlay_lease_ttl_seconds": Family(
        "What is left of this host's lease. flanneld renews it when an hour is left of 24.", ("subnet", "public_ip")
    ),
    "overlay_subnet_mismatch": Family(
        "1 where this place names another subnet than the first of the five; nothing where it names none.", ("place",)
    ),
    "overlay_docker_option_differences": Family(
        "How many of the options in /run/flannel/docker the running docker, or docker0, does not have."
    ),
    "overlay_peers": Family("Other hosts with a lease of the same backend."),
    "overlay_peers_incomplete": Family("Peers without this part of the way to them.", ("lacks",)),
    "overlay_certificate_not_after_timestamp_seconds": Family(
        "When the certificate in this file ends, in seconds since 1970.", ("path", "common_name")
    ),
    "overlay_backup_last_success_timestamp_seconds": Family(
        "When the newest backup of etcd on this host was written, in seconds since 1970."
    ),
    "overlay_etcd_up": Family("Whether the leases could be read from an endpoint of etcd."),
    "overlay_etcd_member_up": Family("Whether the member on this host answers."),
    "overlay_etcd_member_has_leader": Family("Whether the member on this host knows a leader."),
    "overlay_etcd_members": Family("Members of the cluster, as the member on this host knows them."),
    "overlay_etcd_alarms": Family("Alarms of the cluster, as the member on this host knows them.", ("alarm",)),
    "overlay_etcd_database_bytes": Family("Size of this member's database file."),
    "overlay_etcd_database_used_bytes": Family("What of it is in use; a defragmentation frees the rest."),
    "overlay_etcd_database_quota_bytes": Family(
        "At this size etcd takes no more writes, and raises the alarm NOSPACE."
    ),
}
