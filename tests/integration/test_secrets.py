# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret in arguments of any process, results, diffs, errors, the log of the host, or what ansible-playbook prints."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
import yaml
from etcd_kinds import USER
from modules import COLLECTIONS, answer_of, run_ansible, start_module

# What Python runs at its start: the log of the host becomes a file.
LOGGING = """
import os, syslog
def log(*arguments):
    with open(os.environ["LOG_OF_THE_HOST"], "a") as file:
        file.write(f"{arguments[-1]}\\n")
syslog.syslog = log
"""


class Watched:
    """One run of a module: its answer, the arguments of all its processes, and what it logged."""

    def __init__(self, name, params, folder):
        (folder / "sitecustomize.py").write_text(LOGGING)
        log = folder / "log"
        variables = {"PYTHONPATH": f"{folder}{os.pathsep}{COLLECTIONS}", "LOG_OF_THE_HOST": str(log)}
        process = start_module(name, {**params, "_ansible_diff": True}, variables=variables)
        self.arguments = set()
        while process.poll() is None:
            self.arguments |= {arguments_of(pid) for pid in family(process.pid)}
            time.sleep(0.01)
        self.result = answer_of(process)
        self.log = log.read_text() if log.exists() else ""  # not where an option is unknown

    def __str__(self):
        return "\n".join([*self.arguments, json.dumps(self.result, ensure_ascii=False), self.log])


def family(pid):
    """The process and all that it has started."""
    found = [pid]
    for parent in found:
        try:
            found += [
                int(child)
                for task in Path(f"/proc/{parent}/task").iterdir()
                for child in (task / "children").read_text().split()
            ]
        except OSError:
            continue
    return found


def arguments_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


@pytest.fixture
def slow_etcdctl(trial, tmp_path):
    """The real one, but it lives long enough to be seen."""
    path = tmp_path / "etcdctl"
    path.write_text(f'#!/bin/sh\nsleep 0.1\nexec {trial.place.etcd.etcdctl_path} "$@"\n')
    path.chmod(0o755)
    return str(path)


def secrets(trial):
    key = Path(trial.kinds.client[1]).read_text().splitlines()[1]
    return {key, USER["password"], IN_URL, *trial.subject.secrets.values()}


def shown(trial, text):
    return [secret for secret in secrets(trial) if secret in text]


@pytest.mark.parametrize("kind", ["users", "tls"])
def test_a_module_that_works(trial, kind, slow_etcdctl, tmp_path):
    trial.use(kind)
    params = trial.params(etcdctl=slow_etcdctl, **trial.subject.secrets)
    watched = Watched(trial.name, params, tmp_path)
    assert not watched.result.get("failed"), watched.result
    assert "Invoked with" in watched.log
    assert any("etcdctl" in line for line in watched.arguments) == (trial.api == "v3")
    assert shown(trial, str(watched)) == []


IN_URL = "insgeheim"
FAILURES = {
    "nobody": {"endpoints": ["http://127.0.0.1:1"]},
    "bad option": {"timeout": 0},
    "unknown option": {"nonsense": 1},
    "endpoint": {"endpoints": [f"http://user:{IN_URL}@192.0.2.1:2379"]},
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_module_that_fails(trial, failure, tmp_path):
    trial.use("users")
    watched = Watched(trial.name, trial.params(**trial.subject.secrets, **FAILURES[failure]), tmp_path)
    assert watched.result["failed"]
    assert shown(trial, str(watched)) == []


@pytest.mark.usefixtures("only_v3")
def test_an_etcdctl_that_tells_what_it_was_told(trial, tmp_path):
    trial.use("users")
    path = tmp_path / "etcdctl"
    path.write_text(
        '#!/bin/sh\n[ -n "$ETCDCTL_USER" ] || exit 0\ncat >&2\necho "Error: $ETCDCTL_USER" | tee /dev/stderr\nexit 1\n'
    )
    path.chmod(0o755)
    watched = Watched(trial.name, trial.params(**trial.subject.secrets, etcdctl=str(path)), tmp_path)
    assert watched.result["failed"]
    assert shown(trial, str(watched)) == []


def test_what_ansible_playbook_prints(trial, tmp_path):
    """The secrets come from a file of variables: Ansible itself shows the lines of a playbook that fail."""
    trial.use("users")
    held = {**trial.subject.secrets, "password": USER["password"]}
    (tmp_path / "secrets.yml").write_text(yaml.safe_dump({f"secret_{name}": value for name, value in held.items()}))
    params = {**trial.params(), **{name: f"{{{{ secret_{name} }}}}" for name in held}}
    works = {f"overlay.flannel.{trial.name}": params}
    fails = {f"overlay.flannel.{trial.name}": {**params, "endpoints": ["http://127.0.0.1:1"]}, "ignore_errors": True}
    play = {"hosts": "all", "gather_facts": False, "vars_files": ["secrets.yml"], "tasks": [works, fails]}
    playbook = tmp_path / "play.yml"
    playbook.write_text(yaml.safe_dump([play]))
    invocation = {"ANSIBLE_INJECT_INVOCATION": "1"}
    done = run_ansible("ansible-playbook", "-vvv", "--diff", str(playbook), environ=invocation)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "module_args" in done.stdout
    assert "ignored=1" in done.stdout
    assert shown(trial, done.stdout + done.stderr) == []
