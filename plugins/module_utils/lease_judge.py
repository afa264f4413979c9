# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge a set of leases: against the network, against the expected hosts, and against each other."""

from __future__ import annotations

import collections
import typing as t

from .backends import lease_type
from .errors import InputError
from .findings import ERROR, WARNING, Finding
from .leases import Lease, overlapping
from .network_change import misfit
from .network_values import NetworkConfig, parse_address, to_ipv4

_START = "start flanneld on the host and look at its journal"


class Expected(t.NamedTuple):
    host: str
    public_ip: str


class Facts(t.NamedTuple):
    """All that the judgement needs."""

    leases: t.Sequence[Lease]
    config: NetworkConfig | None
    expected: t.Sequence[Expected]
    low_ttl: int | None = None  # seconds; None: the TTLs were not read
    endless_is_odd: bool = False  # v3: flannel always writes a TTL

    def name_of(self, public_ip: str) -> str:
        return next((one.host for one in self.expected if one.public_ip == public_ip), public_ip)


def expected_hosts(items: t.Iterable[t.Mapping[str, t.Any]], option: str = "expected") -> list[Expected]:
    hosts = [Expected(str(item["host"]), str(item["public_ip"])) for item in items]
    for one in hosts:
        address = parse_address(one.public_ip)
        if address is None or to_ipv4(address) is None:
            fix = f"give the address by which the other hosts reach {one.host}"
            raise InputError(f"{option}: public_ip of {one.host}", repr(one.public_ip), "an IPv4 address", fix)
    return hosts


def judge(facts: Facts) -> list[Finding]:
    return [
        *_expected_twice(facts.expected),
        *_missing(facts),
        *_foreign(facts),
        *_same_address(facts),
        *_overlaps(facts),
        *(finding for lease in facts.leases for finding in _one(lease, facts)),
    ]


def absent_hosts(facts: Facts) -> list[Expected]:
    """Expected hosts that have not taken a lease."""
    taken = {lease.attributes.public_ip for lease in facts.leases if not _is_reserved(lease, facts.config)}
    return [one for one in facts.expected if one.public_ip not in taken]


def _is_reserved(lease: Lease, config: NetworkConfig | None) -> bool:
    """A lease without a backend has been written for a host, not by it; some backends write none."""
    return not lease.attributes.backend and (config is None or lease_type(config.backend_type) != "")


def _expected_twice(expected: t.Iterable[Expected]) -> t.Iterator[Finding]:
    hosts = _grouped((one.public_ip, one.host) for one in expected)
    for public_ip, names in hosts.items():
        if len(names) > 1:
            yield Finding(
                code="duplicate_expected",
                host=names[1],
                seen=f"{public_ip} is expected of {', '.join(names)}",
                expected="another public address for each host, because flannel gives one lease per address",
                fix="choose the interface or the public address of flanneld on these hosts",
            )


def _grouped(pairs: t.Iterable[tuple[str, t.Any]]) -> dict[str, list[t.Any]]:
    groups: dict[str, list[t.Any]] = collections.defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def _missing(facts: Facts) -> t.Iterator[Finding]:
    there = {lease.attributes.public_ip for lease in facts.leases}
    for one in facts.expected:
        if one.public_ip not in there:
            seen = f"no lease of {one.public_ip}"
            yield Finding(code="lease_missing", host=one.host, seen=seen, expected="one lease", fix=_START)


def _foreign(facts: Facts) -> t.Iterator[Finding]:
    known = {one.public_ip for one in facts.expected}
    for lease in facts.leases if known else ():
        public_ip = lease.attributes.public_ip
        if public_ip not in known:
            yield Finding(
                code="lease_foreign",
                severity=WARNING,
                host=public_ip,
                seen=f"{lease.subnet} belongs to {public_ip}",
                expected="leases of the expected hosts only",
                fix="add the host, or stop flanneld there: the lease ends within 24 hours",
            )


def _same_address(facts: Facts) -> t.Iterator[Finding]:
    subnets = _grouped((lease.attributes.public_ip, lease.subnet) for lease in facts.leases)
    for public_ip, names in subnets.items():
        if len(names) > 1:
            yield Finding(
                code="duplicate_address",
                host=facts.name_of(public_ip),
                seen=f"{public_ip} holds {', '.join(names)}",
                expected="one lease per public address",
                fix="delete the lease that is not in the host's /run/flannel/subnet.env",
            )


