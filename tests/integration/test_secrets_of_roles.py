# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret in what the tasks of the roles print, by tasks that change nothing of this machine."""

from __future__ import annotations

import hashlib
import os

import pytest
import yaml
from modules import run_ansible

SECRET = "insgeheim"


@pytest.fixture
def role(tmp_path):
    """Run tasks of a role, with these variables and with these programs in the place of the machine's own."""

    def run(name, tasks, variables, programs=None):
        for program, text in (programs or {}).items():
            (tmp_path / program).write_text(f"#!/bin/sh\n{text}\n")
            (tmp_path / program).chmod(0o755)
        task = {"ansible.builtin.include_role": {"name": f"overlay.flannel.{name}", "tasks_from": tasks}}
        playbook = tmp_path / "play.yml"
        playbook.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
        (tmp_path / "variables.yml").write_text(yaml.safe_dump(variables))
        words = ["-vvv", "--diff", f"--extra-vars=@{tmp_path / 'variables.yml'}", str(playbook)]
        environ = {"ANSIBLE_INJECT_INVOCATION": "1", "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
        done = run_ansible("ansible-playbook", *words, environ=environ)
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.mark.parametrize(("old", "new"), [(SECRET, ""), ("", SECRET)], ids=["given up", "new"])
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files to root")
def test_the_password_in_the_settings_of_flanneld(role, tmp_path, old, new):
    file = tmp_path / "flanneld.env"
    file.write_text(f"FLANNELD_ETCD_PASSWORD={old}\n")
    wanted = {"path": str(file), "content": f"FLANNELD_ETCD_PASSWORD={new}\n", "mode": "0600", "secret": True}
    nothing = dict.fromkeys(("directories", "programs", "unwanted", "modules", "sysctls", "firewall"), [])
    nothing.update(stop_watch=False, network_reloads=[])
    code, printed = role(
        "flannel", "configure", {"__flannel_plan": {**nothing, "files": [wanted]}, "flannel_etcd_password": new}
    )
    assert code == 0, printed
    assert "changed=1 " in printed
    assert (file.read_text(), file.stat().st_mode & 0o777) == (wanted["content"], 0o600)
    assert SECRET not in printed


@pytest.mark.parametrize("endpoint", [f"http://user:{SECRET}@192.0.2.1:2379", f"user:{SECRET}@192.0.2.1:2379"])
def test_a_user_in_an_endpoint(role, endpoint):
    variables = {
        "flannel_etcd_endpoints": [endpoint],
        "flannel_etcd_ca_cert": "/none",
        "flannel_install_method": "file",
        "flannel_file_dir": "/none",
    }
    code, printed = role("flannel", "preflight", variables)
    assert code != 0
    assert printed.count("flannel_etcd_endpoints = ") > 1
    assert "(hidden)@192.0.2.1:2379" in printed
    assert SECRET not in printed


def test_the_words_of_a_flannel_that_docker_waits_for(role):
    """flanneld 0.15 and newer tells its flags when it starts, the password of etcd among them."""
    words = f"I1126 16:00:00.000000 9 main.go:211] CLI flags config: {{etcdPassword:{SECRET}}}\nE1126 16:00:01.000000 9 main.go:9] no etcd"
    plan = {"wait_for_flannel": True, "options_exist": False, "wanted_options": []}
    code, printed = role(
        "docker",
        "service",
        {"docker_options_file": "/none", "__docker_plan": plan},
        {"systemctl": "echo active", "journalctl": f"cat <<'END'\n{words}\nEND"},
    )
    assert code != 0
    assert "docker is neither started nor restarted" in printed
    assert "no etcd" in printed
    assert SECRET not in printed


WORDS = f"connected with password={SECRET}\npeer http://user:{SECRET}@192.0.2.9 says \x1b[31mred\x1b[0m"
JOURNAL = {"journalctl": f"cat <<'END'\n{WORDS}\nEND"}
DIAGNOSES = {
    "etcd": {"__etcd_plan": {"unit": "etcd.service", "kept": "/none", "members": [], "kept_paths": []}},
    "docker": {"__docker_plan": {"remaining": ["something differs"]}, "docker_host_facts": {"findings": []}},
}


@pytest.mark.parametrize("name", DIAGNOSES)
def test_the_journal_of_a_daemon(role, name):
    """What a daemon logs is of others: it is shown without secrets and without what moves the cursor of a terminal, at -vvv as well."""
    code, printed = role(name, "diagnose", DIAGNOSES[name], JOURNAL)
    assert code != 0
    assert "connected with password=***" in printed and "http://***@192.0.2.9 says " in printed
    assert SECRET not in printed
    assert "\x1b[31m" not in printed and "\\x1b[31mred" in printed


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files to root")
@pytest.mark.parametrize("name", ["etcd", "flannel"])
def test_what_is_taken_over(role, tmp_path, name):
    """Twice: the copy stays, and a later one has another name. No result has a checksum of the file."""
    file = tmp_path / "settings"
    kept = tmp_path / "settings.before-overlay"
    for text in (SECRET, SECRET, f"{SECRET} 2"):
        file.write_text(text)
        file.chmod(0o600)
        code, printed = role(name, "adopt", {f"__{name}_plan": {"adopted": [str(file)]}})
        assert code == 0, printed
        digests = [hashlib.new(kind, text.encode()).hexdigest() for kind in ("md5", "sha1", "sha256")]
        assert [word for word in (SECRET, *digests) if word in printed] == []
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == (f"{SECRET} 2", 0o600)
    assert [path.read_text() for path in tmp_path.glob("settings.before-overlay.*")] == [SECRET]
