# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives come to the controller once for all hosts that need the same. On paper: no host is touched."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import tarfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RECAP = re.compile(r"^(\S+)\s+: .*\bfailed=(\d+)", re.MULTILINE)
PROGRAMS = {"flannel": ["flanneld", "mk-docker-opts.sh"], "etcd": ["etcd", "etcdctl", "etcdutl"]}
# The play's first host runs neither etcd nor flannel.
NAMES = ["bare", "one", "two", "other"]


class Run:
    def __init__(self, done, executions):
        self.words = " ".join((done.stdout + done.stderr).split())
        self.failed = {host for host, number in RECAP.findall(done.stdout) if int(number)}
        self.hosts = {host for host, _number in RECAP.findall(done.stdout)}
        counts = json.loads(executions.read_text())
        self.downloads = {
            host: what["module ansible.builtin.get_url"]
            for host, what in counts.items()
            if "module ansible.builtin.get_url" in what
        }

    def told(self, host, words):
        """What a message about this host says, from these words on to its end."""
        return (self.words.split(f"{host}: {words}", 1) + [""])[1].partition(" Fix: ")[0]


@pytest.fixture
def archive(tmp_path):
    """An archive of a component, in the folder that etcd's have, and the variables that name it."""

    def make(component, text="", without=""):
        path = tmp_path / f"{component}{text}.tar.gz"
        with tarfile.open(path, "w:gz") as tar:
            for name in PROGRAMS[component]:
                (tmp_path / name).write_text(text)
                if name != without:
                    tar.add(tmp_path / name, f"v3/{name}" if component == "etcd" else name)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return {f"{component}_archive_url": f"file://{path}", f"{component}_archive_checksum": f"sha256:{digest}"}

    return make


@pytest.fixture
def fetch(tmp_path):
    """Run the preflights of one component; `own` are the variables of single hosts, and may add some."""

    def run(component, shared, *words, own=None, **variables):
        hosts = {**dict.fromkeys(NAMES, {}), **(own or {})}
        for number, name in enumerate(hosts, 11):
            hosts[name] = {"ansible_host": f"192.0.2.{number}", **shared, **hosts[name]}
        groups = {name: {"hosts": dict.fromkeys(list(hosts)[1:] if name == component else [])} for name in PROGRAMS}
        settings = {
            "ansible_connection": "local",
            "overlay_etcd_endpoints": ["http://192.0.2.12:2379"],
            f"{component}_install_method": "archive",
            f"{component}_cache_dir": str(tmp_path / "cache"),
        }
        inventory = {"all": {"hosts": hosts, "vars": settings, "children": groups}}
        (tmp_path / "hosts.json").write_text(json.dumps(inventory))
        command = ["ansible-playbook", "-i", str(tmp_path / "hosts.json"), str(HERE / "playbooks/fetch.yml"), *words]
        environment = {
            **os.environ,
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "tests/callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "module_executions",
            "OVERLAY_EXECUTIONS": str(tmp_path / "executions.json"),
        }
        command += ["--extra-vars", json.dumps(variables)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        print(done.stdout, done.stderr)
        return Run(done, tmp_path / "executions.json")

    return run


def programs(tmp_path, component):
    return sorted(path.name for path in (tmp_path / "cache").glob(f"{component}-*/*"))


def test_one_host_fetches_for_all(fetch, archive, tmp_path):
    """In a dry run as well: only the controller's cache changes."""
    run = fetch("etcd", archive("etcd"), "--check")
    assert run.hosts == set(NAMES) and run.failed == set()
    assert sum(run.downloads.values()) == 1
    assert programs(tmp_path, "etcd") == PROGRAMS["etcd"]


def test_each_archive_is_fetched_once_whatever_the_batches(fetch, archive, tmp_path):
    run = fetch("flannel", archive("flannel"), own={"other": archive("flannel", "other")}, batch=2)
    assert run.hosts == set(NAMES) and run.failed == set()
    assert run.downloads == {"one": 1, "other": 1}
    assert programs(tmp_path, "flannel") == sorted(2 * PROGRAMS["flannel"])


def test_those_fail_whose_archive_is_of_no_use_and_are_told_why(fetch, archive, tmp_path):
    gone = {**archive("flannel", "gone"), "flannel_archive_url": f"file://{tmp_path}/gone"}
    half = archive("flannel", "half", without="mk-docker-opts.sh")
    run = fetch("flannel", gone, own={"other": half, "good": archive("flannel", "good")})
    assert "good" in run.hosts and run.failed == set(NAMES[1:])
    assert sum(run.downloads.values()) == 3
    told = {name: run.told(name, f"flannel_archive_url = {gone['flannel_archive_url']} (") for name in ("one", "two")}
    [fetcher] = set(run.downloads) - {"other", "good"}
    assert {name: f"(fetched for {fetcher})." in words for name, words in told.items() if words} == {
        name: name != fetcher for name in told
    }
    assert "has no mk-docker-opts.sh." in run.told("other", f"flannel_archive_url = {half['flannel_archive_url']} (")
