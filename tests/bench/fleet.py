# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of the lab for one measurement, and Ansible on them."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import ROOT, BenchError, Sample, run, say

LAB = ROOT / "tests/lab/lab"
COUNTERS = (ROOT / "tests/callback_plugins", ROOT / "tests/bench/callback_plugins")
RECAP = re.compile(r"^(\S+) +: ok=\d+ +changed=(\d+) ", re.MULTILINE)


@dataclass(frozen=True)
class Fleet:
    """`tree` is the checkout whose playbooks are run."""

    inventory: Path
    size: int
    tree: Path = ROOT

    @property
    def content(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.inventory.read_text())["all"]
        return found

    def with_tree(self, tree: Path) -> Fleet:
        return Fleet(self.inventory, self.size, tree)

    def ping(self) -> Sample:
        return run(["ansible", "-i", self.inventory, "-f", self.size, "all", "-m", "ping"], self.tree)

    def playbook(self, playbook: str, env: dict[str, str] | None = None, extra: Sequence[str] = ()) -> Sample:
        return run(["ansible-playbook", "-i", self.inventory, "-f", self.size, playbook, *extra], self.tree, env)

    def converge(self) -> Sample:
        return self.playbook("site.yml")

    def converged(self) -> Sample:
        return self.unchanged("site.yml")

    def verify(self) -> Sample:
        return self.unchanged("playbooks/verify.yml")

    def unchanged(self, playbook: str, env: dict[str, str] | None = None) -> Sample:
        sample = self.playbook(playbook, env)
        changed = {host: int(number) for host, number in RECAP.findall(sample.output)}
        if len(changed) < self.size or any(changed.values()):
            raise BenchError(
                f"{playbook} of {self.tree} on converged hosts reports changed={changed}:\n{sample.output[-4000:]}"
            )
        return sample

    def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """Modules, and tasks executed or skipped, for each host in a converged run."""
        with tempfile.TemporaryDirectory() as folder:
            executions, tasks = Path(folder, "executions.json"), Path(folder, "tasks.json")
            counters = {
                "ANSIBLE_CALLBACK_PLUGINS": ":".join(map(str, COUNTERS)),
                "ANSIBLE_CALLBACKS_ENABLED": "module_executions,task_counts",
                "OVERLAY_EXECUTIONS": str(executions),
                "OVERLAY_TASK_COUNTS": str(tasks),
            }
            self.unchanged("site.yml", counters)
            modules = {
                host: sum(number for what, number in counts.items() if what.startswith("module "))
                for host, counts in json.loads(executions.read_text()).items()
            }
            return modules, {host: sum(counts.values()) for host, counts in json.loads(tasks.read_text()).items()}


@contextmanager
def fleet(name: str, net: str, size: int, tree: Path, *words: str) -> Iterator[Fleet]:
    """Fresh hosts of Debian trixie, the first with etcd; they are gone afterwards, whatever happens. `words`: options of `lab up`."""
    hosts = [f"flannel-{number}=trixie" for number in range(1, size + 1)]
    lab(name, "down")
    say(f"{size} fresh hosts")
    try:
        lab(name, "up", "--net", net, *words, *hosts)
        yield Fleet(Path(lab(name, "inventory").output.strip()), size, tree)
    finally:
        lab(name, "down")


def lab(name: str, *words: str) -> Sample:
    return run([LAB, "--name", name, *words])


@contextmanager
def checkout(commit: str) -> Iterator[Path | None]:
    """The files of a commit in a folder of their own; nothing where this clone does not have the commit."""
    with tempfile.TemporaryDirectory(prefix="overlay-bench-") as folder:
        command = f"git archive {shlex.quote(commit)} | tar -x -C {shlex.quote(folder)}"
        done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], cwd=ROOT, check=False, env=os.environ)
        yield Path(folder) if done.returncode == 0 else None
