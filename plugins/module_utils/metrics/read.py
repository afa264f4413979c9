# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what one run of the exporter needs: facts of the host and its checks as host_info has them, leases and the member of etcd."""

from __future__ import annotations

import dataclasses
import os
import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import OverlayError
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding, escaped
from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import bounded
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store_grpc import ReadOnlyStore
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.check_access import check_access
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.check_endpoints import check_endpoints
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.check_members import (
    ClusterContext,
    Limits,
    check_cluster,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.collect import read_cluster
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.collect_grpc import (
    collect as collect_endpoints,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.model import Cluster, Endpoint
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import keys_below
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import rules_for
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext, own_addresses
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.run import check_settled
from ansible_collections.overlay.flannel.plugins.module_utils.host.collect import collect
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.etcd_process import client_urls
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import HostFacts, Query
from ansible_collections.overlay.flannel.plugins.module_utils.metrics.samples import ETCD, HOST, REGISTRY, Seen
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_checks import check_leases
from ansible_collections.overlay.flannel.plugins.module_utils.registry.leases import (
    Reading,
    Task,
    parse_entries,
    read_config,
)
from ansible_collections.overlay.flannel.plugins.module_utils.registry.leases import facts as lease_facts

PROGRAM_SECONDS = 10  # for each program of the host
LIMITS = Limits(quota_percent=80, raft_lag=1000, certificate_days=30)  # the defaults of etcd_info
NO_MEMBER = "etcd does not run here"


class Settings(t.TypedDict):
    """What the role writes for the exporter. No secret is in it."""

    file: str
    collection: str
    certificates: t.List[str]
    key_pairs: t.List[t.Dict[str, str]]
    network: t.Dict[str, t.Any]
    address: str
    flannel: bool
    member: bool
    endpoints: t.List[str]
    prefix: str
    flannel_version: str
    ca_cert: str
    client_cert: str
    client_key: str
    timeout: int


class Registry(t.NamedTuple):
    """What etcd holds for flannel, with what is left of the lease at the host's address. Members alone check all of it."""

    leases: t.List[t.Dict[str, t.Any]]
    findings: t.List[Finding]
    ttl: t.Optional[int]


def read(settings: Settings) -> Seen:
    started, runner = time.monotonic(), bounded(PROGRAM_SECONDS)
    facts = collect(query_of(settings), runner)
    etcd = connection_of(settings, facts)
    mine = {settings["address"]} if settings["address"] else own_addresses(facts)
    registry, error = read_registry(settings, etcd, mine)
    cluster = read_member(settings, etcd, facts)
    context = HostContext(
        facts,
        registry.leases if registry and settings["flannel"] else None,
        settings["network"] if settings["flannel"] else None,
        settings["address"],
    )
    findings: dict[str, list[Finding]] = {HOST: check_settled(context, runner)}
    if settings["member"]:
        findings[REGISTRY] = registry.findings if registry else []
        findings[ETCD] = check_member(cluster) if cluster else []
    return Seen(
        context=context,
        findings=findings,
        versions=versions_of(settings, facts),
        moment=time.time(),
        duration=time.monotonic() - started,
        cpu=sum(os.times()[:4]),
        ttl=registry.ttl if registry else None,
        etcd_up=None if not settings["endpoints"] else registry is not None,
        etcd_error=error,
        cluster=cluster,
        backup=newest_backup(facts, time.time()),
    )


def query_of(settings: Settings) -> Query:
    """What the checks read; the units of the daemons are always read."""
    return Query(
        files=[],
        contents=[],
        secrets=[],
        certificates=list(settings["certificates"]),
        key_pairs=t.cast("list[t.Any]", settings["key_pairs"]),
        units=[],
        packages=[],
        sysctls=[],
        ports=[],
        calendars=[],
    )


def connection_of(settings: Settings, facts: HostFacts) -> Connection:
    """This host's own member first: the others are asked where it does not answer."""
    own = client_urls(facts["processes"].get("etcd"))[:1] if settings["member"] else []
    return Connection(
        endpoints=tuple(dict.fromkeys([*own, *settings["endpoints"]])),
        ca_cert=settings["ca_cert"],
        client_cert=settings["client_cert"],
        client_key=settings["client_key"],
        timeout=settings["timeout"],
    )


def read_registry(settings: Settings, connection: Connection, mine: set[str]) -> tuple[Registry | None, str]:
    """With the reason where there is nothing. As lease_info reads it, but the time to live of this host's lease only, by its addresses."""
    if not settings["endpoints"]:
        return None, ""
    store = ReadOnlyStore(connection)
    try:
        keys, rules = keys_below(settings["prefix"], "v3"), rules_for(settings["flannel_version"], "v3")
        stored, held = store.get(keys.config), store.list_prefix(keys.leases)  # all that flannel's user may read
        config, findings = read_config(stored, keys, rules)
        parsed = parse_entries(held, keys, rules, {}, time.time())
        own = {lease.key for lease in parsed.leases if lease.attributes.public_ip in mine}
        ttls = store.ttls([entry for entry in held if entry.key in own])
    except (OverlayError, OSError) as error:
        return None, escaped(str(error))
    checked = lease_facts(Task(store, keys, rules, []), Reading(stored, config, parsed.leases, findings))
    found = [*findings, *parsed.findings, *check_leases(checked)] if settings["member"] else []
    return Registry([lease.to_dict() for lease in parsed.leases], found, next(iter(ttls.values()), None)), ""


def read_member(settings: Settings, connection: Connection, facts: HostFacts) -> Cluster | None:
    """The cluster as this host's member sees it."""
    if not settings["member"]:
        return None
    own = client_urls(facts["processes"].get("etcd"))[:1]
    if not own:
        return Cluster([Endpoint("etcd", cause=NO_MEMBER)])
    narrowed = dataclasses.replace(connection, endpoints=tuple(own))
    try:
        return read_cluster(narrowed, collect_endpoints, False, settings["timeout"])
    except OSError as error:  # such as a certificate that is not there
        return Cluster([Endpoint(own[0], cause=str(error))])


def check_member(cluster: Cluster) -> list[Finding]:
    context = ClusterContext(cluster, [], LIMITS, time.time())
    return [*check_cluster(context), *check_endpoints(context), *check_access(cluster)]


def versions_of(settings: Settings, facts: HostFacts) -> dict[str, str]:
    platform, etcd = facts["platform"], facts["etcd"]
    return {
        "collection": settings["collection"],
        "flannel": (facts["flannel"]["version"] or "").lstrip("v"),
        "docker": facts["docker"]["version"] or "",
        "etcd": (etcd["version"] if etcd else "") or "",
        "kernel": platform["kernel"],
        "system": f"{platform['id']} {platform['version']}".strip(),
    }


def newest_backup(facts: HostFacts, now: float) -> float | None:
    """When it was written; None where there is none, or no timer for them."""
    backup = facts["etcd_backup"]
    return None if backup is None or backup["age"] is None else now - backup["age"]
