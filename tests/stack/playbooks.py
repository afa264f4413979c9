# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the project's playbooks as a user does, and count what they execute."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any, Callable, Mapping

import pytest
from fleet import PATIENCE, wait_for

AT_ONCE = 3 if PATIENCE == 1 else 1  # runs that only look; slow hosts have enough to do with one
ROOT = Path(__file__).resolve().parents[2]
RECAP = re.compile(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)
Change = Callable[[dict[str, Any]], None]


def etcd_on(*members: str, **others: str) -> Change:
    """Other hosts in group etcd: those of the fleet, and others at the address that is given."""

    def change(hosts: dict[str, Any]) -> None:
        hosts["hosts"].update({name: {"ansible_host": address} for name, address in others.items()})
        hosts["children"]["etcd"]["hosts"] = dict.fromkeys([*others, *members])

    return change


def chosen(request: pytest.FixtureRequest) -> list[str]:
    """Give the cases of this module's tests that are to be run, as far as they take the fixture `runs`."""
    items = [item for item in request.session.items if item.path == request.path]
    return [item.callspec.params["case"] for item in items if "runs" in getattr(item, "fixturenames", ())]


@dataclasses.dataclass(frozen=True)
class Run:
    """What a run of ansible-playbook said and did."""

    rc: int
    output: str
    executions: Mapping[str, Mapping[str, int]]

    @property
    def changed(self) -> dict[str, int]:
        """Changed tasks of each host, from the recap."""
        return {host: int(changed) for host, changed, _unreachable, _failed in RECAP.findall(self.output)}

    @property
    def modules(self) -> dict[str, list[str]]:
        """Names of the executed modules of each host, one for each execution."""
        return {
            host: [what[7:] for what, number in counts.items() if what.startswith("module ") for _ in range(number)]
            for host, counts in self.executions.items()
        }


def kill_tree(pid: int) -> None:
    """Kill a process and all its descendants: Ansible's workers have sessions of their own since 2.21."""
    found = [pid]
    for parent in found:  # grows while it is read; a stopped parent makes no more children
        send(parent, signal.SIGSTOP)
        found += children(parent)
    for one in found:
        send(one, signal.SIGKILL)


def send(pid: int, number: int) -> None:
    """Send a signal to a process that may have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def children(pid: int) -> list[int]:
    """Read the children of all threads of a process."""
    paths = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in paths for child in path.read_text().split()]


def programs_of(core: str) -> str:
    """Give the folder of that release's programs, with a slash; empty for the one that runs the tests."""
    if core == "newest":
        return ""
    done = subprocess.run(["tests/run/core", core], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 3:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    return f"{done.stdout.strip()}/bin/"


class Playbooks:
    """Runs with the fleet's inventory, from the root of the project."""

    def __init__(self, inventory: Path, folder: Path) -> None:
        self.inventory = inventory
        self.folder = folder
        self.numbers = itertools.count(1)

    def changed(self, change: Change) -> Playbooks:
        """Give the playbooks with an inventory of which something was changed below `all`."""
        folder = self.folder / f"changed-{next(self.numbers)}"
        folder.mkdir()
        content = json.loads(self.inventory.read_text())
        # The certificates are beside the inventory, unless it says where else.
        content["all"].setdefault("vars", {}).setdefault("overlay_pki_dir", str(self.inventory.parent / "pki"))
        change(content["all"])
        (folder / "inventory.json").write_text(json.dumps(content))
        return Playbooks(folder / "inventory.json", folder)

    def command(self, playbook: str, *args: str, variables: Mapping[str, Any] | None = None) -> list[str]:
        """Give the command line."""
        extra = ["--extra-vars", json.dumps(variables)] if variables else []
        return ["ansible-playbook", "--inventory", str(self.inventory), playbook, *extra, *args]

    def environment(self, executions: Path) -> dict[str, str]:
        """Give the environment in which executions are counted."""
        return dict(
            os.environ,
            ANSIBLE_NOCOLOR="1",
            ANSIBLE_FORCE_COLOR="0",
            ANSIBLE_CALLBACK_PLUGINS=str(ROOT / "tests/callback_plugins"),
            ANSIBLE_CALLBACKS_ENABLED="module_executions",
            OVERLAY_EXECUTIONS=str(executions),
        )

    def run(self, playbook: str, *args: str, variables: Mapping[str, Any] | None = None) -> Run:
        """Run a playbook to its end, whatever that is."""
        run = self.unheard(playbook, *args, variables=variables)
        print(run.output)
        return run

    def unheard(
        self, playbook: str, *args: str, variables: Mapping[str, Any] | None = None, core: str = "newest"
    ) -> Run:
        """Run a playbook with this release of ansible-core and print nothing: several may run at once."""
        executions = self.folder / f"{next(self.numbers)}.json"
        done = subprocess.run(
            [programs_of(core) + "ansible-playbook", *self.command(playbook, *args, variables=variables)[1:]],
            cwd=ROOT,
            env=self.environment(executions),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900 * PATIENCE,
            check=False,
        )
        return Run(done.returncode, done.stdout, json.loads(executions.read_text()) if executions.exists() else {})

    def site(self, *args: str, variables: Mapping[str, Any] | None = None) -> Run:
        """Run site.yml."""
        return self.run("site.yml", *args, variables=variables)

    def verify(self, **variables: Any) -> Run:
        """Run playbooks/verify.yml."""
        return self.run("playbooks/verify.yml", variables=variables)

    def verify_until_healthy(self, **variables: Any) -> None:
        """Run playbooks/verify.yml again until it finds nothing.

        Flannel before 0.9 keeps the MAC of a host from before its reboot until the kernel asks again: seconds after the first packet.
        """
        wait_for(lambda: self.verify(**variables).rc, lambda rc: rc == 0, 180, "the overlay is healthy")

    def killed_site(self, task: str, *args: str, variables: Mapping[str, Any]) -> None:
        """Start site.yml and kill it, with all its workers, when the task begins."""
        self.killed("site.yml", task, *args, variables=variables)

    def killed(self, playbook: str, task: str, *args: str, variables: Mapping[str, Any], times: int = 1) -> None:
        """The same with any playbook; `times`: when the task begins for the second time, and so on."""
        process = subprocess.Popen(
            self.command(playbook, *args, variables=variables),
            cwd=ROOT,
            env={**self.environment(self.folder / "killed.json"), "TMPDIR": str(self.folder)},  # nobody tidies up
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        lines = []
        for line in process.stdout:
            lines.append(line)
            times -= line.startswith("TASK [") and task in line
            if not times:
                break
        seen = process.poll() is None
        if seen:
            kill_tree(process.pid)
        process.wait()
        assert seen and task in lines[-1], f"the run never came to the task {task!r}:\n{''.join(lines)}"
