# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Backend of a network configuration: its type and its keys, as this flannel reads them."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel import backends, go_json
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_fields import Values
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_messages import (
    display,
    wrong_type,
    wrong_type_reason,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import NetworkError
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import Version


def read_backend_type(values: Values) -> str:
    """An absent Backend has a default; an empty one is of an unknown type."""
    if "Backend" not in values:
        return backends.DEFAULT_TYPE
    backend = values["Backend"]
    prefix = "error decoding Backend property of config: "
    if backend is None:
        return ""
    if not isinstance(backend, go_json.Object):
        reason = (
            f"{prefix}json: cannot unmarshal {go_json.kind_of(backend)} into Go value of type struct {{ Type string }}"
        )
        raise NetworkError("Backend", display(backend), reason, "an object with Type", "write Backend as {Type: vxlan}")
    found = go_json.fields(backend, {"Type": go_json.read_string})
    if found.wrong:
        _name, value, kind = found.wrong
        reason = prefix + wrong_type_reason(value, kind, ".Type", kind)
        raise wrong_type("Backend.Type", found.wrong, reason)
    return t.cast(str, found.values.get("Type", ""))


def known_type(written: str, any_family: bool, version: Version) -> str:
    if not any_family:
        fix = "set EnableIPv4 to true, or leave it out"
        raise NetworkError("EnableIPv4", "false", "none defined stack", "at least one family switched on", fix)
    name, known = go_json.lower(written), backends.known_types(version)
    if name not in known:
        raise _unknown_type(name, known, version)
    return name


def refuse_without_ipv4(backend_type: str, version: Version) -> None:
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


def read_backend_keys(backend_type: str, values: Values, version: Version) -> dict[str, t.Any]:
    document = values.get("Backend") or go_json.Object()
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
        text = "***" if go_json.fold(bad.name) in backends.SECRET_KEYS else repr(found.values[bad.name])
        place = f"{key} (overlay_psk in the inventory)" if bad.name == "PSK" else key
        raise NetworkError(key, text, bad.reason, bad.allowed, f"set {place} to {bad.allowed}")
    return found.values
