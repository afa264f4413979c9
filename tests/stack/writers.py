# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What uses the overlay while it is changed: a client of etcd on every member, and pings between two hosts' docker0."""

from __future__ import annotations

import dataclasses
import re
import time
from pathlib import Path
from types import TracebackType

from fleet import Fleet

from playbooks import ROOT

PROGRAM = Path(__file__).with_name("write-on")
NOTES = ROOT / ".build/writers.log"
STOP, LOG, PINGS = "/run/write-on.stop", "/run/write-on.log", "/run/pings.log"


@dataclasses.dataclass
class Count:
    """What came of the operations of one client; `longest` in milliseconds."""

    done: int
    failed: int
    longest: int


class Writers:
    """They begin on entry; after the exit `counts` and `lost_pings` say what came of it."""

    def __init__(self, fleet: Fleet, limit: int, what: str) -> None:
        """`limit`: milliseconds after which a write that is not done has failed. `what` is going on meanwhile."""
        self.what = what
        self.fleet = fleet
        self.limit = limit
        self.counts: dict[str, Count] = {}
        self.lost_pings = -1

    def __enter__(self) -> Writers:
        endpoints = ",".join(f"{self.fleet.address(name)}:2379" for name in self.fleet.members)
        for name in self.fleet.members:
            host = self.fleet[name]
            host.run(f"rm -f {STOP} {LOG}; cat >/run/write-on <<'END'\n{PROGRAM.read_text()}\nEND")
            host.check_output(
                f"systemd-run --unit write-on --collect sh /run/write-on {name} {endpoints} {STOP} {LOG} {self.limit}"
            )
        first, last = self.fleet.names[0], self.fleet.names[-1]
        target = self.fleet.subnet(last).partition("/")[0]
        self.fleet[first].check_output(f"systemd-run --unit pings --collect sh -c 'ping -i 0.2 {target} >{PINGS}'")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in self.fleet.members:
            self.fleet[name].run(f"touch {STOP}")
        self.fleet[self.fleet.names[0]].run("systemctl kill --signal INT pings")
        time.sleep(5 + self.limit / 1000)  # longer than one write
        for name in self.fleet.members:
            text = self.fleet[name].run(f"cat {LOG}").stdout
            print(f"{name}: {text}")
            self.counts[name] = Count(
                *(int(found) for found in re.findall(r"^(\d+) (\d+) (\d+)$", text, re.MULTILINE)[0])
            )
        said = self.fleet[self.fleet.names[0]].run(f"tail -n 3 {PINGS}").stdout
        sent, received = map(int, re.search(r"(\d+) packets transmitted, (\d+) received", said).groups())
        self.lost_pings = sent - received
        self.note(sent)

    def note(self, pings: int) -> None:
        """For the end of the run: what it has cost."""
        done, failed = (sum(getattr(count, name) for count in self.counts.values()) for name in ("done", "failed"))
        longest = max(count.longest for count in self.counts.values())
        NOTES.parent.mkdir(exist_ok=True)
        with NOTES.open("a") as notes:
            print(
                f"{self.what}: {done} writes, {failed} failed, the longest {longest} ms; {self.lost_pings} of {pings} pings lost",
                file=notes,
            )
