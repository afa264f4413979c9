# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a reservation or a release is refused."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import RefusedError
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.allocation import misfit, usage
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import NetworkConfig, Range
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease import Lease, overlapping
from ansible_collections.overlay.flannel.plugins.module_utils.registry.expected import is_reserved
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_state import RegistryState


def require_usable_config(state: RegistryState) -> NetworkConfig:
    if state.config is None:
        raise RefusedError(f"a subnet can be reserved only in a network that flannel can read: {state.problem}")
    if state.config.ipv4 is None:
        raise RefusedError(
            "EnableIPv4 = false: with etcd flannel gives every host the same IPv4 part, and the second host gets none."
            " Allowed: true. Fix: set EnableIPv4 to true with the module overlay.flannel.network"
        )
    return state.config


def network_full(config: NetworkConfig, family: Range, others: list[Lease]) -> RefusedError:
    reserved = [lease for lease in others if is_reserved(lease, config)]
    taken = [lease for lease in others if not is_reserved(lease, config)]
    numbers = usage(config, taken, reserved)[0 if family is config.ipv4 else 1]
    return RefusedError(
        f"{family.network} is full: of its {numbers.total} subnets of length {family.subnet_len} {numbers.used} are in"
        f" use, {numbers.reserved} are reserved, {numbers.free} are free. Allowed: a network with room. Fix: release the"
        " leases of hosts that are gone, or give the network a larger Network or SubnetLen",
        capacity=numbers._asdict(),
    )


def refuse_misfit(lease: Lease, config: NetworkConfig) -> None:
    reason = misfit(config, lease)
    if reason:
        bounds = [family.to_dict("") for family in (config.ipv4, config.ipv6) if family]
        allowed = " and ".join(
            f"{one['SubnetMin']}/{one['SubnetLen']} to {one['SubnetMax']}/{one['SubnetLen']}" for one in bounds
        )
        raise RefusedError(f"{reason}. Allowed: {allowed}. Fix: leave subnet out to get the first free subnet")


def refuse_overlap(lease: Lease, others: list[Lease]) -> None:
    ipv4 = [(one.subnets.ipv4, one) for one in [lease, *others]]
    ipv6 = [(one.subnets.ipv6, one) for one in [lease, *others] if one.subnets.ipv6]
    pairs = [pair for pair in overlapping(ipv4) + overlapping(ipv6) if lease in pair]
    blocking = [second if first is lease else first for first, second in pairs]
    if blocking:
        raise RefusedError(
            f"{named(lease)} overlaps {_list_of(blocking)}. Allowed: a subnet that no lease touches. Fix: leave subnet"
            " out to get the first free subnet, or release that lease first (state absent)",
            leases=[display(one) for one in blocking],
        )


def refuse_alive(leases: t.Sequence[Lease], state: RegistryState, low: int) -> None:
    """All or nothing: none of these leases is deleted while one of them belongs to a host that appears to be alive.

    `low` is the time to live in seconds below which its flanneld would have renewed it.
    """
    alive = [lease for lease in leases if _appears_alive(lease, state, low)]
    if alive:
        raise RefusedError(
            f"{len(alive)} of {len(leases)} lease(s) to delete belong to hosts that appear to be alive: {_list_of(alive)}."
            f" Allowed: leases with less than {low} s left, and reservations that were not taken. Fix: keep these"
            " leases, or set force to true if the hosts are gone or have to change their subnets",
            leases=[display(lease) for lease in alive],
        )


def _appears_alive(lease: Lease, state: RegistryState, low: int) -> bool:
    """In v2 a host that took a reservation keeps it without end, and whether it is still there is unknown."""
    if lease.ttl is not None:
        return lease.ttl >= low
    return state.api == "v2" and not is_reserved(lease, state.config)


def _list_of(leases: t.Sequence[Lease]) -> str:
    more = f" and {len(leases) - 10} more" if len(leases) > 10 else ""
    return ", ".join(named(lease) for lease in leases[:10]) + more


def named(lease: Lease) -> str:
    subnets = f"{lease.subnet}{f' & {lease.subnets.ipv6}' if lease.subnets.ipv6 else ''}"
    return f"{subnets} of {lease.attributes.public_ip or 'a text that flannel cannot read'}"


def display(lease: Lease) -> dict[str, t.Any]:
    return {
        "key": lease.key,
        "subnet": lease.subnet,
        "ipv6_subnet": str(lease.subnets.ipv6 or ""),
        "public_ip": lease.attributes.public_ip,
        "backend": lease.attributes.backend,
        "ttl": lease.ttl,
    }
