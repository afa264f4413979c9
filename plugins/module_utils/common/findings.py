# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A finding: one thing that a check saw, what it expected, and what to do about it."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common import finding_codes

ERROR, WARNING = finding_codes.ERROR, finding_codes.WARNING
SHOWN = 5
# What moves a terminal's cursor, begins a line, or changes the direction of text: C0, DEL, C1, the separators of lines and
# paragraphs, marks of direction; and halves of characters, which no output can write.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclasses.dataclass(frozen=True)
class Finding:
    """`host` is the inventory name, else the public address, else empty. The code gives the severity if the check gives none."""

    code: str
    seen: str
    expected: str
    fix: str
    host: str = ""
    severity: str = ""

    def __post_init__(self) -> None:
        if not self.severity:
            object.__setattr__(self, "severity", finding_codes.severity_of(self.code))

    def to_dict(self) -> dict[str, str]:
        return {name: escaped(text) for name, text in dataclasses.asdict(self).items()}

    def to_text(self) -> str:
        where = self.host + ": " if self.host else ""
        return escaped(f"{where}{self.seen}; expected {self.expected}. Fix: {self.fix} [{self.code}]")


def escaped(text: str) -> str:
    """The text as one line without control characters: keys of etcd and names of a host reach a terminal. Escaping twice is the same as once."""
    return CONTROLS.sub(lambda found: escape(ord(found.group())), text)


def escape(number: int) -> str:
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def listed(things: t.Sequence[object]) -> str:
    """The first ones, and how many more."""
    more = len(things) - SHOWN
    return ", ".join(map(str, things[:SHOWN])) + (f" and {more} more" if more > 0 else "")


def to_dicts(findings: t.Iterable[Finding]) -> list[dict[str, str]]:
    return [finding.to_dict() for finding in findings]


def healthy(findings: t.Iterable[Finding]) -> bool:
    """Warnings do not make a fleet unhealthy."""
    return all(finding.severity != ERROR for finding in findings)
