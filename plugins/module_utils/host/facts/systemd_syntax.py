# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd's own syntax: environment files, command lines and their variables. No I/O."""

from __future__ import annotations

import re
import typing as t

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
BLANK = " \t\r\n"
PREFIXES = "@-:+!|"
ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "s": " "}
BRACED = re.compile(r"\$(?:\$|\{([A-Za-z_][A-Za-z0-9_]*)\})")


def parse_environment_file(text: str) -> dict[str, str]:
    """As systemd.exec(5) describes EnvironmentFile=; lines that are no assignment are left out, as systemd does."""
    values: dict[str, str] = {}
    rest = text
    while rest:
        line, rest = take_line(rest)
        if not line.strip() or line.lstrip()[0] in "#;" or "=" not in line:
            continue
        name, _sign, start = line.partition("=")
        value, rest = take_value(start + rest)
        if NAME.match(name.strip()):
            values[name.strip()] = value
    return values


def take_line(text: str) -> tuple[str, str]:
    line, newline, rest = text.partition("\n")
    return line + newline, rest


def take_value(text: str) -> tuple[str, str]:
    """Read a value that may be quoted in parts, may escape, and ends at the first newline outside of quotes."""
    position = skip_blanks(text, 0)
    value: list[str] = []
    while position < len(text) and text[position] != "\n":
        sign = text[position]
        if sign in "'\"":
            part, position = take_quoted(text, position)
            position = skip_blanks(text, position)
        else:
            part, position = take_plain(text, position)
        value.append(part)
    return "".join(value), text[position + 1 :]


def skip_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r":
        position += 1
    return position


def take_plain(text: str, position: int) -> tuple[str, int]:
    """The rest of the line: a backslash keeps the next sign, or joins the next line; blanks at the end do not count."""
    kept, solid = "", 0
    while position < len(text) and text[position] != "\n":
        if text[position] == "\\":
            position += 1
            kept += "" if text[position : position + 1] == "\n" else text[position : position + 1]
            solid = len(kept)
        else:
            kept += text[position]
            solid = solid if text[position] in BLANK else len(kept)
        position += 1
    return kept[:solid], position


def take_quoted(text: str, position: int) -> tuple[str, int]:
    quote, value = text[position], ""
    position += 1
    while position < len(text) and text[position] != quote:
        if quote == '"' and text[position] == "\\":
            position += 1
            value += unescape_quoted(text[position : position + 1])
        else:
            value += text[position]
        position += 1
    return value, position + 1


def unescape_quoted(sign: str) -> str:
    if sign == "\n":
        return ""
    return sign if sign in '"\\`$' else "\\" + sign


def split_words(line: str) -> list[str] | None:
    """Split a command line as systemd.syntax(7) does; None for what is malformed."""
    words: list[str] = []
    position = skip_blanks(line, 0)
    while position < len(line):
        word, position = take_word(line, position)
        if word is None:
            return None
        words.append(word)
        position = skip_blanks(line, position)
    return words


def take_word(line: str, position: int) -> tuple[str | None, int]:
    word, quote = "", ""
    while position < len(line):
        sign = line[position]
        if quote == "" and sign in BLANK:
            return word, position
        if sign == quote:
            quote = ""
        elif quote == "" and sign in "'\"":
            quote = sign
        elif sign == "\\":
            escaped, position = take_escape(line, position)
            if escaped is None:
                return None, position
            word += escaped
            continue
        else:
            word += sign
        position += 1
    return (None if quote else word), position


def take_escape(line: str, position: int) -> tuple[str | None, int]:
    sign = line[position + 1 : position + 2]
    if sign == "x":
        digits = line[position + 2 : position + 4]
        return (chr(int(digits, 16)) if re.match(r"[0-9a-fA-F]{2}\Z", digits) else None), position + 4
    if sign in ("\\", "'", '"', " "):
        return sign, position + 2
    return ESCAPES.get(sign), position + 2


def command_of(exec_start: str) -> list[str] | None:
    """The words of an ExecStart line; None when they cannot be known from the line alone (specifiers, argv[0], ...)."""
    line = exec_start.lstrip(PREFIXES)
    if "@" in exec_start[: len(exec_start) - len(line)] or "%" in line.replace("%%", ""):
        return None
    words = split_words(line.replace("%%", "%"))
    return None if not words or ";" in words else words


def expand(words: t.Sequence[str], variables: t.Mapping[str, str]) -> list[str] | None:
    """`$NAME` as a word of its own becomes many words, `${NAME}` stays within its word, `$$` is a dollar."""
    argv: list[str] = []
    for word in words:
        if word.startswith("$") and NAME.match(word[1:]):
            parts = split_words(variables.get(word[1:], ""))
            if parts is None:
                return None
            argv += parts
        else:
            argv.append(BRACED.sub(lambda found: variables.get(found.group(1), "") if found.group(1) else "$", word))
    return argv
