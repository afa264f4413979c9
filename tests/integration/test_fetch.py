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
from paper import paper

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RECAP = re.compile(r"^(\S+)\s+: .*\bfailed=(\d+)", re.MULTILINE)
PROGRAMS = {"flannel": ["flanneld", "mk-docker-opts.sh"], "etcd": ["etcd", "etcdctl", "etcdutl"]}
# The play's first host runs neither etcd nor flannel.
NAMES = ["bare", "one", "two", "other"]
METADATA = "https://api.github.com/repos/flannel-io/flannel/releases/tags/v0.28.10"
RELEASE = "https://github.com/flannel-io/flannel/releases/download/v0.28.10/flannel-v0.28.10-linux-amd64.tar.gz"


class Run:
    def __init__(self, done, executions):
        self.rc = done.returncode
        self.words = " ".join((done.stdout + done.stderr).split())
        self.failed = {host for host, number in RECAP.findall(done.stdout) if int(number)}
        self.hosts = {host for host, _number in RECAP.findall(done.stdout)}
        counts = json.loads(executions.read_text())
        self.modules = {host: what for host, what in counts.items() if what}
        self.downloads = {
            host: what["module ansible.builtin.get_url"]
            for host, what in counts.items()
            if "module ansible.builtin.get_url" in what
        }

    def told(self, host, words):
        """What a message about this host says, from these words on to its end."""
        return (self.words.split(f"{host}: {words}", 1) + [""])[1].partition(" Fix: ")[0]


@pytest.fixture
def pack(tmp_path):
    """Write an archive of a component, in the folder that etcd's have."""

    def write(component, path, text="", without=""):
        with tarfile.open(path, "w:gz") as tar:
            for name in PROGRAMS[component]:
                (tmp_path / name).write_text(text)
                if name != without:
                    tar.add(tmp_path / name, f"v3/{name}" if component == "etcd" else name)
        return hashlib.sha256(path.read_bytes()).hexdigest()

    return write


@pytest.fixture
def archive(tmp_path, pack):
    """An archive of a component, and the variables that name it."""

    def make(component, text="", without=""):
        path = tmp_path / f"{component}{text}.tar.gz"
        digest = pack(component, path, text, without)
        return {f"{component}_archive_url": f"file://{path}", f"{component}_archive_checksum": f"sha256:{digest}"}

    return make


@pytest.fixture
def play(tmp_path):
    """Run a playbook with these hosts."""

    def run(playbook, hosts, settings, groups, *words, **variables):
        inventory = {"all": {"hosts": hosts, "vars": settings, "children": groups}}
        (tmp_path / "hosts.json").write_text(json.dumps(inventory))
        command = ["ansible-playbook", "-i", str(tmp_path / "hosts.json"), str(HERE / "playbooks" / playbook), *words]
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


@pytest.fixture
def fetch(tmp_path, play):
    """Run the preflights of one component; `own` are the variables of single hosts, and may add some."""

    def run(component, shared, *words, own=None, **variables):
        hosts = {**dict.fromkeys(NAMES, {}), **(own or {})}
        for number, name in enumerate(hosts, 11):
            address = f"192.0.2.{number}"
            facts = {f"{component}_host_info": paper(address, component)}
            hosts[name] = {"ansible_host": address, **facts, **shared, **hosts[name]}
        groups = {name: {"hosts": dict.fromkeys(list(hosts)[1:] if name == component else [])} for name in PROGRAMS}
        settings = {
            "ansible_connection": "local",
            "flannel_etcd_endpoints": ["http://192.0.2.12:2379"],
            f"{component}_install_method": "archive",
            f"{component}_cache_dir": str(tmp_path / "cache"),
        }
        return play("fetch.yml", hosts, settings, groups, *words, **variables)

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


def test_with_the_strategy_free_no_host_goes_on_without_it(fetch, archive, tmp_path):
    run = fetch("flannel", archive("flannel"), strategy="free")
    assert run.hosts == set(NAMES) and run.failed == set()
    assert programs(tmp_path, "flannel") == PROGRAMS["flannel"]


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


@pytest.mark.parametrize("tampered", ["flannel-*/flanneld", "flannel-*.tar.gz"])
def test_nothing_that_was_changed_in_the_cache_reaches_a_host(fetch, archive, tmp_path, tampered):
    variables = archive("flannel", "good")
    fetch("flannel", variables)
    (path,) = (tmp_path / "cache").glob(tampered)
    path.write_text("evil")
    run = fetch("flannel", variables)
    assert run.failed == set()
    assert {path.read_text() for path in (tmp_path / "cache").glob("flannel-*/*")} == {"good"}
    assert path.read_bytes() != b"evil"


