# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A migration from etcd's v2 API to v3: its two sides and the fleet as values, how they are read, and how the plan is carried out."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError, StoreError
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection, from_params
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import Entry, Store
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import Keys
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease import Lease
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import flannel_api, parse_version
from ansible_collections.overlay.flannel.plugins.module_utils.registry.expected import Expected, expected_hosts
from ansible_collections.overlay.flannel.plugins.module_utils.registry.leases import parse_entries

INHERITED = ("endpoints", "prefix", "ca_cert", "client_cert", "client_key", "username", "password", "timeout")


class MigrationEntry(t.NamedTuple):
    """What stands below `subnets/`; `lease` is None and `problem` says why where flannel would not read it as a lease."""

    name: str
    entry: Entry
    lease: Lease | None = None
    problem: Finding | None = None


class Side(t.NamedTuple):
    keys: Keys
    config: Entry | None
    held: list[MigrationEntry]

    @property
    def leases(self) -> list[Lease]:
        return [one.lease for one in self.held if one.lease]


class Fleet(t.NamedTuple):
    """The hosts by the etcd API that their running flanneld reads; `idle` ones run none."""

    v2: list[Expected]
    v3: list[Expected]
    idle: list[Expected]


class Migration(t.NamedTuple):
    """All that a migration is checked with and planned from."""

    source: Side
    target: Side
    fleet: Fleet
    flannel_version: str
    network: t.Mapping[str, t.Any] | None = None  # the configuration that the fleet will be given, where it is known


class Write(t.NamedTuple):
    key: str
    value: str
    revision: int
    ttl: int = 0  # seconds; 0: for ever


def read_fleet(items: t.Sequence[t.Mapping[str, t.Any]]) -> Fleet:
    """InputError for an empty fleet, an address that is none, or a version that is none."""
    if not items:
        fix = "list every host with its flannel version from overlay.flannel.host_info"
        raise InputError("hosts", "[]", "every host of the overlay", fix)
    fleet = Fleet([], [], [])
    for host, item in zip(expected_hosts(items, "hosts"), items):
        version = str(item.get("flannel_version") or "")
        if version:
            parse_version(version, f"hosts: flannel_version of {host.host}")
        runs = flannel_api(version) if version else "idle"
        getattr(fleet, runs).append(host)
    return fleet


def source_connection(params: t.Mapping[str, t.Any]) -> Connection:
    """What `source` leaves out is as it is for the side that is written to."""
    return from_params({**params, **_source(params)})


def source_prefix(params: t.Mapping[str, t.Any]) -> str:
    return str(_source(params).get("prefix", params["prefix"]))


def _source(params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {name: value for name, value in (params["source"] or {}).items() if value is not None}


def read_side(store: Store, keys: Keys, flannel_version: str) -> Side:
    entries = store.list_prefix(keys.folder)
    found = [entry for entry in entries if keys.is_lease(entry.key)]
    ttls = store.ttls(found)
    config = next((entry for entry in entries if entry.key == keys.config), None)
    return Side(keys, config, [_held(entry, keys, flannel_version, ttls) for entry in found])


def _held(entry: Entry, keys: Keys, flannel_version: str, ttls: t.Mapping[str, int | None]) -> MigrationEntry:
    """A lease that flannel finds elsewhere than it would write it counts as a problem too."""
    name = entry.key[len(keys.prefix) + len("/subnets/") :]
    leases, findings = parse_entries([entry], keys, flannel_version, ttls, 0)
    return MigrationEntry(name, entry, problem=findings[0]) if findings else MigrationEntry(name, entry, leases[0])


def carry_out(store: Store, removals: t.Sequence[Entry], writes: t.Sequence[Write]) -> None:
    """In this order; an error says how far it came, and the next run does the rest."""
    done: list[str] = []
    try:
        for entry in removals:
            store.delete(entry.key, entry.revision)
            done.append(entry.key)
        for write in writes:
            store.put(*write)
            done.append(write.key)
    except StoreError as error:
        total = len(removals) + len(writes)
        left = (
            f"{error}. {len(done)} of {total} keys were written before the error."
            " Fix the cause and run the module again; it continues from there"
        )
        raise type(error)(left, **{**error.details, "done": done}) from None
