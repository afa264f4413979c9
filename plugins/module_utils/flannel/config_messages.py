# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages about values of a wrong type, in Go's words and without secrets."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel import backends, go_json
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import NetworkError

_ALLOWED_TYPES = {"uint": "a whole number", "int": "a whole number", "bool": "true or false", "string": "a text"}


def wrong_type(key: str, wrong: tuple[str, t.Any, str], reason: str) -> NetworkError:
    name, value, kind = wrong
    text = "***" if go_json.fold(name) in backends.SECRET_KEYS else display(value)
    allowed = _ALLOWED_TYPES[kind]
    return NetworkError(key, text, reason, allowed, f"write {key} as {allowed}")


def wrong_type_reason(value: t.Any, kind: str, field: str, go_type: str) -> str:
    """Go's words. They have the value only where a number is wanted."""
    seen = go_json.kind_of(value)
    if seen == "number" and kind in ("int", "uint"):
        seen = f"number {value}"
    return f"json: cannot unmarshal {seen} into Go struct field {field} of type {go_type}"


def display(value: t.Any) -> str:
    text = isinstance(value, str) and not isinstance(value, go_json.Number)
    return redacted(repr(value) if text else go_json.written(value))


def redacted(text: str) -> str:
    """What is of another type than it should be may be anything, a whole backend with its key too."""
    return "***" if any(name in go_json.fold(text) for name in backends.SECRET_KEYS) else text
