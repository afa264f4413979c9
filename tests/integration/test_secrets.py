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
from subjects import PSK
from trial import Trial

# What Python runs at its start: the log of the host becomes a file.
LOGGING = """
import os, syslog
def log(*arguments):
    with open(os.environ["LOG_OF_THE_HOST"], "a") as file:
        file.write(f"{arguments[-1]}\\n")
syslog.syslog = log
"""


def logging_to(log, before=""):
    """Variables by which a Python writes the log of the host into this file."""
    (log.parent / "sitecustomize.py").write_text(LOGGING + before)
    return {"PYTHONPATH": f"{log.parent}{os.pathsep}{COLLECTIONS}", "LOG_OF_THE_HOST": str(log)}


class Watched:
    """One run of a module: its answer, the arguments of all its processes, and what it logged. `before` is run in it, first."""

    def __init__(self, name, params, folder, before=""):
        log = folder / "log"
        variables = logging_to(log, before)
        internal = {"_ansible_diff": True, "_ansible_inject_invocation": True}
        process = start_module(name, {**params, **internal}, variables=variables)
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


# Of characters that Python and JSON write in another way than they are.
ODD = "geheim'\\\"é\n" * 12
NETWORKS = {
    "wireguard": {"Network": "10.5.0.0/16", "Backend": {"Type": "wireguard", "PSK": PSK}},
    "odd": {"Network": "10.5.0.0/16", "Backend": {"Type": "ipsec", "PSK": ODD}},
    "cloud": {"Network": "10.5.0.0/16", "Backend": {"Type": "ali-vpc", "AccessKeySecret": "insgeheim"}},
    "misplaced": {"Network": "10.5.0.0/16", "psk": PSK, "Backend": {"Type": "vxlan"}},
    "text": json.dumps({"Network": "10.5.0.0/16", "Backend": {"Type": "wireguard", "PSK": PSK}}),
    "wrong type": {"Network": "10.5.0.0/16", "Backend": [{"Type": "wireguard", "PSK": PSK}]},
}
OPTIONS = {"network": "config", "lease_info": "network", "migrate": "network", "host_info": "network"}
WITHIN = [("network", network) for network in NETWORKS] + [(name, "odd") for name in OPTIONS if name != "network"]


@pytest.mark.parametrize("more", [{}, {"nonsense": 1}], ids=["its own options", "an unknown option"])
@pytest.mark.parametrize(("name", "network"), WITHIN)
def test_a_key_within_an_option(name, network, more, kinds, tmp_path):
    """No option that Ansible knows to be a secret, and it logs them before the module runs."""
    params = {OPTIONS[name]: NETWORKS[network], **more}
    if name != "host_info":
        params = Trial(name, "v3", kinds).params(**params)
    watched = Watched(name, params, tmp_path)
    assert watched.result["invocation"]["module_args"][OPTIONS[name]]
    assert ("Invoked with" in watched.log) != bool(more)
    assert [secret for secret in (PSK, "geheim") if secret in str(watched)] == []