def test_nothing_is_fetched_for_hosts_that_run_the_programs(fetch, archive, tmp_path):
    variables = archive("flannel", "good")
    fetch("flannel", variables)
    good = {"exists": True, "type": "file", "mode": "0755", "sha256": hashlib.sha256(b"good").hexdigest()}
    facts = paper("192.0.2.12", "flannel")
    facts["files"].update({f"/usr/local/bin/{name}": good for name in PROGRAMS["flannel"]})
    own = {name: {"flannel_host_info": facts, "ansible_host": "192.0.2.12"} for name in ("two", "other")}
    own["two"] = {"flannel_host_info": {**facts}, "ansible_host": "192.0.2.12"}
    run = fetch(
        "flannel",
        variables,
        own={
            name: {**own["two"], "flannel_public_ip": f"192.0.2.{number}"} for number, name in enumerate(NAMES[1:], 50)
        },
    )
    assert run.failed == set() and run.modules == {}


@pytest.fixture
def told_release(tmp_path, pack):
    """flannel's release as GitHub has it, in files instead of at its address; the variables that lead there."""

    def make(archive_name="flannel-v0.28.10-linux-amd64.tar.gz", answer=None):
        path = tmp_path / archive_name
        assets = [
            {"name": "flannel-v0.28.10-linux-arm.tar.gz", "digest": None},
            {"name": archive_name, "digest": f"sha256:{pack('flannel', path)}"},
        ]
        (tmp_path / "v0.28.10").write_text(json.dumps({"assets": assets}) if answer is None else answer)
        return {"_release_mirrors": {METADATA: f"file://{tmp_path}/v0.28.10", RELEASE: f"file://{path}"}}

    return make


def test_a_checksum_is_learned_once(fetch, told_release, tmp_path):
    mirrors = told_release()
    run = fetch("flannel", mirrors)
    assert run.failed == set() and sum(run.downloads.values()) == 2
    assert programs(tmp_path, "flannel") == PROGRAMS["flannel"]
    (tmp_path / "v0.28.10").unlink()  # what was learned holds
    assert fetch("flannel", mirrors).failed == set()
    (tmp_path / "flannel-v0.28.10-linux-amd64.tar.gz").write_bytes(b"another")
    [cached] = (tmp_path / "cache").glob("*.tar.gz")
    cached.unlink()
    run = fetch("flannel", mirrors)
    assert run.failed == set(NAMES[1:])
    assert "flannel_archive_checksum" in run.words and RELEASE in run.words


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, "none in {cache}/flannel-0.28.10.json (delete the file to download it again)"),
        ("<html>\n{sign in}\n</html>", "none in {cache}/flannel-0.28.10.json (delete the file to download it again)"),
        ("", "/v0.28.10"),
    ],
    ids=["another architecture", "portal", "no answer"],
)
def test_a_checksum_that_cannot_be_learned_is_refused(fetch, told_release, tmp_path, answer, reason):
    mirrors = told_release("other.tar.gz", answer)
    if answer == "":
        (tmp_path / "v0.28.10").unlink()
    run = fetch("flannel", mirrors)
    assert run.failed == set(NAMES[1:])
    for name in NAMES[1:]:
        text = run.told(
            name, f"flannel_archive_checksum = : allowed: the sha256 of {RELEASE.rpartition('/')[2]}, which"
        )
        assert f"{METADATA} does not have: " in text and reason.format(cache=tmp_path / "cache") in text
    assert f"Fix: download {RELEASE} from a source that you trust" in run.words


def test_hosts_with_different_releases_in_one_loop(play, archive, tmp_path):
    """As the playbook site includes the role."""

    def release(component, text=""):
        given = archive(component, text)
        digest = given[f"{component}_archive_checksum"].partition(":")[2]
        return {
            "variable": f"{component}_archive_url",
            "url": given[f"{component}_archive_url"],
            "checksum": digest,
            "metadata_url": "",
            "metadata_file": "",
            "folder": str(tmp_path / f"cache/{component}-{digest[:12]}"),
            "strip": component == "etcd",
            "programs": PROGRAMS[component],
            "fix": "find it",
        }

    etcd, flannel, other = release("etcd"), release("flannel"), release("flannel", "other")
    hosts = {
        "bare": {},
        "one": {"releases": [etcd, flannel]},
        "two": {"releases": [flannel]},
        "three": {"releases": [etcd, other]},
    }
    run = play("releases.yml", hosts, {"ansible_connection": "local"}, {})
    assert run.failed == set() and run.hosts == set(hosts)
    assert sum(run.downloads.values()) == 3
    assert programs(tmp_path, "etcd") == PROGRAMS["etcd"]
    assert programs(tmp_path, "flannel") == sorted(2 * PROGRAMS["flannel"])
