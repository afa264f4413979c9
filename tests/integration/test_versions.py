# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each module by each ansible-core that we promise, through the real controller, and on each Python, on real etcd."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml
from modules import COLLECTIONS, ROOT, ask_module, has_program, module_names, run_ansible, serving
from paper import paper
from subjects import SUBJECTS
from trial import Trial

# By what core a Python is managed: the newest ones no longer manage 3.8.
PYTHONS = {"3.8": "2.19", **{f"3.{minor}": "newest" for minor in range(9, 15)}}
CORES = ["2.16", "2.19", "newest"]
# Those that run on the controller only.
PLANS = [
    ("plan", {"component": "flannel", "facts": "on_paper"}),
    ("plan", {"component": "docker", "facts": "on_paper"}),
    ("preflight", {"components": ["flannel", "docker"], "facts": "on_paper"}),
    (
        "certificates",
        {"dir": "{{ playbook_dir }}/pki", "members": [{"name": "a", "addresses": ["192.0.2.11"]}], "clients": ["a"]},
    ),
    ("removal", {"parts": ["flannel", "docker"]}),
]


def told(*command):
    done = subprocess.run(command, capture_output=True, check=False, text=True, cwd=ROOT)
    if done.returncode == 3:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def core(version):
    return told("tests/run/core", version)


@pytest.fixture(scope="session")
def pythons():
    """The interpreters of this machine."""
    return dict(line.split(" ", 1) for line in told("tests/run/pythons").splitlines())


def target(pythons, version):
    """That Python with what the modules need on a managed host."""
    return told("tests/run/venv", "target.txt", pythons[version]) + "/bin/python"


def file_of_mine(path):
    return {"path": path, "content": "one line\n", "owner": str(os.getuid()), "group": str(os.getgid())}


@pytest.fixture
def calls(kinds, tmp_path):
    """Each module once, by each API that it speaks: name and options."""
    assert {name for name in module_names() if not has_program(name)} == {name for name, _params in PLANS}
    others: dict[str, dict[str, object]] = {
        "host_info": {},
        "files": {"paths": [file_of_mine(f"{tmp_path}/new/file")]},
        "run_lock": {"path": f"{tmp_path}/lock", "holder": "one", "seconds": 60},
    }
    found = []
    for name in filter(has_program, module_names()):
        for api in SUBJECTS[name].apis if name in SUBJECTS else [None]:
            found.append((name, Trial(name, api, kinds).params() if api else others[name]))
    return found


@pytest.mark.parametrize("hosts", ["none", "example"])
@pytest.mark.parametrize("version", CORES)
def test_playbooks_can_be_read(version, hosts):
    """`hosts:` of some plays is computed from what a run finds out; a syntax check knows nothing of that."""
    inventory = os.devnull if hosts == "none" else str(ROOT / "inventories/example")
    playbooks = sorted(str(path) for path in (ROOT / "playbooks").glob("*.yml"))
    command = [f"{core(version)}/bin/ansible-playbook", "-i", inventory, "--syntax-check", *playbooks]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("playbook: ") == len(playbooks)


@pytest.mark.parametrize("version", CORES)
def test_core(version, pythons, calls, tmp_path):
    """On the oldest Python that it manages, as far as that is here."""
    oldest = next((minor for minor in PYTHONS if minor in pythons and (minor, version) != ("3.8", "newest")), None)
    if not oldest:
        pytest.skip("no Python on this machine that it manages")
    tasks = [{"name": name, f"overlay.flannel.{name}": params} for name, params in [*calls, *PLANS]]
    playbook = tmp_path / "all.yml"
    playbook.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    program, interpreter = f"{core(version)}/bin/ansible-playbook", target(pythons, oldest)
    variables = {"on_paper": paper("192.0.2.11", "flannel", "docker"), "flannel_etcd_endpoints": ["http://192.0.2.11"]}
    done = run_ansible(program, str(playbook), variables={**variables, "ansible_python_interpreter": interpreter})
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"ok={len(tasks)} " in done.stdout


@pytest.mark.parametrize("version", PYTHONS)
def test_python(version, pythons, calls, tmp_path):
    """As a process of that Python, with no more of Ansible's packages than a managed host gets."""
    if version not in pythons:
        pytest.skip(f"no Python {version} on this machine")
    where = [f"{core(PYTHONS[version])}/bin/python", "-c", "import ansible; print(ansible.__path__[0])"]
    (tmp_path / "ansible").symlink_to(Path(told(*where)))
    with serving(target(pythons, version), f"{tmp_path}{os.pathsep}{COLLECTIONS}") as address:
        for name, params in calls:
            result = ask_module(name, params, address)
            assert not result.get("failed"), result
