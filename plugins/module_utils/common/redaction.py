# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hide secrets in texts of others: lines of journals, arguments of processes, unit files, environment files. No I/O.

Where the end of a secret is not certain, the rest of the line is hidden. Programs on hosts without Python do the same with sed:
tests/unit/plugins/module_utils/common/test_common_redaction.py has one table of cases for both, and compares the rules.
"""

from __future__ import annotations

import base64
import re
import typing as t

HIDDEN = "***"
# The rules are regular expressions for `sed -E`, too: no look-around, no lazy repetition, and alternatives of which the first is the longest.
NAME = "[a-z0-9_.-]{0,64}(password|passwd|passphrase|secret|psk|(access|api|session)[_-]?token)[a-z0-9_-]{0,64}"
START = """(^|[^a-z0-9_."'-])"""  # what stands before a name
RULES: t.Sequence[t.Tuple[str, str]] = (
    # Headers of HTTP, and tokens in them
    (r"""(authorization["']*[ \t]*[:=]).*""", r"\1 ***"),
    (r"""(bearer[ \t]+)[^ \t"']+""", r"\1***"),
    # A user with or without a password in a URL
    (r"""(://)[^/ \t"']*@""", r"\1***@"),
    # etcdctl's and curl's user
    (r"(etcdctl_user=)[^ \t]+", r"\1***"),
    (r"(--user[= \t]+)[^ \t:]*:[^ \t]+", r"\1***"),
    (r"([ \t]-u[ \t]+)[^ \t:]*:[^ \t]+", r"\1***"),
    # JSON, also within a string of JSON
    (rf"""(\\"{NAME}\\"[ \t]*:).*""", r"\1 ***"),
    (rf"""("{NAME}"[ \t]*:[ \t]*)"([^"\\]|\\.)*"?""", r'\1"***"'),
    (rf"""("{NAME}"[ \t]*:[ \t]*)[^"{{[ \t][^,}} \t]*""", r"\1***"),
    # NAME=value, "NAME=value" and NAME="value"
    (rf""""({NAME}=)([^"\\]|\\.)*"?""", r'"\1***"'),
    (rf"""'({NAME}=)[^']*'?""", r"'\1***'"),
    (rf"""{START}({NAME}=)"([^"\\]|\\.)*"?[^ \t]*""", r'\1\2"***"'),
    (rf"""{START}({NAME}=)'[^']*'?[^ \t]*""", r"\1\2'***'"),
    (rf"""{START}({NAME}=)[^ \t"'][^ \t]*""", r"\1\2***"),
    # --name value
    (rf"""(^|[ \t"'=])(--?{NAME})[ \t]+("[^"]*"?[^ \t]*|'[^']*'?[^ \t]*|[^ \t]+)""", r"\1\2 ***"),
    # name: value, as YAML and the structures that Go prints have it
    (rf"{START}({NAME}:).*", r"\1\2***"),
)
KEY_BEGINS, KEY_ENDS = "-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----", "-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----"

_RULES = [(re.compile(pattern, re.IGNORECASE), replacement) for pattern, replacement in RULES]
_KEY_BEGINS, _KEY_ENDS = re.compile(f"{KEY_BEGINS}.*"), re.compile(KEY_ENDS)
_OPTION, _NAME = re.compile(f"--?{NAME}", re.IGNORECASE), re.compile(NAME, re.IGNORECASE)


def redact(text: str) -> str:
    """The same text with `***` in the place of what looks like a secret."""
    lines: list[str] = []
    in_key = False
    for line in text.split("\n"):
        if in_key:
            in_key = not _KEY_ENDS.search(line)
        elif _KEY_BEGINS.search(line):
            in_key = not _KEY_ENDS.search(line)
            lines.append(redact_line(_KEY_BEGINS.sub("(a private key)", line)))
        else:
            lines.append(redact_line(line))
    return "\n".join(lines)


def redact_line(line: str) -> str:
    for pattern, replacement in _RULES:
        line = pattern.sub(replacement, line)
    return line


def redact_arguments(argv: t.Sequence[str]) -> list[str]:
    """The same for arguments, where the value of an option may be an argument of its own."""
    shown: list[str] = []
    hide_next = False
    for argument in argv:
        shown.append(HIDDEN if hide_next else redact_argument(argument))
        hide_next = not hide_next and bool(_OPTION.fullmatch(argument))
    return shown


def redact_argument(argument: str) -> str:
    """A value may have blanks here: nothing of it is left over."""
    name, sign, _value = argument.partition("=")
    return f"{name}={HIDDEN}" if sign and _NAME.fullmatch(name) else redact(argument)


def redact_known(text: str, secrets: t.Iterable[str]) -> str:
    """Also secrets that are known, wherever they stand, and as base64; shorter ones would blank out half of the text."""
    for secret in secrets:
        if len(secret) > 3:
            encoded = base64.b64encode(secret.encode("utf-8", "surrogateescape")).decode("ascii")
            text = text.replace(secret, HIDDEN).replace(encoded, HIDDEN)
    return redact(text)