def _overlaps(facts: Facts) -> t.Iterator[Finding]:
    ipv4 = [(lease.subnets.ipv4, lease) for lease in facts.leases]
    ipv6 = [(lease.subnets.ipv6, lease) for lease in facts.leases if lease.subnets.ipv6]
    for first, second in overlapping(ipv4) + overlapping(ipv6):
        yield Finding(
            code="lease_overlap",
            host=facts.name_of(second.attributes.public_ip),
            seen=f"{_named(second)} overlaps {_named(first)}",
            expected="subnets that do not overlap",
            fix="delete the lease of a host that is gone, else restart flanneld on one of the two without subnet.env",
        )


def _named(lease: Lease) -> str:
    return f"{lease.subnets.ipv4}{f' & {lease.subnets.ipv6}' if lease.subnets.ipv6 else ''} of {lease.attributes.public_ip}"


def _one(lease: Lease, facts: Facts) -> t.Iterator[Finding]:
    host = facts.name_of(lease.attributes.public_ip)
    if facts.config:
        yield from _place(lease, host, facts.config)
    if _is_reserved(lease, facts.config):
        yield _not_taken(lease, host, facts)
        return
    if facts.config:
        yield from _backend(lease, host, facts.config)
    if facts.low_ttl is not None:
        yield from _age(lease, host, facts.low_ttl, facts.endless_is_odd)


def _place(lease: Lease, host: str, config: NetworkConfig) -> t.Iterator[Finding]:
    reason = misfit(config, lease)
    if reason:
        expected = " and ".join(
            f"subnets of {family.network} with length {family.subnet_len}" for family in _both(config)
        )
        fix = "restart flanneld on the host: it takes a subnet that fits; then let docker take its new options"
        yield Finding(code="lease_outside_network", host=host, seen=reason, expected=expected, fix=fix)


def _both(config: NetworkConfig) -> list[t.Any]:
    return [family for family in (config.ipv4, config.ipv6) if family]


def _not_taken(lease: Lease, host: str, facts: Facts) -> Finding:
    wanted = any(one.public_ip == lease.attributes.public_ip for one in facts.expected)
    return Finding(
        code="lease_not_taken",
        severity=ERROR if wanted else WARNING,
        host=host,
        seen=f"{lease.subnet} is reserved for {lease.attributes.public_ip}, which has not taken it",
        expected="a lease that flanneld has written",
        fix=_START,
    )


def _backend(lease: Lease, host: str, config: NetworkConfig) -> t.Iterator[Finding]:
    seen, wanted = lease.attributes.backend, lease_type(config.backend_type)
    if seen == wanted == "vxlan":
        data = lease.attributes.backend_data
        seen_vni = data.get("VNI") if isinstance(data, dict) else None
        if seen_vni is not None:  # flannel 0.13 and older does not write it
            seen, wanted = f"vxlan with VNI {seen_vni}", f"vxlan with VNI {config.backend['VNI']}"
    if seen != wanted:
        yield Finding(
            code="wrong_backend",
            host=host,
            seen=f"{lease.subnet} uses {seen or 'no backend type'}",
            expected=wanted or f"no backend type, as {config.backend_type} writes it",
            fix="restart flanneld on the host: it reads the configuration only when it starts",
        )


def _age(lease: Lease, host: str, low: int, endless_is_odd: bool) -> t.Iterator[Finding]:
    if lease.ttl is None:
        if endless_is_odd:
            seen = f"{lease.subnet} never ends"
            fix = "restart flanneld on the host: it writes its lease with a time to live"
            yield Finding(
                code="lease_without_ttl", severity=WARNING, host=host, seen=seen, expected="a time to live", fix=fix
            )
    elif lease.ttl < low:
        seen = f"{lease.subnet} ends in {lease.ttl} s"
        expected = f"{low} s or more: flanneld renews it earlier"
        yield Finding(code="lease_expiring", host=host, seen=seen, expected=expected, fix=_START)


def low_ttl(renew_margin: int) -> int:
    """flanneld renews at the margin and tries again each minute: a few minutes late is no fault."""
    seconds = renew_margin * 60
    return seconds - min(300, seconds // 2)
