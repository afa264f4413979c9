# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""flannel's network configuration as a value: read and judged as the given flannel release does it."""

from __future__ import annotations

import dataclasses
import json
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding
from ansible_collections.overlay.flannel.plugins.module_utils.flannel import backends
from ansible_collections.overlay.flannel.plugins.module_utils.flannel import go_json as gojson
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_fields import (
    Values,
    display,
    read_document,
    read_values,
    redacted,
    wrong_type,
    wrong_type_reason,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_lint import advise
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_ranges import families
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import NetworkConfig, NetworkError
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import (
    NEWEST_FLANNEL,
    Version,
    parse_version,
)


def check(text: str, flannel_version: str = "") -> NetworkConfig:
    """What this flannel makes of the text in `<prefix>/config`: flannel's defaults filled in. No I/O.

    `flannel_version` is a release such as `0.28.10`; by default the newest that this collection knows.
    Raises NetworkError where flanneld would refuse the text or end by it: `details["reason"]` is flannel's own,
    `allowed` and `fix` are our hint. Raises InputError for a version that is none.
    What flannel takes though no one can want it is in `findings`, see network_advice.
    Order and rules: subnet/config.go, backend/manager.go and the RegisterNetwork of each backend, at the tags.
    """
    version = parse_version(flannel_version or NEWEST_FLANNEL)
    document = read_document(text)
    values = read_values(document, version)
    if version >= (0, 20):
        written = _backend_type(values)
        ipv4, ipv6 = families(values, version)
    else:
        ipv4, ipv6 = families(values, version)
        written = _backend_type(values)
    backend_type = _known_type(written, bool(ipv4 or ipv6), version)
    backend = _backend_keys(backend_type, values, version)
    if not ipv4:
        _refuse_without_ipv4(backend_type, version)
    config = NetworkConfig(ipv4, ipv6, values.get("EnableNFTables", False), backend_type, backend)
    return dataclasses.replace(config, findings=advise(document, config, version))


def check_dict(config: t.Mapping[str, t.Any], flannel_version: str = "") -> NetworkConfig:
    return check(encode(config), flannel_version)


def problems(network: t.Any, flannel_version: str, hosts: int = 0) -> list[Finding]:
    """All that is wrong with it, as findings: for those who want to go on after the first."""
    try:
        if not isinstance(network, (str, t.Mapping)):
            raise InputError(
                "network",
                redacted(repr(network)),
                "a dictionary in flannel's own spelling",
                "write Network and Backend",
            )
        config = check(network if isinstance(network, str) else encode(network), flannel_version)
    except (NetworkError, InputError) as error:
        return [error.finding]
    return [*config.findings, *_too_few(config, hosts)]


def _too_few(config: NetworkConfig, hosts: int) -> list[Finding]:
    if config.capacity() >= hosts:
        return []
    seen = f"the network has {config.capacity()} subnets for {hosts} hosts"
    fix = "use a larger Network, a larger SubnetLen, or move SubnetMin and SubnetMax apart"
    return [Finding(code="network_too_small", seen=seen, expected=f"{hosts} subnets or more", fix=fix)]


def encode(config: t.Mapping[str, t.Any]) -> str:
    """The text to store. Templates turn numbers into text: the keys that want numbers get them back."""
    return json.dumps(_tidy(config), separators=(",", ":"))


def _tidy(value: t.Any, name: str = "") -> t.Any:
    if isinstance(value, t.Mapping):
        return {str(key): _tidy(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_tidy(item) for item in value]
    if isinstance(value, str) and gojson.fold(name) in _NUMBERS and re.fullmatch(r"0|-?[1-9][0-9]*", value):
        return int(value)
    if isinstance(value, str) and gojson.fold(name) in _BOOLS and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value


_KEYS = [(name, key) for backend in backends.BACKENDS.values() for name, key in backend.keys.items()]
_NUMBERS = {"subnetlen", "ipv6subnetlen"} | {gojson.fold(n) for n, key in _KEYS if key.reader is backends.INT}
_BOOLS = {"enableipv4", "enableipv6", "enablenftables"} | {
    gojson.fold(n) for n, key in _KEYS if key.reader is backends.BOOL
}


def _backend_type(values: Values) -> str:
    """An absent Backend is udp; an empty one is an unknown type."""
    if "Backend" not in values:
        return "udp"
    backend = values["Backend"]
    prefix = "error decoding Backend property of config: "
    if backend is None:
        return ""
    if not isinstance(backend, gojson.Object):
        reason = (
            f"{prefix}json: cannot unmarshal {gojson.kind_of(backend)} into Go value of type struct {{ Type string }}"
        )
        raise NetworkError("Backend", display(backend), reason, "an object with Type", "write Backend as {Type: vxlan}")
    found = gojson.fields(backend, {"Type": gojson.read_string})
    if found.wrong:
        _name, value, kind = found.wrong
        reason = prefix + wrong_type_reason(value, kind, ".Type", kind)
        raise wrong_type("Backend.Type", found.wrong, reason)
    return t.cast(str, found.values.get("Type", ""))


def _known_type(written: str, any_family: bool, version: Version) -> str:
    if not any_family:
        fix = "set EnableIPv4 to true, or leave it out"
        raise NetworkError("EnableIPv4", "false", "none defined stack", "at least one family switched on", fix)
    name, known = gojson.lower(written), backends.known_types(version)
    if name not in known:
        raise _unknown_type(name, known, version)
    return name


def _refuse_without_ipv4(backend_type: str, version: Version) -> None:
    if version >= backends.BACKENDS[backend_type].without_ipv4:
        return
    reason = "flanneld panics: Address is not an IPv4 address"
    fix = "set EnableIPv4 to true, or leave it out"
    raise NetworkError("EnableIPv4", "false", reason, f"true with the backend {backend_type}", fix)


def _unknown_type(name: str, known: list[str], version: Version) -> NetworkError:
    there = backends.BACKENDS.get(name)
    fix = "use vxlan, unless you know that you need another one"
    if there and version < there.since:
        fix = f"use flannel {'.'.join(map(str, there.since))} or newer, or vxlan"
    elif there:
        fix = f"use a flannel older than {'.'.join(map(str, there.until))}, or vxlan"
    reason = f"unknown backend type: {name}"
    return NetworkError("Backend.Type", repr(name), reason, ", ".join(known), fix)


def _backend_keys(backend_type: str, values: Values, version: Version) -> dict[str, t.Any]:
    document = values.get("Backend") or gojson.Object()
    found = backends.read_keys(backend_type, document, version)
    if found.wrong:
        name, value, kind = found.wrong
        backend = backends.BACKENDS[backend_type]
        field = backends.go_field(backend_type, name, version)
        reason = wrong_type_reason(value, kind, field, backend.keys[name].go_type or kind)
        raise wrong_type(f"Backend.{name}", found.wrong, f"error decoding {backend.label}backend config: {reason}")
    bad = backends.bad_key(backend_type, found.values, version)
    if bad:
        key = "Backend." + bad.name
        text = "***" if gojson.fold(bad.name) in backends.SECRET_KEYS else repr(found.values[bad.name])
        place = f"{key} (overlay_psk in the inventory)" if bad.name == "PSK" else key
        raise NetworkError(key, text, bad.reason, bad.allowed, f"set {place} to {bad.allowed}")
    return found.values
