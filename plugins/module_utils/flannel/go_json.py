# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON as Go's encoding/json reads it, because flannel uses that and not Python's reader.

Texts are kept as they stand in the document, escapes included: flannel's address fields read exactly that.
"""

from __future__ import annotations

import json
import math
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel import go_json_parser
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.go_json_parser import Array, Number, Object

__all__ = ["Array", "Number", "Object"]

_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_NO_UTF8 = re.compile("[\ud800-\udfff]")
_SHALLOW = 100  # levels; what lies deeper stays the text that it is
_LONGEST = 20  # characters of a 64 bit number


class WrongTypeError(Exception):
    """The value does not fit the field; Go notes that and reads on."""


class _Unset:
    """What a null leaves behind in most fields: nothing changes."""


UNSET = _Unset()
Reader = t.Callable[[t.Any], t.Any]


def parse(text: str) -> t.Any:
    """None, bool, Number, str (raw), list or Object; ValueError with Go's own reason.

    A byte that is no UTF-8 may stand in the text as a surrogate, as by `surrogateescape`.
    """
    try:
        if text.count("[") + text.count("{") <= _SHALLOW:
            return _parse_fast(text)
    except ValueError:
        pass
    return go_json_parser.parse(text)


def _parse_fast(text: str) -> t.Any:
    if "\\" in text:
        json.loads(text, parse_constant=_refuse)
        text = _TEXT.sub(_protect, text)
    return json.loads(text, object_pairs_hook=Object, parse_int=Number, parse_float=Number, parse_constant=_refuse)


def _refuse(constant: str) -> t.NoReturn:
    raise ValueError(constant)


def _protect(match: t.Match[str]) -> str:
    raw = match.group(1)
    return '"' + raw.replace("\\", "\\\\").replace('"', '\\"') + '"'


def decoded(raw: str) -> str:
    """The text that a raw text stands for; what is no Unicode becomes U+FFFD, each byte or half for itself."""
    text = t.cast(str, json.loads(f'"{raw}"')) if "\\" in raw else raw
    return _NO_UTF8.sub("\ufffd", text)


def fold(name: str) -> str:
    """Field names are compared like this: U+017F counts as s and U+212A as k."""
    return name.replace("\u017f", "s").lower()


def lower(text: str) -> str:
    """Go's strings.ToLower: each character for itself, and one stays one."""
    return "".join(char.lower()[0] for char in text)


def plain(value: t.Any, depth: int = 0) -> t.Any:
    """The same value as Python's own reader would give it; a text where that is out of Python's or JSON's reach."""
    if isinstance(value, list) and depth > _SHALLOW:
        return _NO_UTF8.sub("\ufffd", written(value))
    if isinstance(value, Object):
        return {decoded(name): plain(item, depth + 1) for name, item in value}
    if isinstance(value, list):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, Number):
        return _plain_number(value)
    return decoded(value) if isinstance(value, str) else value


def _plain_number(value: Number) -> t.Any:
    if re.fullmatch(r"-?\d+", value):
        return int(value) if len(value) <= 1000 else str(value)
    number = float(value)
    return number if math.isfinite(number) else str(value)


def written(value: t.Any) -> str:
    """The value as JSON: as it stood in its text, where that is known, else without blanks."""
    if isinstance(value, (Object, Array)) and value.source:
        return value.source.text[value.source.start : value.source.end]
    if isinstance(value, Object):
        return "{" + ",".join(f'"{name}":{written(item)}' for name, item in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(item) for item in value) + "]"
    if isinstance(value, Number):
        return str(value)
    return f'"{value}"' if isinstance(value, str) else json.dumps(value)


def kind_of(value: t.Any) -> str:
    """What Go calls it in its messages."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, Number):
        return "number"
    if isinstance(value, Object):
        return "object"
    return "array" if isinstance(value, list) else "string"


def read_uint(value: t.Any) -> t.Any:
    return _read_number(value, "uint", r"\d+", 0, 2**64 - 1)


def read_int(value: t.Any) -> t.Any:
    return _read_number(value, "int", r"-?\d+", -(2**63), 2**63 - 1)


def _read_number(value: t.Any, kind: str, form: str, low: int, high: int) -> t.Any:
    if value is None:
        return UNSET
    fits = isinstance(value, Number) and len(value) <= _LONGEST and re.fullmatch(form, value)
    if fits and low <= int(value) <= high:
        return int(value)
    raise WrongTypeError(kind)


def read_bool(value: t.Any) -> t.Any:
    if value is None:
        return UNSET
    if isinstance(value, bool):
        return value
    raise WrongTypeError("bool")


def read_string(value: t.Any) -> t.Any:
    if value is None:
        return UNSET
    if isinstance(value, str) and not isinstance(value, Number):
        return decoded(value)
    raise WrongTypeError("string")


def read_any(value: t.Any) -> t.Any:
    return value


class Fields(t.NamedTuple):
    values: dict[str, t.Any]
    wrong: tuple[str, t.Any, str] | None  # first field of a wrong type: name, value, type wanted


def fields(document: Object, readers: t.Mapping[str, Reader]) -> Fields:
    """Fill the known fields in the order of the document; unknown ones are skipped, later ones win."""
    known = {fold(name): name for name in readers}
    values: dict[str, t.Any] = {}
    wrong = None
    for raw, value in document:
        name = known.get(fold(decoded(raw)))
        if name is None:
            continue
        try:
            result = readers[name](value)
        except WrongTypeError as error:
            wrong = wrong or (name, value, str(error))
        else:
            if result is not UNSET:
                values[name] = result
    return Fields(values, wrong)
