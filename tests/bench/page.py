# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time and memory of the report's page for many hosts, from results that are made of the recorded facts of one.

A process of its own makes them, since a peak of memory is that of a process.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time

from measure import ROOT, Report, environment, run, say

HOSTS, SECONDS, MEMORY = 1000, 2.0, 200


def part(options: argparse.Namespace, report: Report) -> None:
    rounds = [child() for _round in range(options.repeat)]
    seconds, memory = (min(one[name] for one in rounds) for name in ("seconds", "memory"))
    detail = f"{rounds[0]['bytes'] / 1e6:.1f} MB of HTML, {rounds[0]['data']} MB of results"
    report.add(f"page of {HOSTS} hosts: seconds of the processor", seconds, SECONDS, detail)
    report.add(f"page of {HOSTS} hosts: peak memory in MB", memory, MEMORY, detail)


def child() -> dict[str, float]:
    paths = f"{ROOT / '.collections'}:{ROOT / 'tests/page'}"
    found: dict[str, float] = json.loads(
        run([sys.executable, __file__], env={**environment(), "PYTHONPATH": paths}).output
    )
    say(f"page: {found}")
    return found


def measure() -> dict[str, float]:
    import fleets

    fleet = fleets.Fleet(HOSTS, wrong=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    page = fleet.page()
    return {
        "seconds": time.process_time() - started,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "data": before // 1024,
        "bytes": len(page.encode()),
    }


if __name__ == "__main__":
    print(json.dumps(measure()))
