# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What etcd holds when leases are to be written: the configuration and every lease, readable or not."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import Entry
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import NetworkConfig
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import Keys
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease import (
    Attributes,
    Lease,
    LeaseError,
    parse_value,
)
from ansible_collections.overlay.flannel.plugins.module_utils.registry.leases import parse_place, read_config


class LeaseEntry(t.NamedTuple):
    """A key that flannel reads as one of a subnet. Its public_ip is empty where flannel cannot read the text."""

    entry: Entry
    lease: Lease
    in_place: bool  # below `subnets/`, spelt as flannel spells it: others are never written


class RegistryState(t.NamedTuple):
    keys: Keys
    api: str
    config: NetworkConfig | None  # None: not there, or flannel cannot read it
    problem: str  # why it is None
    held: list[LeaseEntry]


def read_state(entries: t.Sequence[Entry], keys: Keys, api: str, flannel_version: str) -> RegistryState:
    stored = next((entry for entry in entries if entry.key == keys.config), None)
    config, findings = read_config(stored, keys, flannel_version)
    problem = "" if config else findings[0].to_text()
    held = [_held(entry, keys) for entry in entries if keys.is_lease(entry.key)]
    return RegistryState(keys, api, config, problem, [one for one in held if one])


def _held(entry: Entry, keys: Keys) -> LeaseEntry | None:
    try:
        subnets, in_place = parse_place(entry.key, keys)
    except LeaseError:
        return None
    try:
        attributes = parse_value(entry.value)
    except LeaseError:
        attributes = Attributes("")
    return LeaseEntry(entry, Lease(entry.key, subnets, attributes, entry.ttl), in_place)
