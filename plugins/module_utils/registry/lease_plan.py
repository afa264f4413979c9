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
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import Routes, backend_of, lease_type
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import NetworkConfig, Prefix, Range
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import Keys
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease import (
    Attributes,
    Lease,
    Subnets,
    make_key,
)
from ansible_collections.overlay.flannel.plugins.module_utils.registry.diff import pretty
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_refusals import (
    display,
    named,
    network_full,
    refuse_misfit,
    refuse_overlap,
    require_usable_config,
)
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_request import LeaseRequest
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_state import LeaseEntry, RegistryState


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
        return f"{verb} {named(lease)}" if lease else self.key


class Plan(t.NamedTuple):
    changes: list[Change]
    kept: list[Lease]  # what is as it is wanted already
    warnings: list[str]

    @property
    def deletions(self) -> list[Entry]:
        """What is to be deleted."""
        return [one.stored for one in self.changes if one.stored and one.value is None]

    @property
    def deleted_leases(self) -> list[Lease]:
        return [one.before for one in self.changes if one.before and one.value is None]

    def with_ttls(self, ttls: t.Mapping[str, int | None]) -> Plan:
        """In the v3 API the keys themselves do not show how long they last."""
        changes = [
            one._replace(before=one.before._replace(ttl=ttls.get(one.key, one.before.ttl))) if one.before else one
            for one in self.changes
        ]
        return self._replace(changes=changes)


def plan(request: LeaseRequest, state: RegistryState) -> Plan:
    return _reserve(request, state) if request.present else _release(request, state)


def _reserve(request: LeaseRequest, state: RegistryState) -> Plan:
    """The host's other leases go: flannel would take whichever comes first."""
    config = require_usable_config(state)
    own = [one for one in state.held if one.lease.attributes.public_ip == request.public_ip]
    others = [one.lease for one in state.held if one.lease.attributes.public_ip != request.public_ip]
    lease = _wanted(request, config, [one.lease for one in own if one.in_place], others, state.keys)
    refuse_misfit(lease, config)
    refuse_overlap(lease, others)
    kept = next((one for one in own if one.entry.key == lease.key), None)
    writes = _writes(kept, lease)
    deletions = [_deletion(one) for one in own if one is not kept and one.in_place]
    warnings = [_early_route(lease, config.backend_type)] if kept is None and _routes_early(config.backend_type) else []
    return Plan([*writes, *deletions], [kept.lease] if kept and not writes else [], warnings)


def _wanted(request: LeaseRequest, config: NetworkConfig, own: list[Lease], others: list[Lease], keys: Keys) -> Lease:
    ipv4 = request.ipv4 or _chosen(config, config.ipv4, own, others)
    subnets = Subnets(t.cast(Prefix, ipv4), request.ipv6 or _chosen(config, config.ipv6, own, others))
    return Lease(f"{keys.prefix}/subnets/{make_key(subnets)}", subnets, Attributes(request.public_ip))


def _chosen(config: NetworkConfig, family: Range | None, own: list[Lease], others: list[Lease]) -> Prefix | None:
    """What the host has already, else the first that is free."""
    if family is None:
        return None
    fitting = [prefix for prefix in prefixes_of(own, family) if family.fits(prefix)]
    chosen = fitting[0] if fitting else first_free(family, prefixes_of(others, family))
    if chosen is None:
        raise network_full(config, family, others)
    return chosen


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


def _release(request: LeaseRequest, state: RegistryState) -> Plan:
    if request.outside and state.config is None:
        raise RefusedError(f"leases outside of the network cannot be selected: {state.problem}")
    deletions = [one for one in state.held if one.in_place and _is_meant(one, request, state.config)]
    return Plan([_deletion(one) for one in deletions], [], [])


def _is_meant(one: LeaseEntry, request: LeaseRequest, config: NetworkConfig | None) -> bool:
    public_ip, subnets = one.lease.attributes.public_ip, one.lease.subnets
    if request.is_bulk:
        is_foreign = request.known is not None and public_ip not in request.known
        is_outside = request.outside and config is not None and misfit(config, one.lease) != ""
        return public_ip != "" and (is_foreign or is_outside)
    return (
        request.public_ip in ("", public_ip)
        and request.ipv4 in (None, subnets.ipv4)
        and (request.ipv6 is None or request.ipv6 == subnets.ipv6)
    )


def _routes_early(backend_type: str) -> bool:
    """Peers ignore a lease without a backend, except where the leases of the network never name one."""
    return lease_type(backend_type) == "" and backend_of(backend_type).routes in (Routes.PER_PEER, Routes.SINGLE)


def _early_route(lease: Lease, backend_type: str) -> str:
    return (
        f"the other hosts route {lease.subnet} to {lease.attributes.public_ip} from now on, although flanneld has not taken"
        f" it yet, because leases of the backend {backend_type} name no backend. Fix: start flanneld there, or use vxlan"
    )


def interrupted(error: OverlayError, done: t.Sequence[Change]) -> OverlayError:
    """The error, with what had been written before it came."""
    if not done:
        return error
    texts = "; ".join(change.to_text() for change in done)
    return OverlayError(f"{error}. Before that it {texts}", **{**error.details, **_sides([], done), "changed": True})


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
