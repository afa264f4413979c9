# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Benchmarks: ratios measured side by side, with their targets. docs/performance.md says what they mean."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

import converged
import first
import page
import plans
import upgrade
from measure import ROOT, BenchError, Report, run, say


def leases(_options: argparse.Namespace, report: Report) -> None:
    """Its own limits are in tests/bench/leases.py."""
    run([ROOT / "tests/lab/lab", "prepare"])
    try:
        print(run([sys.executable, ROOT / "tests/bench/leases.py"]).output)
        report.add("lease_info with 10,000 leases: limits that are missed", 0, 0, "see above")
    except BenchError as error:
        print(error)
        report.add("lease_info with 10,000 leases: limits that are missed", 1, 0, "see above")


PARTS = {
    "converged": converged.part,
    "first": first.part,
    "upgrade": upgrade.part,
    "plans": plans.part,
    "page": page.part,
    "leases": leases,
}


def sizes(text: str) -> list[int]:
    found = sorted({int(word) for word in text.split(",")})
    if set(found) - set(converged.LIMITS):
        raise argparse.ArgumentTypeError(f"there are targets for {' and '.join(map(str, converged.LIMITS))} hosts")
    return found


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/run/bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; default: all")
    parser.add_argument("--repeat", type=int, default=5, help="measured rounds of each comparison")
    parser.add_argument(
        "--hosts", type=sizes, default="3,12", help="sizes of the fleets that are converged, default: 3,12"
    )
    parser.add_argument("--first-repeat", type=int, default=2, help="measured rounds of the first converge")
    parser.add_argument("--upgrade-repeat", type=int, default=2, help="measured rounds of the upgrade of etcd")
    parser.add_argument("--base", default="384c26c", help="the commit that a further host is compared with")
    parser.add_argument("--base-repeat", type=int, default=2, help="measured rounds of that commit, 0: leave it out")
    parser.add_argument(
        "--tree", type=Path, default=ROOT, help="a checkout whose playbooks are measured, default: this one"
    )
    parser.add_argument(
        "--name",
        default=os.environ.get("OVERLAY_BENCH_NAME", "bench"),
        help="the lab's name; what is there under it is ended first",
    )
    parser.add_argument(
        "--net", default=os.environ.get("OVERLAY_BENCH_NET", "172.72.24"), help="the first three octets of its hosts"
    )
    found = parser.parse_args()
    unknown = set(found.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part: {' '.join(sorted(unknown))}; there are: {' '.join(PARTS)}")
    found.tree = found.tree.resolve()
    return found


def end(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    wanted, report, failed = options(), Report(), []
    signal.signal(signal.SIGTERM, end)
    signal.signal(
        signal.SIGINT, end
    )  # a shell may have started this with interrupts ignored; what it starts would ignore them, too
    try:
        for name in wanted.parts or PARTS:
            try:
                PARTS[name](wanted, report)
            except BenchError as error:
                say(f"part {name}: {error}")
                failed.append(name)
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    report.show()
    if failed:
        print(f"not measured to the end: {' '.join(failed)}")
    return 0 if report.good and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
