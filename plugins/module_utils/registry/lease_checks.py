# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check a set of leases: against the network, against the expected hosts, and against each other."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import ERROR, WARNING, Finding
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.allocation import misfit
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import backend_of, lease_type
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import (
    NetworkConfig,
    Range,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease import Lease, overlapping
from ansible_collections.overlay.flannel.plugins.module_utils.registry.expected import Expected
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_facts import Facts

_START = "start flanneld on the host and check its journal"


def check_leases(facts: Facts) -> list[Finding]:
    return [
        *_expected_twice(facts),
        *_missing(facts),
        *_foreign(facts),
        *_same_address(facts),
        *_overlaps(facts),
        *_outside(facts),
        *_not_taken(facts),
        *_other_backends(facts),
        *_ages(facts),
        *_room(facts),
    ]


def absent_hosts(facts: Facts) -> list[Expected]:
    """Expected hosts that have not taken a lease."""
    taken = {lease.attributes.public_ip for lease in facts.taken}
    return [one for one in facts.expected if one.public_ip not in taken]


def _expected_twice(facts: Facts) -> t.Iterator[Finding]:
    if len(facts.names) == len(facts.expected):
        return
    hosts = _grouped((one.public_ip, one.host) for one in facts.expected)
    for public_ip, names in hosts.items():
        if len(names) > 1:
            yield Finding(
                code="duplicate_expected",
                host=names[1],
                seen=f"{public_ip} is expected for {', '.join(names)}",
                expected="another public address for each host, because flannel gives one lease per address",
                fix="choose the interface or the public address of flanneld on these hosts",
            )


def _grouped(pairs: t.Iterable[tuple[str, t.Any]]) -> dict[str, list[t.Any]]:
    groups: dict[str, list[t.Any]] = collections.defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def _missing(facts: Facts) -> t.Iterator[Finding]:
    for one in facts.missing:
        seen = f"no lease of {one.public_ip}"
        yield Finding(code="lease_missing", host=one.host, seen=seen, expected="one lease", fix=_START)


def _foreign(facts: Facts) -> t.Iterator[Finding]:
    foreign = facts.addresses.keys() - facts.names.keys() if facts.expected else set()
    for lease in facts.leases if foreign else ():
        public_ip = lease.attributes.public_ip
        if public_ip in foreign:
            yield Finding(
                code="lease_foreign",
                host=public_ip,
                seen=f"{lease.subnet} belongs to {public_ip}",
                expected="leases of the expected hosts only",
                fix="add the host, or stop flanneld there: the lease ends within 24 hours",
            )


def _same_address(facts: Facts) -> t.Iterator[Finding]:
    twice = {public_ip for public_ip, count in facts.addresses.items() if count > 1}
    leases = [lease for lease in facts.leases if lease.attributes.public_ip in twice] if twice else []
    for public_ip, subnets in _grouped((lease.attributes.public_ip, lease.subnet) for lease in leases).items():
        yield Finding(
            code="duplicate_address",
            host=facts.name_of(public_ip),
            seen=f"{public_ip} holds {', '.join(subnets)}",
            expected="one lease per public address",
            fix="delete the lease that is not in the host's /run/flannel/subnet.env",
        )


def _overlaps(facts: Facts) -> t.Iterator[Finding]:
    if facts.apart:
        return
    ipv4 = [(lease.subnets.ipv4, lease) for lease in facts.leases]
    ipv6 = [(lease.subnets.ipv6, lease) for lease in facts.leases if lease.subnets.ipv6]
    for first, second in overlapping(ipv4) + overlapping(ipv6):
        yield Finding(
            code="lease_overlap",
            host=facts.host_of(second),
            seen=f"{_named(second)} overlaps {_named(first)}",
            expected="subnets that do not overlap",
            fix="delete the lease of a host that is gone, else restart flanneld on one of the two without subnet.env",
        )


def _named(lease: Lease) -> str:
    return f"{lease.subnets.ipv4}{f' & {lease.subnets.ipv6}' if lease.subnets.ipv6 else ''} of {lease.attributes.public_ip}"


def _outside(facts: Facts) -> t.Iterator[Finding]:
    config = facts.config
    if config is None or facts.apart:
        return
    for lease in facts.leases:
        reason = misfit(config, lease)
        if reason:
            expected = " and ".join(
                f"subnets of {family.network} with length {family.subnet_len}" for family in _both(config)
            )
            fix = "restart flanneld on the host, which then leases a subnet that fits; then restart docker with its new options"
            yield Finding("lease_outside_network", reason, expected, fix, facts.host_of(lease))


def _both(config: NetworkConfig | None) -> list[Range]:
    return [family for family in (config.ipv4, config.ipv6) if family] if config else []


def _not_taken(facts: Facts) -> t.Iterator[Finding]:
    for lease in facts.reserved:
        public_ip = lease.attributes.public_ip
        yield Finding(
            code="lease_not_taken",
            severity=ERROR if public_ip in facts.names else WARNING,
            host=facts.name_of(public_ip),
            seen=f"{lease.subnet} is reserved for {public_ip}, which has not taken it",
            expected="a lease that flanneld has written",
            fix=_START,
        )


def _other_backends(facts: Facts) -> t.Iterator[Finding]:
    config = facts.config
    if config is None:
        return
    wanted, number = lease_type(config.backend_type), _device_number(config)
    for lease in facts.taken:
        found = lease.attributes.backend
        if found != wanted:
            expected = wanted or f"no backend type, as {config.backend_type} writes it"
            yield _wrong_backend(facts, lease, found or "no backend type", expected)
        elif number and _in_data(lease, number[0]) not in (None, number[1]):
            key, value = number
            yield _wrong_backend(
                facts, lease, f"{wanted} with {key} {_in_data(lease, key)}", f"{wanted} with {key} {value}"
            )


def _wrong_backend(facts: Facts, lease: Lease, used: str, expected: str) -> Finding:
    return Finding(
        code="wrong_backend",
        host=facts.host_of(lease),
        seen=f"{lease.subnet} uses {used}",
        expected=expected,
        fix="restart flanneld on the host: it reads the configuration only when it starts",
    )


def _device_number(config: NetworkConfig) -> tuple[str, t.Any] | None:
    """The key whose value ends the name of flannel's device, and the value; None where the name is fixed."""
    device = backend_of(config.backend_type).device
    return (device.number_key, config.backend[device.number_key]) if device and device.number_key else None


def _in_data(lease: Lease, key: str) -> t.Any:
    """None where flannel 0.13 or older wrote the lease."""
    data = lease.attributes.backend_data
    return data.get(key) if isinstance(data, dict) else None


def _ages(facts: Facts) -> t.Iterator[Finding]:
    low = facts.low_ttl
    if low is None:
        return
    for lease in facts.taken:
        if lease.ttl is None and facts.endless_is_odd:
            seen = f"{lease.subnet} never ends"
            fix = "restart flanneld on the host: it writes its lease with a time to live"
            yield Finding("lease_without_ttl", seen, "a time to live", fix, facts.host_of(lease), WARNING)
        elif lease.ttl is not None and lease.ttl < low:
            seen = f"{lease.subnet} ends in {lease.ttl} s"
            expected = f"{low} s or more: flanneld renews it earlier"
            yield Finding("lease_expiring", seen, expected, _START, facts.host_of(lease))


def _room(facts: Facts) -> t.Iterator[Finding]:
    """An error only where it keeps an expected host from its lease. flannel then ends with "out of subnets"."""
    for family, room in zip(_both(facts.config), facts.usages):
        waiting = len(facts.missing) > room.free
        if waiting or room.free * 10 < room.total:
            seen = f"{room.free} of {room.total} subnets of {family.network} are free"
            yield Finding(
                code="network_nearly_full" if room.free else "network_full",
                severity=ERROR if waiting else WARNING,
                seen=f"{seen}, and {len(facts.missing)} expected hosts have none" if waiting else seen,
                expected="a subnet for each expected host, and a tenth of them free",
                fix=f"release the leases of hosts that are gone, or give the network more room: {_more_room(family)}",
            )


def _more_room(family: Range) -> str:
    name = "" if family.network.bits == 32 else "IPv6"
    return (
        f"{name}SubnetLen {family.subnet_len + 1} doubles the number and halves each subnet, a {name}Network of length"
        f" {family.network.length - 1} keeps their size; either way the hosts take other subnets where theirs do not fit"
    )
