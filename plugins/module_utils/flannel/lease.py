# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Leases as values: what a key and its text in etcd say, read as flannel reads them."""

from __future__ import annotations

import datetime
import functools
import operator
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel import go_json, lease_fast_path
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import (
    Prefix,
    address_text,
    parse_address,
    to_ipv4,
    to_ipv6,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease_fast_path import Attributes, Subnets

__all__ = ["Attributes", "Subnets"]

# Like flannel's own: open at the front, and any character between the octets (which then parse as no address).
_KEY = re.compile(r"(\d+\.\d+.\d+.\d+)-(\d+)(?:&([a-f\d:]+)-(\d+))?\Z", re.ASCII)


class LeaseError(Exception):
    """Why flannel cannot read this lease."""


class Lease(t.NamedTuple):
    key: str
    subnets: Subnets
    attributes: Attributes
    ttl: int | None = None  # seconds; None: it never ends, or was not read
    expiry: str = ""

    @property
    def subnet(self) -> str:
        ipv4 = self.subnets.ipv4
        return f"{address_text(ipv4.value, 32)}/{ipv4.length}"

    def to_dict(self, host: str = "") -> dict[str, t.Any]:
        key, (_ipv4, ipv6), (public_ip, public_ipv6, backend, backend_data, backend_v6_data), ttl, expiry = self
        return {
            "key": key,
            "subnet": self.subnet,
            "ipv6_subnet": str(ipv6) if ipv6 else "",
            "public_ip": public_ip,
            "public_ipv6": public_ipv6,
            "backend": backend,
            "backend_data": backend_data,
            "backend_v6_data": backend_v6_data,
            "ttl": ttl,
            "expiry": expiry,
            "host": host,
        }


def parse_key(key: str) -> Subnets:
    """`.../10.5.34.0-24` or `.../10.5.34.0-24&fd00:5:0:22::-64`."""
    return lease_fast_path.plain_key(key) or _parse_key(key)


def _parse_key(key: str) -> Subnets:
    match = _KEY.search(key)
    if not match:
        raise LeaseError("the key does not end in ADDRESS-LENGTH")
    ipv4 = _prefix(match.group(1), match.group(2), 32)
    ipv6 = _prefix(match.group(3), match.group(4), 128) if match.group(3) else None
    return Subnets(ipv4, None if ipv6 and ipv6.is_empty() else ipv6)


def _prefix(text: str, length: str, bits: int) -> Prefix:
    address = parse_address(text)
    value = None if address is None else (to_ipv4(address) if bits == 32 else to_ipv6(address))
    if value is None:
        raise LeaseError(f"{text} is no IPv{4 if bits == 32 else 6} address")
    if len(length.lstrip("0")) > 3 or int(length) >= bits:
        raise LeaseError(f"/{length} is no length that flannel reads: 0 to {bits - 1}")
    return Prefix(value, int(length), bits)


def make_key(subnets: Subnets) -> str:
    """The last part of the key, as flannel writes it."""
    ipv4 = f"{address_text(subnets.ipv4.value, 32)}-{subnets.ipv4.length}"
    if subnets.ipv6 is None or subnets.ipv6.is_empty():
        return ipv4
    return f"{ipv4}&{str(subnets.ipv6).replace('/', '-')}"


def parse_value(text: str) -> Attributes:
    return lease_fast_path.plain_value(text) or _parse_value(text)


def _parse_value(text: str) -> Attributes:
    try:
        document = go_json.parse(text)
    except ValueError as error:
        raise LeaseError(f"no JSON: {error}") from None
    if document is not None and not isinstance(document, go_json.Object):
        raise LeaseError(f"{go_json.kind_of(document)} instead of an object")
    found = go_json.fields(document or go_json.Object(), _READERS)
    if found.wrong:
        raise LeaseError(f"{found.wrong[0]} is of a wrong type")
    values = found.values
    return Attributes(
        address_text(values.get("PublicIP", 0), 32),
        address_text(values["PublicIPv6"], 128) if values.get("PublicIPv6") is not None else "",
        values.get("BackendType", ""),
        go_json.plain(values.get("BackendData")),
        go_json.plain(values.get("BackendV6Data")),
    )


def _read_ipv4(value: t.Any) -> int:
    address = parse_address(value) if isinstance(value, str) else None
    found = None if address is None else to_ipv4(address)
    if found is None:
        raise LeaseError("PublicIP is no IPv4 address")
    return found


def _read_ipv6(value: t.Any) -> t.Any:
    if value is None:
        return None
    address = parse_address(value) if isinstance(value, str) else None
    if address is None:
        raise LeaseError("PublicIPv6 is no address")
    return to_ipv6(address)


_READERS: t.Mapping[str, go_json.Reader] = {
    "PublicIP": _read_ipv4,
    "PublicIPv6": _read_ipv6,
    "BackendType": go_json.read_string,
    "BackendData": go_json.read_any,
    "BackendV6Data": go_json.read_any,
}


def expiry_text(ttl: int | None, now: float | None) -> str:
    if ttl is None or now is None:
        return ""
    minute, second = divmod(int(now + ttl), 60)
    return _minute_text(minute) + _SECONDS[second]


_SECONDS = [f":{second:02d}Z" for second in range(60)]


@functools.lru_cache(maxsize=2048)
def _minute_text(minute: int) -> str:
    """A day has 1440 of them, and thousands of leases end within a day."""
    return datetime.datetime.fromtimestamp(minute * 60, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M")


def overlapping(prefixes: t.Iterable[tuple[Prefix, t.Any]]) -> list[tuple[t.Any, t.Any]]:
    """Pairs whose prefixes overlap; each prefix is named with the widest one that reaches it."""
    items = list(prefixes)
    if _all_apart([prefix for prefix, _owner in items]):
        return []
    pairs = []
    reached, widest = -1, None
    for (start, end), owner in sorted(((prefix.span(), owner) for prefix, owner in items), key=_wide_first):
        if start < reached:
            pairs.append((widest, owner))
        if end > reached:
            reached, widest = end, owner
    return pairs


def _all_apart(prefixes: list[Prefix]) -> bool:
    """Quick for the usual case: subnets of one length that begin where such subnets begin."""
    values = [prefix.value for prefix in prefixes]
    return len({prefix.length for prefix in prefixes}) < 2 and len(set(values)) == len(values) and are_aligned(prefixes)


def are_aligned(prefixes: t.Sequence[Prefix]) -> bool:
    """Whether each, all of one length, begins where a subnet of that length begins."""
    union = functools.reduce(operator.or_, [prefix.value for prefix in prefixes], 0)
    return not prefixes or prefixes[0]._replace(value=union).span()[0] == union


def _wide_first(item: tuple[tuple[int, int], t.Any]) -> tuple[int, int]:
    start, end = item[0]
    return start, -end
