# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user of the module lease wants, checked: which host, which subnets, or which leases. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import (
    Prefix,
    address_text,
    parse_address,
    parse_cidr,
    to_ipv4,
    to_ipv6,
)
from ansible_collections.overlay.flannel.plugins.module_utils.registry.expected import expected_hosts


class LeaseRequest(t.NamedTuple):
    """Where it is absent: the leases that match everything that is given, or (bulk) that are foreign or outside."""

    present: bool
    public_ip: str = ""
    ipv4: Prefix | None = None
    ipv6: Prefix | None = None
    known: frozenset[str] | None = None  # addresses of the hosts whose leases are not foreign
    outside: bool = False

    @property
    def is_bulk(self) -> bool:
        return self.known is not None or self.outside


def request_of(params: t.Mapping[str, t.Any]) -> LeaseRequest:
    request = LeaseRequest(
        present=params["state"] == "present",
        public_ip=_address(params["public_ip"]) if params["public_ip"] else "",
        ipv4=_prefix("subnet", params["subnet"], 32) if params["subnet"] else None,
        ipv6=_prefix("ipv6_subnet", params["ipv6_subnet"], 128) if params["ipv6_subnet"] else None,
        known=_known(params["expected"]) if params["foreign"] else None,
        outside=params["outside"],
    )
    if request.present:
        _require_host(request)
    else:
        _require_selector(request)
    return request


def _address(text: str) -> str:
    address = parse_address(text)
    value = None if address is None else to_ipv4(address)
    if not value:
        fix = "give the address that flanneld writes into its lease"
        raise InputError("public_ip", repr(text), "an IPv4 address", fix)
    return address_text(value, 32)


def _prefix(name: str, text: str, bits: int) -> Prefix:
    """With the bits behind the length, because keys can hold such subnets too."""
    head = parse_address(text.partition("/")[0])
    found = parse_cidr(text)
    if head is None or found is None or head.max_prefixlen != bits:
        example = "10.20.5.0/24" if bits == 32 else "fd00:20:0:5::/64"
        raise InputError(name, repr(text), f"a subnet such as {example}", "write its first address and its length")
    return Prefix(to_ipv6(head) if bits == 128 else int(head), found[1], bits)


def _known(expected: t.Sequence[t.Mapping[str, t.Any]]) -> frozenset[str]:
    if not expected:
        fix = "list the hosts to keep; otherwise every lease would count as foreign"
        raise InputError("expected", "[]", "one host or more together with foreign", fix)
    return frozenset(_address(one.public_ip) for one in expected_hosts(expected))


def _require_host(request: LeaseRequest) -> None:
    if not request.public_ip:
        raise InputError("public_ip", "(not set)", "an IPv4 address", "say for which host the subnet is reserved")
    if request.is_bulk:
        raise InputError(
            "foreign, outside", "true", "false with state present", "set state to absent, or leave them out"
        )
    for name, prefix in (("subnet", request.ipv4), ("ipv6_subnet", request.ipv6)):
        if prefix and prefix.value != prefix.value & prefix.mask():
            first = Prefix(prefix.value & prefix.mask(), prefix.length, prefix.bits)
            raise InputError(name, prefix, "the first address of the subnet, and its length", f"use {first}")


def _require_selector(request: LeaseRequest) -> None:
    single = bool(request.public_ip or request.ipv4 or request.ipv6)
    if single == request.is_bulk:
        seen = "both" if single else "neither"
        allowed = "public_ip and/or subnet for one lease, or foreign and/or outside for many"
        raise InputError("which leases to release", seen, allowed, "give one of the two")
