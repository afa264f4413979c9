# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock that keeps two runs from changing one fleet at once: two lines in a file on one host. No I/O.

The first line is the uptime in seconds at which it expires, the second one the run that holds it: "CONTROLLER, process NUMBER of tick START, since TIME".
"""

from __future__ import annotations

import dataclasses
import typing as t

LOCK = "/run/overlay-site.lock"
SINCE = ", since "


@dataclasses.dataclass(frozen=True)
class Lock:
    expires: int
    holder: str

    @property
    def text(self) -> str:
        return f"{self.expires}\n{self.holder}\n"


def parsed(text: str) -> t.Optional[Lock]:
    """None for what is no lock."""
    lines = text.splitlines()
    if len(lines) < 2 or not lines[0].isdigit() or not lines[1].strip():
        return None
    return Lock(int(lines[0]), lines[1].strip())


def is_same_run(one: str, other: str) -> bool:
    return one.split(SINCE)[0] == other.split(SINCE)[0]


def in_the_way(found: t.Optional[Lock], holder: str, replaces: str, uptime: int) -> t.Optional[Lock]:
    """The lock of another run, unless it has expired, or is the one of a run that has `ended`."""
    if found is None or found.expires <= uptime or is_same_run(found.holder, holder) or found.holder == replaces:
        return None
    return found


def is_held(found: t.Optional[Lock], holder: str) -> bool:
    return found is not None and is_same_run(found.holder, holder)
