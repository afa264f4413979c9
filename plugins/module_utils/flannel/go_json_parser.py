# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A JSON reader that takes, refuses and explains texts exactly as Go's encoding/json (its scanner.go) does.

Python's own reader is faster, but it gives up on deep texts earlier, and it names other reasons.
"""

from __future__ import annotations

import re
import typing as t

MAX_DEPTH = 10000

_BLANKS = re.compile(r"[ \t\r\n]*")
_PLAIN = r'[^"\\\x00-\x1f]*'
_TEXT_PART = rf'{_PLAIN}(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{{4}}){_PLAIN})*'
_TEXT = re.compile(f'"({_TEXT_PART})"')
_TEXT_BEGUN = re.compile(f'"{_TEXT_PART}')
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_DIGITS = re.compile(r"[0-9]+")
_SIGN = re.compile(r"[+-]?")
_HEX = re.compile(r"[0-9a-fA-F]{0,4}")
_WORDS = {"true": True, "false": False, "null": None}
_NAMED = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}
_NAMED.update({"'": r"\'", '"': '"', "\\": r"\\"})


class Number(str):
    """A number as it is written."""


class Source(t.NamedTuple):
    """Where a container stands."""

    text: str
    start: int
    end: int


class Object(t.List[t.Tuple[str, t.Any]]):
    """Names and values in their order, duplicates included."""

    source: Source | None = None


class Array(t.List[t.Any]):
    source: Source | None = None


class _Open(t.NamedTuple):
    """A container that has not ended, and the name that its next value gets."""

    container: t.Any
    start: int
    name: str


def parse(text: str) -> t.Any:
    """None, bool, Number, str (raw, escapes included), Array or Object; ValueError with Go's reason."""
    return _Reader(text).document()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text + " "  # Go ends a text with a blank too
        self._at = 0
        self._open: list[_Open] = []

    def document(self) -> t.Any:
        while True:
            value, complete = self._begin()
            while complete and self._open:
                value, complete = self._go_on(value)
            if complete:
                if self._next():
                    raise self._refused("after top-level value")
                return value

    def _next(self) -> str:
        """The next character that is no blank; none at the end."""
        self._at = _BLANKS.match(self._text, self._at).end()  # type: ignore[union-attr]
        return self._text[self._at : self._at + 1]

    def _refused(self, where: str, at: int | None = None) -> ValueError:
        char = self._text[self._at if at is None else at :][:1]
        return ValueError(f"invalid character {_quoted(char)} {where}" if char else "unexpected end of JSON input")

    def _begin(self) -> tuple[t.Any, bool]:
        """A value that is complete, or a container that has been opened and waits for its next value."""
        char = self._next()
        if not char or char not in "{[":
            return self._scalar(char), True
        if len(self._open) >= MAX_DEPTH:
            raise self._refused("exceeded max depth")
        container = Object() if char == "{" else Array()
        self._open.append(_Open(container, self._at, ""))
        self._at += 1
        if self._next() == ("}" if char == "{" else "]"):
            return self._close(), True
        if char == "{":
            self._name()
        return None, False

    def _go_on(self, value: t.Any) -> tuple[t.Any, bool]:
        """Put the value into its container; gives the container if it is complete now."""
        container, _start, name = self._open[-1]
        is_object = isinstance(container, Object)
        container.append((name, value) if is_object else value)
        char = self._next()
        if char == ",":
            self._at += 1
            if is_object:
                self._name()
            return None, False
        if char != ("}" if is_object else "]"):
            raise self._refused("after object key:value pair" if is_object else "after array element")
        return self._close(), True

    def _close(self) -> t.Any:
        container, start, _name = self._open.pop()
        self._at += 1
        container.source = Source(self._text, start, self._at)
        return container

    def _name(self) -> None:
        if self._next() != '"':
            raise self._refused("looking for beginning of object key string")
        name = self._string()
        if self._next() != ":":
            raise self._refused("after object key")
        self._at += 1
        self._open[-1] = self._open[-1]._replace(name=name)

    def _scalar(self, char: str) -> t.Any:
        if char == '"':
            return self._string()
        if char and char in "-0123456789":
            return self._number()
        for word, value in _WORDS.items():
            if char == word[0]:
                return self._word(word, value)
        raise self._refused("looking for beginning of value")

    def _word(self, word: str, value: t.Any) -> t.Any:
        for place, wanted in enumerate(word):
            if self._text[self._at + place] != wanted:
                raise self._refused(f"in literal {word} (expecting '{wanted}')", self._at + place)
        self._at += len(word)
        return value

    def _string(self) -> str:
        match = _TEXT.match(self._text, self._at)
        if not match:
            raise self._bad_string()
        self._at = match.end()
        return match.group(1)

    def _bad_string(self) -> ValueError:
        at = _TEXT_BEGUN.match(self._text, self._at).end()  # type: ignore[union-attr]
        if self._text[at : at + 1] != "\\":
            return self._refused("in string literal", at)
        if self._text[at + 1 : at + 2] != "u":
            return self._refused("in string escape code", at + 1)
        at = _HEX.match(self._text, at + 2).end()  # type: ignore[union-attr]
        return self._refused("in \\u hexadecimal character escape", at)

    def _number(self) -> Number:
        start = self._at
        self._digits(_INTEGER, "in numeric literal", start + 1)
        if self._text[self._at] == ".":
            self._at += 1
            self._digits(_DIGITS, "after decimal point in numeric literal", self._at)
        if self._text[self._at] in "eE":
            self._at = _SIGN.match(self._text, self._at + 1).end()  # type: ignore[union-attr]
            self._digits(_DIGITS, "in exponent of numeric literal", self._at)
        return Number(self._text[start : self._at])

    def _digits(self, form: t.Pattern[str], where: str, blamed: int) -> None:
        match = form.match(self._text, self._at)
        if not match:
            raise self._refused(where, blamed)
        self._at = match.end()


def _quoted(char: str) -> str:
    """Go reads one byte of the text and quotes it as if it were a character."""
    code = ord(char)
    byte = code & 0xFF if 0xDC80 <= code <= 0xDCFF else char.encode("utf-8", "surrogatepass")[0]
    shown = chr(byte)
    if shown in _NAMED:
        return f"'{_NAMED[shown]}'"
    if byte < 0x20 or byte == 0x7F:
        return f"'\\x{byte:02x}'"
    return f"'\\u{byte:04x}'" if 0x80 <= byte <= 0xA0 or byte == 0xAD else f"'{shown}'"
