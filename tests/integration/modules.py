# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules as Ansible runs them."""

from __future__ import annotations

import ast
import atexit
import contextlib
import functools
import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from etcd_server import WITH_US

ROOT = Path(__file__).parents[2]
COLLECTIONS = ROOT / ".collections"
MODULES = "ansible_collections.overlay.flannel.plugins.modules."


def environment():
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return {**clean, "PYTHONPATH": str(COLLECTIONS), "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}


def module_names():
    return sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))


def has_program(name):
    """Whether it runs on the managed host; of the others all is in the action plugin."""
    return "def main()" in (ROOT / f"plugins/modules/{name}.py").read_text()


def documents(name):
    """DOCUMENTATION, EXAMPLES and RETURN of a module, as they are printed."""
    tree = ast.parse((ROOT / f"plugins/modules/{name}.py").read_text())
    assigned = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)}
    return {part: yaml.safe_load(assigned[part].value) for part in ("DOCUMENTATION", "EXAMPLES", "RETURN")}


def start_module(name, params, python=sys.executable, variables=None):
    """The module as a process of its own, as on a managed host."""
    process = subprocess.Popen(
        [python, "-m", MODULES + name],
        env={**environment(), **(variables or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": params}).encode())
    process.stdin.close()
    process.stdin = None
    return process


def answer_of(process):
    stdout, stderr = process.communicate()
    try:
        return json.loads(stdout)
    except ValueError:
        raise AssertionError((stdout + stderr).decode("utf-8", "replace")) from None


@contextlib.contextmanager
def serving(python=sys.executable, path=str(COLLECTIONS)):
    """The address of a process of this Python that forks modules; `path` is where it finds Ansible and the collections."""
    with tempfile.TemporaryDirectory(prefix="modules-") as folder:
        address = os.path.join(folder, "socket")
        command = [*WITH_US, python, str(Path(__file__).with_name("module_server.py")), address]
        variables = {**environment(), "PYTHONPATH": path}
        with subprocess.Popen(command, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
            try:
                assert process.stdout.readline() == b"ready\n"
                yield address
            finally:
                process.kill()


@functools.lru_cache(maxsize=None)
def server():
    """The address of one for this session."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(serving())


def ask_module(name, params, address=None):
    """The module as a process of its own, forked."""
    asked = {"module": MODULES + name, "environment": environment(), "arguments": {"ANSIBLE_MODULE_ARGS": params}}
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(address or server())
        client.sendall(json.dumps(asked).encode() + b"\n")
        with client.makefile("rb") as answer:
            printed = answer.read()
    try:
        return json.loads(printed)
    except ValueError:
        raise AssertionError(f"no JSON; the traceback stands in the captured output: {printed}") from None


def run_module(name, check_mode=False, diff=False, **params):
    return ask_module(name, {**params, "_ansible_check_mode": check_mode, "_ansible_diff": diff})


def run_ansible(program, *words, variables=None, environ=None):
    """As a user does it, with the real controller and an inventory of only this host."""
    command = [str(Path(sys.executable).parent / program), *words]
    if program == "ansible-doc":
        return subprocess.run(command, env=environment(), capture_output=True, check=False, text=True)
    command += ["--inventory=localhost,", "--connection=local"]
    settings = {"ansible_python_interpreter": sys.executable, **(variables or {})}
    return subprocess.run(
        [*command, "--extra-vars", json.dumps(settings)],
        env={**environment(), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json", **(environ or {})},
        capture_output=True,
        check=False,
        text=True,
        stdin=subprocess.DEVNULL,
    )
