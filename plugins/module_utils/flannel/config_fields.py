# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields of flannel's configuration: which release reads which, and how it reads them."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel import go_json, go_json_parser
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_messages import (
    display,
    wrong_type,
    wrong_type_reason,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import (
    NetworkError,
    Prefix,
    parse_address,
    parse_cidr,
    to_ipv4,
    to_ipv6,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import Version

Values = t.Mapping[str, t.Any]

KNOWN_SINCE: t.Mapping[str, Version] = {
    "Network": (0,),
    "SubnetMin": (0,),
    "SubnetMax": (0,),
    "SubnetLen": (0,),
    "Backend": (0,),
    "EnableIPv4": (0, 15, 0),
    "EnableIPv6": (0, 15, 0),
    "IPv6Network": (0, 15, 0),
    "IPv6SubnetMin": (0, 15, 0),
    "IPv6SubnetMax": (0, 15, 0),
    "IPv6SubnetLen": (0, 15, 0),
    "EnableNFTables": (0, 25, 0),
}


def read_document(text: str) -> go_json.Object:
    fix = "write the configuration as one JSON object"
    name = f"text of {len(text)} characters"  # not the text itself: it may hold a key
    try:
        document = go_json_parser.parse(text)
    except ValueError as error:
        raise NetworkError("config", name, str(error), "one JSON object", fix) from None
    if document is None:
        return go_json.Object()
    if isinstance(document, go_json.Object):
        return document
    reason = f"json: cannot unmarshal {go_json.kind_of(document)} into Go value of type subnet.Config"
    raise NetworkError("config", name, reason, "one JSON object", fix)


def read_values(document: go_json.Object, version: Version) -> Values:
    readers: dict[str, go_json.Reader] = {
        "Network": lambda value: _network4(value, version),
        "SubnetMin": lambda value: _address4("SubnetMin", value, version),
        "SubnetMax": lambda value: _address4("SubnetMax", value, version),
        "IPv6Network": _network6,
        "IPv6SubnetMin": lambda value: _address6("IPv6SubnetMin", value, version),
        "IPv6SubnetMax": lambda value: _address6("IPv6SubnetMax", value, version),
        "SubnetLen": go_json.read_uint,
        "IPv6SubnetLen": go_json.read_uint,
        "EnableIPv4": go_json.read_bool,
        "EnableIPv6": go_json.read_bool,
        "EnableNFTables": go_json.read_bool,
        "Backend": go_json.read_any,
    }
    known = {name: reader for name, reader in readers.items() if KNOWN_SINCE[name] <= version}
    found = go_json.fields(document, known)
    if found.wrong:
        name, value, kind = found.wrong
        raise wrong_type(name, found.wrong, wrong_type_reason(value, kind, f"Config.{name}", kind))
    return found.values


def _raw(value: t.Any) -> str:
    """What flannel's own readers of addresses make of it: they strip quotes, and decode nothing."""
    return value.strip('"') if isinstance(value, str) else go_json.written(value)


def _panic(version: Version) -> str:
    """What an IPv6 address in a field for IPv4 does to flanneld (ip.FromIP in pkg/ip/ipnet.go)."""
    return f"flanneld panics: {'Address is not an IPv4 address' if version >= (0, 13) else 'index out of range'}"


def _network4(value: t.Any, version: Version) -> Prefix:
    hint = ("an IPv4 network such as 10.20.0.0/16", "write Network as address/length")
    found = parse_cidr(_raw(value))
    if found is None:
        raise NetworkError("Network", display(value), f"invalid CIDR address: {_raw(value)}", *hint)
    address = to_ipv4(found[0])
    if address is None:
        reason = "invalid IPv4 CIDR format" if version >= (0, 28, 9) else _panic(version)
        raise NetworkError("Network", display(value), reason, hint[0], "an IPv6 network belongs into IPv6Network")
    return Prefix(address, found[1])


def _network6(value: t.Any) -> Prefix:
    found = parse_cidr(_raw(value))
    if found is None:
        reason = f"invalid CIDR address: {_raw(value)}"
        hint = ("an IPv6 network such as fd00:20::/48", "write IPv6Network as address/length")
        raise NetworkError("IPv6Network", display(value), reason, *hint)
    return Prefix(to_ipv6(found[0]), found[1], 128)


def _bad_address(name: str, value: t.Any, version: Version, example: str) -> NetworkError:
    reason = "invalid IP address format" if version >= (0, 28) else "Invalid IP address format"
    fix = f"write {name} as the first address of a subnet, or leave it out"
    return NetworkError(name, display(value), reason, f"an address such as {example}", fix)


def _address4(name: str, value: t.Any, version: Version) -> int:
    address = parse_address(_raw(value))
    if address is None:
        raise _bad_address(name, value, version, "10.20.16.0")
    found = to_ipv4(address)
    if found is None:
        reason = "invalid IPv4 address format" if version >= (0, 28, 9) else _panic(version)
        fix = f"an IPv6 address belongs into IPv6{name}"
        raise NetworkError(name, display(value), reason, "an address such as 10.20.16.0", fix)
    return found


def _address6(name: str, value: t.Any, version: Version) -> int:
    if value is None:
        return 0
    address = parse_address(_raw(value))
    if address is None:
        raise _bad_address(name, value, version, "fd00:20:0:10::")
    return to_ipv6(address)
