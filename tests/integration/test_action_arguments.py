# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the actions that cannot be used: the message names the option and what is allowed."""

from __future__ import annotations

import pytest
import yaml
from modules import run_ansible

CASES = {
    "no such variable": (
        "plan",
        {"component": "docker", "facts": "nothing"},
        "facts = nothing: allowed: the name of a",
    ),
    "no component": ("plan", {"facts": "nothing"}, "missing required arguments: component"),
    "unknown component": ("plan", {"component": "podman", "facts": "x"}, "value of component must be one of: etcd,"),
    "one unknown of two": (
        "preflight",
        {"components": ["docker", "x"], "facts": "x"},
        "value of components must be one",
    ),
    "unknown option": ("preflight", {"components": ["docker"], "facts": "x", "typo": 1}, "Unsupported parameters for"),
    "unknown facts": (
        "host_info",
        {"components": ["podman"]},
        "components = podman: allowed: etcd, flannel, docker, metrics.",
    ),
}


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    tasks = [
        {"name": name, f"overlay.flannel.{action}": options, "ignore_errors": True}
        for name, (action, options, _words) in CASES.items()
    ]
    playbook = tmp_path_factory.mktemp("arguments") / "play.yml"
    playbook.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    done = run_ansible("ansible-playbook", str(playbook))
    return " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize("name", list(CASES))
def test_the_message_names_the_option(printed, name):
    _before, _task, rest = printed.partition(f"TASK [{name}]")
    assert CASES[name][2] in rest.partition("TASK [")[0]
