# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of each cell, as a table."""

from __future__ import annotations

import dataclasses

from cells import Refused, Works
from fleet import Fleet

HEAD = "| flannel | etcd | docker | expected | result | seconds |\n|---|---|---|---|---|---|\n"


@dataclasses.dataclass
class Result:
    """Of one cell; nothing is ok before it has been seen."""

    cell: Works | Refused
    outcome: str = "**FAILED**: did not come to its end"
    step: str = ""
    seconds: float = 0
    seen: dict[str, str] = dataclasses.field(default_factory=dict)
    fleet: Fleet | None = None

    def line(self) -> str:
        works = isinstance(self.cell, Works)
        etcd = self.seen.get("etcd", self.cell.etcd)
        etcd += f" by {self.cell.api}" if works else " of somebody else" if self.cell.foreign else ""
        etcd += self.cell.special if works else ""
        cells = [self.seen.get("flannel", self.cell.flannel), etcd, self.seen.get("docker", "")]
        cells += ["works" if works else "is refused", self.outcome, f"{self.seconds:.0f}" if self.seconds else ""]
        return f"| {' | '.join(cells)} |\n"


def table(results: list[Result]) -> str:
    """All cells, and how many of them are what."""
    counts = [sum(one.outcome.startswith(word) for one in results) for word in ("ok", "not run", "**FAILED")]
    ok, not_run, failed = counts
    summary = f"\n{ok} ok, {failed} failed, {not_run} not run, {sum(one.seconds for one in results):.0f} s\n"
    return HEAD + "".join(one.line() for one in results) + summary
