# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a command and what it took; ratios and their targets."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STARTED = time.monotonic()


class BenchError(Exception):
    """Why something could not be measured; its text is all that is printed."""


def say(text: str) -> None:
    print(f"[{time.monotonic() - STARTED:5.0f} s] {text}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Sample:
    """`cpu` is user and system time of the process and of all descendants that were waited for: Ansible's workers, and their ssh."""

    wall: float
    cpu: float
    output: str = ""


def run(command: Sequence[object], cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> Sample:
    """Run a command to its end; what it has started ends with it when this is interrupted."""
    words = [str(word) for word in command]
    started = time.monotonic()
    process = subprocess.Popen(
        words,
        cwd=cwd,
        env={**environment(), **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    try:
        output = process.stdout.read()
        _pid, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        stop(process)
        raise
    took = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise BenchError(f"{' '.join(words)}\nended with {process.returncode}:\n{output[-4000:]}")
    return Sample(took, usage.ru_utime + usage.ru_stime, output)


def stop(process: subprocess.Popen[str]) -> None:
    """An interrupt, since Ansible ends its workers then; they are in process groups of their own."""
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        os.killpg(process.pid, ending)
        try:
            process.wait(20)
            return
        except subprocess.TimeoutExpired:
            continue


def environment() -> dict[str, str]:
    """As users have it: Ansible compiles itself once, and nothing of a CI colours its output."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0"}


def alternating(works: Mapping[str, Callable[[], Sample]], repeat: int) -> dict[str, list[Sample]]:
    """Each work so many times, one after the other, so that other load of the machine hits all of them; before that, all once without measuring."""
    for work in works.values():
        work()
    samples: dict[str, list[Sample]] = {name: [] for name in works}
    for number in range(repeat):
        for name, work in works.items():
            samples[name].append(work())
        taken = ", ".join(f"{name} {rows[-1].wall:.1f} s (cpu {rows[-1].cpu:.1f} s)" for name, rows in samples.items())
        say(f"round {number + 1} of {repeat}: {taken}")
    return samples


def wall(samples: Sequence[Sample]) -> float:
    return statistics.median(sample.wall for sample in samples)


def cpu(samples: Sequence[Sample]) -> float:
    return statistics.median(sample.cpu for sample in samples)


@dataclass(frozen=True)
class Row:
    """One line of the table; a value of None was not measured, and counts as missed."""

    what: str
    value: float | None
    target: float
    detail: str

    @property
    def good(self) -> bool:
        return self.value is not None and self.value <= self.target


@dataclass
class Report:
    rows: list[Row] = field(default_factory=list)

    def add(self, what: str, value: float | None, target: float, detail: str) -> None:
        self.rows.append(Row(what, value, target, detail))

    def show(self) -> None:
        """As Markdown, so that it can be copied into docs/performance.md."""
        cells = [["what", "measured", "target", "verdict", "absolute"]]
        for row in self.rows:
            value = "-" if row.value is None else f"{row.value:.2f}"
            cells.append([row.what, value, f"<= {row.target:g}", "met" if row.good else "MISSED", row.detail])
        widths = [max(len(line[column]) for line in cells) for column in range(5)]
        lines = ["| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) + " |" for line in cells]
        print(
            "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]), flush=True
        )

    @property
    def good(self) -> bool:
        return all(row.good for row in self.rows)
