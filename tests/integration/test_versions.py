# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each module by each ansible-core that we promise, and on each Python: through the real controller on real etcd."""

from __future__ import annotations

import subprocess

import pytest
import yaml
from modules import ROOT, module_names, run_ansible
from subjects import SUBJECTS
from trial import Trial

# By what core each Python is managed: the newest ones no longer manage 3.8.
PYTHONS = {"3.8": "2.19", **{f"3.{minor}": "newest" for minor in range(9, 15)}}
CORES = ["2.16", "2.19", "newest"]


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


@pytest.fixture
def playbook(kinds, tmp_path):
    """Each module once, by each API that it speaks."""
    tasks = []
    for name in module_names():
        for api in SUBJECTS[name].apis if name in SUBJECTS else [None]:
            params = Trial(name, api, kinds).params() if api else {}
            tasks.append({"name": f"{name} {api or ''}", f"overlay.flannel.{name}": params})
    file = tmp_path / "all.yml"
    file.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    return str(file), len(tasks)


def run(controller, interpreter, playbook):
    file, count = playbook
    program = f"{controller}/bin/ansible-playbook"
    done = run_ansible(program, file, variables={"ansible_python_interpreter": interpreter})
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"ok={count} " in done.stdout


@pytest.mark.parametrize("version", CORES)
def test_core(version, pythons, playbook):
    """On the oldest Python that all of them manage."""
    interpreter = next((pythons[minor] for minor in ("3.9", "3.10", "3.11", "3.12") if minor in pythons), None)
    if not interpreter:
        pytest.skip("no Python 3.9 to 3.12 on this machine")
    run(core(version), told("tests/run/venv", "target.txt", interpreter) + "/bin/python", playbook)


@pytest.mark.parametrize("version", PYTHONS)
def test_python(version, pythons, playbook):
    if version not in pythons:
        pytest.skip(f"no Python {version} on this machine")
    interpreter = told("tests/run/venv", "target.txt", pythons[version]) + "/bin/python"
    run(core(PYTHONS[version]), interpreter, playbook)
