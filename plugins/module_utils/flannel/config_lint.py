# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What flannel accepts without a word though no one can want it: one code each.

An error is what flannel, the kernel or docker fails on later; a warning is what has another effect than it seems.
Overlaps with what hosts use are found by plugin_utils/network_overlaps, which needs their facts.
"""

from __future__ import annotations

import difflib
import ipaddress
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding
from ansible_collections.overlay.flannel.plugins.module_utils.flannel import backends, go_json
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_fields import KNOWN_SINCE
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import (
    NetworkConfig,
    Prefix,
    Range,
    address_text,
    mask_of,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import Version

_UNUSABLE = ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")
_UNUSABLE6 = ("::/16", "fe80::/10", "ff00::/8")  # the first holds ::1 and all that is written like IPv4


def advise(document: go_json.Object, config: NetworkConfig, version: Version) -> tuple[Finding, ...]:
    backend = next((item for name, item in reversed(document) if _name(name) == "backend"), None)
    keys = backend if isinstance(backend, go_json.Object) else go_json.Object()
    return (
        *_names(document, "", KNOWN_SINCE, version),
        *_names(keys, "Backend.", _backend_names(config.backend_type), version),
        *_by_omission(document, config),
        *_families(config, version),
        *_limits(config),
        *_commands(config),
    )


def _name(raw: str) -> str:
    return go_json.fold(go_json.decoded(raw))


def _backend_names(backend_type: str) -> dict[str, Version]:
    keys = backends.BACKENDS[backend_type].keys
    return {"Type": (0,), **{name: key.since for name, key in keys.items()}}


def _names(
    document: go_json.Object, prefix: str, since: t.Mapping[str, Version], version: Version
) -> t.Iterator[Finding]:
    """Keys that are read twice, not yet, or never."""
    known = {go_json.fold(name): name for name in since}
    seen: set[str] = set()
    for raw, _value in document:
        name = known.get(_name(raw))
        if _name(raw) in seen:
            yield Finding("duplicate_key", f"{prefix}{raw} is there twice", "each key once", "remove one of them")
        elif name is None:
            yield _unknown(prefix, raw, list(since))
        elif since[name] > version:
            release = ".".join(map(str, since[name]))
            fix = f"remove it, or use flannel {release} or newer"
            seen_text = f"{prefix}{name} is ignored by this flannel"
            yield Finding("key_of_newer_flannel", seen_text, f"keys that flannel reads before {release}", fix)
        seen.add(_name(raw))


def _unknown(prefix: str, raw: str, known: list[str]) -> Finding:
    near = difflib.get_close_matches(raw, known, 1)
    fix = f"did you mean {near[0]}?" if near else "remove it"
    code = "unknown_backend_key" if prefix else "unknown_key"
    return Finding(code, f"flannel ignores {prefix}{raw}", "one of " + ", ".join(known), fix)


def _by_omission(document: go_json.Object, config: NetworkConfig) -> t.Iterator[Finding]:
    if not any(_name(name) == "backend" for name, _value in document):
        fix = "write Backend as {Type: vxlan}, or as {Type: udp} if you mean it"
        yield Finding("backend_absent", "Backend is absent, so flannel uses udp", "Backend with a Type", fix)
    if config.ipv4 is None:
        fix = "set EnableIPv4 to true, or leave it out"
        seen = "EnableIPv4 is false, but each lease in etcd has an IPv4 part: the second host never gets one"
        yield Finding("ipv4_disabled", seen, "EnableIPv4 enabled, because leases are kept in etcd", fix)


def _families(config: NetworkConfig, version: Version) -> t.Iterator[Finding]:
    for prefix, family in (("", config.ipv4), ("IPv6", config.ipv6)):
        if family:
            yield from _range(prefix, family, version)
            yield from _usable(prefix, family.network)


def _range(prefix: str, family: Range, version: Version) -> t.Iterator[Finding]:
    bits = family.network.bits
    if family.low > family.high:
        seen = f"{prefix}SubnetMin {address_text(family.low, bits)} lies above {prefix}SubnetMax"
        expected = f"{prefix}SubnetMin at or below {address_text(family.high, bits)}"
        yield Finding("min_above_max", seen, expected, f"swap {prefix}SubnetMin and {prefix}SubnetMax")
    if version < (0, 10):
        yield from _old_range(family)


def _old_range(family: Range) -> t.Iterator[Finding]:
    if family.subnet_len > 30:
        seen = f"SubnetLen {family.subnet_len} leaves no room for docker0 and a container"
        yield Finding("subnet_len_too_long", seen, "30 or less", "set SubnetLen to 24, or leave it out")
        return
    for name, value in (("SubnetMin", family.low), ("SubnetMax", family.high)):
        if value != value & mask_of(family.subnet_len, 32):
            seen = f"{name} {address_text(value, 32)} is not the first address of a /{family.subnet_len}"
            fix = f"use {address_text(value & mask_of(family.subnet_len, 32), 32)}"
            yield Finding("subnet_unaligned", seen, f"the first address of a /{family.subnet_len}", fix)
    if family.high + (1 << (32 - family.subnet_len)) > family.network.end():
        seen = f"the subnet at SubnetMax {address_text(family.high, 32)} reaches beyond {family.network}"
        yield Finding("subnet_outside", seen, f"subnets within {family.network}", "lower SubnetMax")


def _usable(prefix: str, network: Prefix) -> t.Iterator[Finding]:
    for text in _UNUSABLE6 if prefix else _UNUSABLE:
        there = ipaddress.ip_network(text)
        other = Prefix(int(there.network_address), there.prefixlen, network.bits)
        if network.contains(other.value) or other.contains(network.value):
            example = "fd00:20::/48" if prefix else "10.20.0.0/16"
            seen = f"{prefix}Network {network} overlaps {text}, which no host can route"
            fix = f"choose another {prefix}Network"
            yield Finding("network_unusable", seen, f"a private network such as {example}", fix)


def _limits(config: NetworkConfig) -> t.Iterator[Finding]:
    for limit in backends.BACKENDS[config.backend_type].limits:
        value, high = config.backend.get(limit.key), limit.highest(config.ipv6 is not None)
        if value is not None and not limit.low <= value <= high:
            expected = f"{limit.low} to {high} ({limit.why})"
            seen, fix = f"Backend.{limit.key} is {value}", f"set Backend.{limit.key} to such a number"
            yield Finding(f"{limit.key.lower()}_out_of_range", seen, expected, fix)


def _commands(config: NetworkConfig) -> t.Iterator[Finding]:
    if backends.BACKENDS[config.backend_type].runs_commands:
        seen = f"the backend {config.backend_type} has flanneld run commands from etcd as root on every host"
        expected = "a backend without commands, or an etcd that only trusted people can write"
        yield Finding("backend_runs_commands", seen, expected, "use vxlan, or protect etcd with TLS and users")
