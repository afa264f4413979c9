# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each example of each module runs as it is printed, on real etcd; those of the roles are at least playbooks.

Only what belongs to the reader's machines is replaced, see PLACES.
"""

from __future__ import annotations

import re

import pytest
import yaml
from etcd_kinds import start_three
from modules import ROOT, documents, module_names, run_ansible
from paper import paper
from place import Place
from subjects import SUBJECTS, Subject

# Addresses of the examples' own members. Those with https are all the one that wants certificates.
PLAIN, SECURE = re.compile(r"http://192\.0\.2\.1([123]):2379"), re.compile(r"https://192\.0\.2\.\d+:2379")
# What the examples do not set themselves: what other tasks register, and facts of a host that the plans do not refuse, which this machine may be.
VARIABLES = {
    "all_leases": {"leases": []},
    "overlay_host_info": paper("192.0.2.11", "flannel", "docker"),
    "flannel_etcd_endpoints": ["http://192.0.2.11:2379"],
}
# Tasks that would change this machine.
ROLES = ("ansible.builtin.include_role", "ansible.builtin.import_role")


def examples():
    """Each task of each module, behind those before it whose result it uses."""
    found = []
    for name in module_names():
        registered = {}
        for task in documents(name)["EXAMPLES"]:
            text = yaml.safe_dump({key: value for key, value in task.items() if key != "register"})
            chains = [chain for variable, chain in registered.items() if re.search(rf"\b{variable}\b", text)]
            tasks = [*(chains[-1] if chains else []), task]
            found.append((name, tasks))
            if "register" in task:
                registered[task["register"]] = tasks
    return found


@pytest.fixture(scope="module")
def three(start_for_module):
    return start_three(start_for_module, "3.6")


@pytest.fixture
def members(request, kinds):
    """etcd for an example: the kind is told by the endpoints that it names, the version by the API that it needs."""

    def choose(subject, text):
        old = re.search(r"flannel_version: '?0\.(\d|1[0-7])\.|api: v2", text)
        version = "3.4" if subject.both or old else "3.6"
        if PLAIN.search(text):
            return request.getfixturevalue("three")
        if "/etc/etcd/root.pem" in text:
            return [kinds.get("names", version)]
        return [kinds.get("tls" if SECURE.search(text) else "plain", version)]

    return choose


@pytest.mark.parametrize(
    ("name", "tasks"), examples(), ids=[f"{name}-{tasks[-1]['name']}" for name, tasks in examples()]
)
def test_example(name, tasks, members, kinds, tmp_path):
    subject, text = SUBJECTS.get(name, Subject()), yaml.safe_dump(tasks)
    etcds = members(subject, text)
    etcds[0].clear()
    options = tasks[0].get(f"overlay.flannel.{name}") or {}
    api = "v2" if etcds[0].has_v2 else "v3"
    subject.arrange_example(Place(etcds[0], api, options.get("prefix", "/flannel/network")), tasks[0])
    play = {
        "hosts": "all",
        "gather_facts": False,
        "module_defaults": {
            "group/overlay.flannel.etcd": {"endpoints": [etcds[0].url], "etcdctl": etcds[0].etcdctl_path}
        },
        "tasks": yaml.safe_load(placed(text, etcds, kinds).replace("/etc/example", f"{tmp_path}/etc")),
    }
    playbook = tmp_path / "example.yml"
    playbook.write_text(yaml.safe_dump([play]))
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/password").write_text("hidden\n")
    acts = any(role in tasks[-1] for role in ROLES)
    words = ["--syntax-check"] if acts else []
    given = {**VARIABLES, "overlay_pki_dir": str(tmp_path / "pki")}  # they stay, whatever registers
    done = run_ansible("ansible-playbook", *words, str(playbook), variables=given)
    assert done.returncode == 0, done.stdout + done.stderr
    assert acts or f"ok={len(tasks)} " in done.stdout


def placed(text, etcds, kinds):
    text = PLAIN.sub(lambda found: etcds[int(found[1]) - 1].url, text)
    text = SECURE.sub(etcds[0].url, text)
    files = {"ca.pem": str(kinds.authority.certificate)}
    for name, (certificate, key) in (("client", kinds.client), ("root", kinds.root)):
        files.update({f"{name}.pem": certificate, f"{name}.key": key})
    for file, path in files.items():
        text = text.replace(f"/etc/etcd/{file}", path)
    return text


READMES = [ROOT / "README.md", *sorted((ROOT / "roles").glob("*/README.md"))]
BLOCKS = [
    pytest.param(block, id=f"{readme.parent.name}-{number}")
    for readme in READMES
    for number, block in enumerate(re.findall(r"^```ya?ml\n(.*?)^```", readme.read_text(), re.DOTALL | re.MULTILINE))
]


@pytest.mark.parametrize("block", BLOCKS)
def test_examples_of_roles(block, tmp_path):
    playbook = tmp_path / "example.yml"
    playbook.write_text(block)
    done = run_ansible("ansible-playbook", "--syntax-check", str(playbook))
    assert done.returncode == 0, done.stdout + done.stderr
