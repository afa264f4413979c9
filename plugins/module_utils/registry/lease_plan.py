# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reserve a subnet for a host, or release leases: from what etcd holds to what is to be written. No I/O.

What flannel makes of a reservation: Documentation/reservations.md and tryAcquireLease in
pkg/subnet/etcd/local_manager.go at v0.28.10. A host takes the lease that carries its PublicIP.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import OverlayError, RefusedError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import Entry
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.allocation import (
    first_free,
    misfit,
    prefixes_of,
    usage,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import NetworkConfig, Prefix, Range
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import Keys
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease import (
    Attributes,
    Lease,
    LeaseError,
    Subnets,
    make_key,
    overlapping,
    parse_value,
)
from ansible_collections.overlay.flannel.plugins.module_utils.registry.config_plan import pretty
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_checks import is_reserved
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_request import LeaseRequest
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


class Change(t.NamedTuple):
    """One write. `value` None deletes; `before` and `after` are None where there is no lease."""

    key: str
    value: str | None
    stored: Entry | None  # what is there now
    before: Lease | None
    after: Lease | None

    @property
    def revision(self) -> int:
        return self.stored.revision if self.stored else 0

    def to_text(self) -> str:
        lease = self.after or self.before
        verb = "released" if self.value is None else "reserved"
        return f"{verb} {_named(lease)}" if lease else self.key


class Plan(t.NamedTuple):
    changes: list[Change]
    kept: list[Lease]  # what is as it is wanted already
    warnings: list[str]

    @property
    def deletions(self) -> list[Entry]:
        """What is to be deleted."""
        return [one.stored for one in self.changes if one.stored and one.value is None]

    def with_ttls(self, ttls: t.Mapping[str, int | None]) -> Plan:
        """By the v3 API the keys themselves do not tell how long they last."""
        changes = [
            one._replace(before=one.before._replace(ttl=ttls.get(one.key, one.before.ttl))) if one.before else one
            for one in self.changes
        ]
        return self._replace(changes=changes)


def read_situation(entries: t.Sequence[Entry], keys: Keys, api: str, flannel_version: str) -> RegistryState:
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


def plan(wish: LeaseRequest, situation: RegistryState) -> Plan:
    return _reserve(wish, situation) if wish.present else _release(wish, situation)


def _reserve(wish: LeaseRequest, situation: RegistryState) -> Plan:
    """The host's other leases go: flannel would take whichever comes first."""
    config = _usable(situation)
    own = [one for one in situation.held if one.lease.attributes.public_ip == wish.public_ip]
    others = [one.lease for one in situation.held if one.lease.attributes.public_ip != wish.public_ip]
    lease = _wanted(wish, config, [one.lease for one in own if one.in_place], others, situation.keys)
    _refuse_misfit(lease, config)
    _refuse_overlap(lease, others)
    kept = next((one for one in own if one.entry.key == lease.key), None)
    writes = _writes(kept, lease)
    deletions = [_deletion(one) for one in own if one is not kept and one.in_place]
    warnings = [_udp_warning(lease)] if kept is None and config.backend_type == "udp" else []
    return Plan([*writes, *deletions], [kept.lease] if kept and not writes else [], warnings)


def _usable(situation: RegistryState) -> NetworkConfig:
    if situation.config is None:
        raise RefusedError(f"a subnet can be reserved only in a network that flannel can read: {situation.problem}")
    if situation.config.ipv4 is None:
        raise RefusedError(
            "EnableIPv4 = false: with etcd flannel gives every host the same IPv4 part, and the second host gets none."
            " Allowed: true. Fix: set EnableIPv4 to true with the module overlay.flannel.network"
        )
    return situation.config


def _wanted(wish: LeaseRequest, config: NetworkConfig, own: list[Lease], others: list[Lease], keys: Keys) -> Lease:
    ipv4 = wish.ipv4 or _chosen(config, config.ipv4, own, others)
    subnets = Subnets(t.cast(Prefix, ipv4), wish.ipv6 or _chosen(config, config.ipv6, own, others))
    return Lease(f"{keys.prefix}/subnets/{make_key(subnets)}", subnets, Attributes(wish.public_ip))


def _chosen(config: NetworkConfig, family: Range | None, own: list[Lease], others: list[Lease]) -> Prefix | None:
    """What the host has already, else the first that is free."""
    if family is None:
        return None
    fitting = [prefix for prefix in prefixes_of(own, family) if family.fits(prefix)]
    chosen = fitting[0] if fitting else first_free(family, prefixes_of(others, family))
    if chosen is None:
        raise _full(config, family, others)
    return chosen


def _full(config: NetworkConfig, family: Range, others: list[Lease]) -> RefusedError:
    reserved = [lease for lease in others if is_reserved(lease, config)]
    taken = [lease for lease in others if not is_reserved(lease, config)]
    numbers = usage(config, taken, reserved)[0 if family is config.ipv4 else 1]
    return RefusedError(
        f"{family.network} is full: of its {numbers.total} subnets of length {family.subnet_len} {numbers.used} are in"
        f" use, {numbers.reserved} are reserved, {numbers.free} are free. Allowed: a network with room. Fix: release the"
        " leases of hosts that are gone, or give the network a larger Network or SubnetLen",
        capacity=numbers._asdict(),
    )


def _refuse_misfit(lease: Lease, config: NetworkConfig) -> None:
    reason = misfit(config, lease)
    if reason:
        bounds = [family.to_dict("") for family in (config.ipv4, config.ipv6) if family]
        allowed = " and ".join(
            f"{one['SubnetMin']}/{one['SubnetLen']} to {one['SubnetMax']}/{one['SubnetLen']}" for one in bounds
        )
        raise RefusedError(f"{reason}. Allowed: {allowed}. Fix: leave subnet out to take the first that is free")


def _refuse_overlap(lease: Lease, others: list[Lease]) -> None:
    ipv4 = [(one.subnets.ipv4, one) for one in [lease, *others]]
    ipv6 = [(one.subnets.ipv6, one) for one in [lease, *others] if one.subnets.ipv6]
    pairs = [pair for pair in overlapping(ipv4) + overlapping(ipv6) if lease in pair]
    blocking = [second if first is lease else first for first, second in pairs]
    if blocking:
        raise RefusedError(
            f"{_named(lease)} overlaps {_list_of(blocking)}. Allowed: a subnet that no lease touches. Fix: leave subnet"
            " out to take the first that is free, or release that lease first (state absent)",
            leases=[display(one) for one in blocking],
        )


def _writes(kept: LeaseEntry | None, lease: Lease) -> list[Change]:
    """v3: flannel turns every lease that it takes into one with a time to live, so either is as wanted."""
    if kept is None:
        value = json.dumps({"PublicIP": lease.attributes.public_ip}, separators=(",", ":"))
        return [Change(lease.key, value, None, None, lease)]
    if kept.entry.ttl is None:
        return []
    endless = kept.lease._replace(ttl=None)
    return [Change(lease.key, kept.entry.value, kept.entry, kept.lease, endless)]


def _deletion(one: LeaseEntry) -> Change:
    return Change(one.entry.key, None, one.entry, one.lease, None)


def _release(wish: LeaseRequest, situation: RegistryState) -> Plan:
    if wish.outside and situation.config is None:
        raise RefusedError(f"what lies outside of the network cannot be told: {situation.problem}")
    deletions = [one for one in situation.held if one.in_place and _is_meant(one, wish, situation.config)]
    return Plan([_deletion(one) for one in deletions], [], [])


def _is_meant(one: LeaseEntry, wish: LeaseRequest, config: NetworkConfig | None) -> bool:
    public_ip, subnets = one.lease.attributes.public_ip, one.lease.subnets
    if wish.is_bulk:
        is_foreign = wish.known is not None and public_ip not in wish.known
        is_outside = wish.outside and config is not None and misfit(config, one.lease) != ""
        return public_ip != "" and (is_foreign or is_outside)
    return (
        wish.public_ip in ("", public_ip)
        and wish.ipv4 in (None, subnets.ipv4)
        and (wish.ipv6 is None or wish.ipv6 == subnets.ipv6)
    )


def refuse_alive(planned: Plan, situation: RegistryState, low: int) -> None:
    """All or nothing: nothing is deleted while one of the leases belongs to a host that looks alive.

    `low` is the time to live in seconds below which its flanneld would have renewed it.
    """
    leases = [one.before for one in planned.changes if one.before and one.value is None]
    alive = [lease for lease in leases if _looks_alive(lease, situation, low)]
    if alive:
        raise RefusedError(
            f"{len(alive)} of {len(leases)} lease(s) to delete belong to hosts that look alive: {_list_of(alive)}."
            f" Allowed: leases with less than {low} s left, and reservations that nobody took. Fix: leave these hosts"
            " their leases; or, if they are gone or shall take another subnet, set force to true",
            leases=[display(lease) for lease in alive],
        )


def _looks_alive(lease: Lease, situation: RegistryState, low: int) -> bool:
    """By v2 a host that took a reservation keeps it without end, and nothing tells whether it is still there."""
    if lease.ttl is not None:
        return lease.ttl >= low
    return situation.api == "v2" and not is_reserved(lease, situation.config)


def _list_of(leases: t.Sequence[Lease]) -> str:
    more = f" and {len(leases) - 10} more" if len(leases) > 10 else ""
    return ", ".join(_named(lease) for lease in leases[:10]) + more


def _named(lease: Lease) -> str:
    subnets = f"{lease.subnet}{f' & {lease.subnets.ipv6}' if lease.subnets.ipv6 else ''}"
    return f"{subnets} of {lease.attributes.public_ip or 'a text that flannel cannot read'}"


def _udp_warning(lease: Lease) -> str:
    """Peers ignore a lease without a backend, except where the leases of the network never name one."""
    return (
        f"the other hosts route {lease.subnet} to {lease.attributes.public_ip} from now on, though flanneld did not take"
        " it yet, because leases of the backend udp name no backend. Fix: start flanneld there, or use vxlan"
    )


def interrupted(error: OverlayError, done: t.Sequence[Change]) -> OverlayError:
    """The error, with what had been written before it came."""
    if not done:
        return error
    texts = "; ".join(change.to_text() for change in done)
    return OverlayError(f"{error}. Before that it {texts}", **{**error.details, **_sides([], done), "changed": True})


def display(lease: Lease) -> dict[str, t.Any]:
    return {
        "key": lease.key,
        "subnet": lease.subnet,
        "ipv6_subnet": str(lease.subnets.ipv6 or ""),
        "public_ip": lease.attributes.public_ip,
        "backend": lease.attributes.backend,
        "ttl": lease.ttl,
    }


def _sides(kept: t.Sequence[Lease], changes: t.Sequence[Change]) -> dict[str, list[dict[str, t.Any]]]:
    return {
        "before": [display(lease) for lease in [*kept, *(one.before for one in changes)] if lease],
        "after": [display(lease) for lease in [*kept, *(one.after for one in changes)] if lease],
    }


def report(kept: t.Sequence[Lease], changes: t.Sequence[Change], keys: Keys) -> dict[str, t.Any]:
    """What the module answers about the changes, carried out or not."""
    sides = _sides(kept, changes)
    header = f"{keys.prefix}/subnets"
    diff = {name: pretty(leases or None) for name, leases in sides.items()}
    return {
        "changed": bool(changes),
        **sides,
        "diff": {"before_header": header, "after_header": header, **diff},
    }
