# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret in what the tasks of the roles print, by tasks that change nothing of this machine."""

from __future__ import annotations

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
    nothing = dict.fromkeys(("directories", "programs", "unwanted", "modules", "sysctls"), [])
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
