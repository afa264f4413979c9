# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of roles and playbooks: the same task files in each role, short expressions, few levels."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
ROLES = ("etcd", "flannel", "docker", "metrics")
STORY = {"main", "preflight", "plan", "install", "configure", "service", "verify", "diagnose"}
EXPRESSION = re.compile(r"{{.*?}}|{%.*?%}", re.DOTALL)
LONGEST = 120
DEEPEST = 3


def yaml_files():
    return sorted([*ROOT.glob("roles/*/*/*.yml"), *ROOT.glob("playbooks/**/*.yml")])


@pytest.mark.parametrize("role", ROLES)
def test_each_role_tells_the_same_story(role):
    assert {path.stem for path in (ROOT / "roles" / role / "tasks").iterdir()} >= STORY


@pytest.mark.parametrize("path", yaml_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_expressions_are_short(path):
    found = [" ".join(text.split()) for text in EXPRESSION.findall(path.read_text())]
    assert [text for text in found if len(text) > LONGEST] == []


@pytest.mark.parametrize("path", yaml_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_ansible_leaves_the_variables_of_scripts_alone(path):
    """By default the module command replaces $NAME in each argument by the value in its environment: also in the text of a script, unquoted."""
    scripts = [
        text
        for text in _commands(yaml.safe_load(path.read_text()))
        if re.search(r"\bsh\b['\"]*, *['\"]*-e?u?c|__etcd_argv", str(text.get("argv")))
    ]
    assert [text for text in scripts if text.get("expand_argument_vars") is not False] == []


def _commands(item):
    """The arguments of each task with the module command."""
    if isinstance(item, dict):
        yield from (value for name, value in item.items() if name == "ansible.builtin.command")
    for inner in item.values() if isinstance(item, dict) else item if isinstance(item, list) else ():
        yield from _commands(inner)


def included(task):
    """The task files that a task, or one in its block, includes."""
    for part in ("block", "rescue", "always"):
        for inner in task.get(part) or []:
            yield from included(inner)
    for name, value in task.items():
        if name.endswith(("include_tasks", "import_tasks")):
            yield value["file"] if isinstance(value, dict) else value


def depth(role, name):
    tasks = yaml.safe_load((ROOT / "roles" / role / "tasks" / name).read_text()) or []
    return 1 + max((depth(role, inner) for task in tasks for inner in included(task)), default=0)


@pytest.mark.parametrize("role", ROLES)
def test_includes_are_not_deep(role):
    """main -> turn -> configure -> plan is the deepest: three levels below main."""
    assert depth(role, "main.yml") - 1 <= DEEPEST


def tasks_in(value):
    """Every task of a file, those in blocks and plays included."""
    for task in value if isinstance(value, list) else []:
        yield task
        for part in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks"):
            yield from tasks_in(task.get(part))


def registered(tasks, conditional=False):
    """Each name that a task registers, with whether the task can be skipped."""
    for task in tasks or []:
        skipped = conditional or "when" in task
        if "register" in task:
            yield task["register"], skipped
        for part in ("block", "rescue", "always"):
            yield from registered(task.get(part), skipped)


@pytest.mark.parametrize("path", sorted(ROOT.glob("roles/*/tasks/*.yml")), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_skipped_task_replaces_a_result(path):
    """A skipped task registers as well: a list that was read before would be gone."""
    found = list(registered(yaml.safe_load(path.read_text())))
    names = [name for name, _skipped in found]
    assert [name for place, (name, skipped) in enumerate(found) if skipped and name in names[:place]] == []


def every_task():
    paths = [*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/**/*.yml")]
    return [(path, task) for path in paths for task in tasks_in(yaml.safe_load(path.read_text()))]


def test_no_task_asks_a_proxy_for_etcd():
    asking = [(path.name, task["ansible.builtin.uri"]) for path, task in every_task() if "ansible.builtin.uri" in task]
    assert {name for name, _options in asking} == {"bootstrap.yml", "check_etcd.yml", "diagnose.yml"}
    assert [name for name, options in asking if options.get("use_proxy") is not False] == []


def test_every_apt_waits_for_another_one_and_says_so():
    """Ansible's own 60 s are less than unattended-upgrades takes."""
    found = [(path.parent.parent.name, task) for path, task in every_task() if "ansible.builtin.apt" in task]
    assert {role for role, _task in found} == {"etcd", "flannel", "docker"}
    assert [
        task["name"] for _role, task in found if "waiting up to 300 s while another apt works" not in task["name"]
    ] == []
    assert {task["ansible.builtin.apt"].get("lock_timeout") for _role, task in found} == {300}
