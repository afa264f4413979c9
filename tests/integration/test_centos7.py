# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The profile inventories/centos7 through the roles, on paper: nobody can boot CentOS 7 here. Nothing is run on a host."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shlex
import subprocess

import jinja2
import pytest
import yaml

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
PROFILE = yaml.safe_load((ROOT / "inventories/centos7/group_vars/all.yml").read_text())
# Hosts that cannot work, each by its variables, and what they are told
REFUSED = {
    "newer-etcd": ({"etcd_version": "3.6.14"}, "etcd_version = 3.6.14 (package, on centos 7): allowed: 2.3.7"),
    "newer-flannel": (
        {"flannel_version": "0.28.10"},
        "etcd_version = 2.3 (with flannel 0.28.10): allowed: etcd 3.4 or",
    ),
    "older-package": (
        {"paper_changes": {"packages": {"flannel": "0.5.5-2.el7"}}},
        "flannel_install_method = package (flannel 0.5.5-2.el7 is installed): allowed: 0.7.1",
    ),
    "newer-flag": ({"flannel_options": {"iptables-resync": 5}}, "flags of flannel 0.7.1; this one came with 0.11.0"),
    "newer-system": ({"paper_changes": {"platform": {"version": "9"}}}, "package only on Debian, Ubuntu, CentOS 7 and"),
}


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """One run for a host that works and all that do not. The one task that runs is the controller's."""
    folder = tmp_path_factory.mktemp("centos7")
    hosts = {"centos-1": {}, **{name: dict(variables) for name, (variables, _words) in REFUSED.items()}}
    for number, (name, own) in enumerate(hosts.items(), 11):
        own.update(
            ansible_host=f"192.0.2.{number}", etcd_members=[name], overlay_etcd_endpoints=["http://192.0.2.11:2379"]
        )
    variables = {**PROFILE, "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    groups = dict.fromkeys(["etcd", "flannel", "docker"], {"hosts": dict.fromkeys(hosts)})
    (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": variables, "children": groups}}))
    command = ["ansible-playbook", "-i", str(folder / "hosts.json"), str(HERE / "playbooks/centos7.yml")]
    environment = {**os.environ, "OUT": str(folder / "out"), "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr, folder / "out"


@pytest.fixture(scope="module")
def planned(result):
    output, plan = result
    assert plan.exists(), output
    return json.loads(plan.read_text())


def contents(items):
    return {item["path"]: item["content"] for item in items if "content" in item}


def test_packages(planned):
    assert planned["etcd"]["packages"] == ["etcd-2.3.7"]
    assert planned["flannel"]["packages"] == ["flannel-0.7.1"]
    assert planned["docker"]["packages"] == ["docker-1.12.6*"]


def test_etcd_2_runs_by_the_packages_unit(planned):
    files = contents(planned["etcd"]["files"])
    drop_in = files["/etc/systemd/system/etcd.service.d/50-overlay-flannel.conf"]
    assert "StartLimitInterval=0" in drop_in and "StartLimitIntervalSec" not in drop_in
    settings = files["/etc/etcd/overlay.env"].splitlines()
    assert "ETCD_NAME=centos-1" in settings
    assert "ETCD_ADVERTISE_CLIENT_URLS=https://192.0.2.11:2379" in settings
    assert not [line for line in settings if "ENABLE_V2" in line]
    assert not [path for path in files if path.endswith("etcd.service")]
    assert "ETCD_INITIAL_CLUSTER=centos-1=https://192.0.2.11:2380" in files["/etc/etcd/overlay-initial.env"]
    etcdctl = ["/usr/bin/etcdctl", "--timeout=2s", "--total-timeout=10s"]
    files = [
        f"--{option}=/etc/etcd/pki/{name}"
        for option, name in (("cert-file", "root.crt"), ("key-file", "root.key"), ("ca-file", "ca.crt"))
    ]
    assert planned["etcd"]["etcdctl"][-6:] == etcdctl + files and planned["etcd"]["check_members"] == ["cluster-health"]


def test_flannel_runs_the_packages_programs_by_our_unit(planned):
    files = contents(planned["flannel"]["files"])
    unit = files["/etc/systemd/system/flanneld.service"].splitlines()
    assert "ExecStart=/usr/bin/flanneld-start $FLANNEL_OPTIONS" in unit
    assert (
        "ExecStartPost=/usr/local/sbin/overlay-flannel-options DOCKER_NETWORK_OPTIONS /usr/libexec/flannel/mk-docker-opts.sh"
        in unit
    )
    assert unit.index("EnvironmentFile=-/etc/sysconfig/flanneld") < unit.index(
        "EnvironmentFile=/etc/flannel/flanneld.env"
    )
    assert "StartLimitInterval=0" in unit and "StartLimitIntervalSec=0" not in unit
    assert "Wants=network-online.target overlay-flannel-options.path" in unit
    assert "PathChanged=/run/flannel/subnet.env" in files["/etc/systemd/system/overlay-flannel-options.path"]
    settings = files["/etc/flannel/flanneld.env"].splitlines()
    endpoints = '"http://192.0.2.11:2379"'
    assert f"FLANNEL_ETCD_ENDPOINTS={endpoints}" in settings and f"FLANNEL_ETCD={endpoints}" in settings
    assert (
        'FLANNEL_ETCD_PREFIX="/atomic.io/network"' in settings and 'FLANNEL_ETCD_KEY="/atomic.io/network"' in settings
    )
    assert planned["flannel"]["programs"] == []
    assert [item["path"] for item in planned["flannel"]["unwanted"]] == [
        "/etc/systemd/system/docker.service.requires/flanneld.service"
    ]


def test_docker_keeps_the_packages_command(planned):
    files = contents(planned["docker"]["files"])
    drop_in = files["/etc/systemd/system/docker.service.d/50-overlay-flannel.conf"]
    assert "EnvironmentFile=-/run/flannel/docker" in drop_in and "NotifyAccess=all" in drop_in
    assert "ExecStart=" not in drop_in
    assert "StartLimitInterval=0" in drop_in and "StartLimitIntervalSec" not in drop_in
    service = files["/etc/systemd/system/overlay-docker-refresh.service"]
    assert "OPTIONS_KEY=DOCKER_NETWORK_OPTIONS" in service


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_cannot_work_is_refused(result, name):
    words = " ".join(result[0].split())
    assert re.search(f"{name}: [^.]*{re.escape(REFUSED[name][1])}", words)


PYTHON = """#!/bin/sh
echo "$*" >> {folder}/asked
case $1 in -c) test -e {folder}/{works} ;; *) touch {folder}/installed ;; esac
"""
INSTALL = "-m pip install python-etcd==0.4.5 urllib3<2"


@pytest.mark.parametrize(
    ("works", "code", "asked"),
    [
        ("python", 0, ["-c import etcd"]),
        ("installed", 0, ["-c import etcd", INSTALL, "-c import etcd"]),
        ("never", 1, ["-c import etcd", INSTALL, "-c import etcd"]),
    ],
)
def test_python_etcd_is_there_and_can_be_imported(tmp_path, works, code, asked):
    """`works` is the file whose presence lets the Python of this test import etcd."""
    (tmp_path / "python").write_text(PYTHON.format(folder=tmp_path, works=works))
    (tmp_path / "python").chmod(0o755)
    [task] = yaml.safe_load((ROOT / "playbooks/centos7.yml").read_text())[1]["tasks"]
    environment = jinja2.Environment()
    environment.filters["quote"] = shlex.quote
    text = environment.from_string(task["ansible.builtin.raw"]).render(overlay_python=tmp_path / "python")
    done = subprocess.run(["sh", "-c", text], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()) == (code, ["changed"] if works == "installed" else [])
    assert (tmp_path / "asked").read_text().splitlines() == asked
