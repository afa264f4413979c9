# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which subnets a network gives: flannel's rules about lengths and bounds, per release."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import (
    NetworkError,
    Prefix,
    Range,
    address_text,
    mask_of,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import Version

Values = t.Mapping[str, t.Any]


class Family(t.NamedTuple):
    """The same rules hold for both families, with other numbers."""

    prefix: str
    bits: int
    longest: int  # of a subnet
    smallest: int  # network that can be split without SubnetLen
    wide: int  # networks up to this length are split into subnets of the default length
    default: int
    example: str


IPV4 = Family("", 32, 30, 28, 22, 24, "10.20.0.0/16")
IPV6 = Family("IPv6", 128, 126, 124, 62, 64, "fd00:20::/48")


def families(values: Values, version: Version) -> tuple[Range | None, Range | None]:
    ipv4 = _range(IPV4, values, version) if values.get("EnableIPv4", True) else None
    ipv6 = _range(IPV6, values, version) if values.get("EnableIPv6", False) else None
    return ipv4, ipv6


def _range(family: Family, values: Values, version: Version) -> Range:
    name = family.prefix + "Network"
    network = values.get(name, Prefix(0, 0, family.bits))
    if version >= (0, 19, 2) and network.is_empty():
        reason = _cased(f"please define a correct {name} parameter in the flannel config", version)
        allowed = f"a network such as {family.example}"
        raise NetworkError(name, values.get(name, "(not set)"), reason, allowed, f"set {name}")
    if version < (0, 10):
        return _old_range(network, values)
    length = _subnet_len(family, network, values, version)
    if family is IPV6 and name not in values:
        reason = "flanneld panics: nil pointer dereference"
        raise NetworkError(name, "(not set)", reason, f"a network such as {family.example}", f"set {name}")
    return _bounds(family, Range(network, length, 0, 0), values)


def _cased(reason: str, version: Version) -> str:
    return reason if version >= (0, 20) else reason[0].upper() + reason[1:]


def _subnet_len(family: Family, network: Prefix, values: Values, version: Version) -> int:
    name = family.prefix + "SubnetLen"
    given = values.get(name, 0)
    if not given:
        return _default_len(family, network, version)
    allowed = f"{network.length + 2} to {family.longest}, or left out"
    if given > family.longest:
        reason = f"SubnetLen must be less than /{family.longest + 1}"
        raise NetworkError(name, given, reason, allowed, f"set {name} to {family.default}, or leave it out")
    if given < network.length + 2:
        reason = _cased("network must be able to accommodate at least four subnets", version)
        if network.length + 2 > family.longest:
            room = f"a length of {family.longest - 2} or less"
            raise NetworkError(f"{family.prefix}Network", network, reason, room, f"use one such as {family.example}")
        fix = f"set {name} to {network.length + 2} or more, or use a larger {family.prefix}Network"
        raise NetworkError(name, given, reason, allowed, fix)
    return t.cast(int, given)


def _default_len(family: Family, network: Prefix, version: Version) -> int:
    name = family.prefix + "Network"
    if network.length > family.smallest:
        start = "network" if family is IPV4 and version >= (0, 20) else name
        reason = f"{start} is too small. Minimum useful network prefix is /{family.smallest}"
        allowed = f"a length of {family.smallest} or less"
        raise NetworkError(name, network, reason, allowed, f"use a larger network such as {family.example}")
    return family.default if network.length <= family.wide else network.length + 2


def _bounds(family: Family, plain: Range, values: Values) -> Range:
    size = 1 << (family.bits - plain.subnet_len)
    low = _bound(family, "SubnetMin", plain, values, plain.network.value + size)
    high = _bound(family, "SubnetMax", plain, values, plain.network.end() - size)
    for name, value in (("SubnetMin", low), ("SubnetMax", high)):
        aligned = value & mask_of(plain.subnet_len, family.bits)
        if value >> family.bits:
            raise _mapped_zero(plain.network)
        if value != aligned:
            text, near = address_text(value, family.bits), address_text(aligned, family.bits)
            reason = f"{family.prefix}{name} is not on a SubnetLen boundary: {text}"
            allowed = f"the first address of a /{plain.subnet_len}"
            raise NetworkError(family.prefix + name, text, reason, allowed, f"use {near}, which is the nearest below")
    return Range(plain.network, plain.subnet_len, low, high)


def _bound(family: Family, name: str, plain: Range, values: Values, default: int) -> int:
    value = values.get(family.prefix + name, 0)
    if not value:
        return default & 0xFFFFFFFF if family is IPV4 else default
    if plain.network.contains(value):
        return t.cast(int, value)
    display = address_text(value, family.bits)
    reason = f"{family.prefix}{name} is not in the range of the {family.prefix}Network"
    fix = f"choose {family.prefix}{name} within {plain.network}, or leave it out"
    raise NetworkError(family.prefix + name, display, reason, f"an address within {plain.network}", fix)


def _mapped_zero(network: Prefix) -> NetworkError:
    """flannel takes 0.0.0.0/0 for ::ffff:0.0.0.0/0, which is not empty, and puts SubnetMax behind the last IPv6 address."""
    text = "%!v(PANIC=String method: math/big: buffer too small to fit value)"
    reason = f"IPv6SubnetMax is not on a SubnetLen boundary: {text}"
    return NetworkError("IPv6Network", network, reason, f"a network such as {IPV6.example}", "write an IPv6 network")


def _old_range(network: Prefix, values: Values) -> Range:
    """Before 0.10: no alignment, no upper limit, 32 bits that wrap around."""
    length = values.get("SubnetLen", 0)
    if length and length < network.length:
        reason = "HostSubnet is larger network than Network"
        fix = f"set SubnetLen to {network.length} or more"
        raise NetworkError("SubnetLen", length, reason, f"{network.length} or more", fix)
    length = length or (24 if network.length < 24 else network.length + 1)
    size = 1 << (32 - length) if 0 < length <= 32 else 0
    low = _bound(IPV4, "SubnetMin", Range(network, length, 0, 0), values, network.value + size)
    end = network.end() if network.length <= 32 else network.value
    high = _bound(IPV4, "SubnetMax", Range(network, length, 0, 0), values, end - size)
    return Range(network, length, low, high)
