# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exporter as one file: whole, the same each time, without Ansible, and it runs."""

from __future__ import annotations

import ast
import fcntl
import functools
import json
import subprocess
import sys

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.files import mark
from ansible_collections.overlay.flannel.plugins.plugin_utils import metrics_program
from ansible_collections.overlay.flannel.plugins.plugin_utils.metrics_program import (
    MAIN,
    PREFIX,
    imported,
    program,
    sources,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_files import render

RENDER = functools.partial(render, "metrics")


@pytest.fixture(scope="module")
def text():
    return program(RENDER, "/usr/bin/python3")


def modules_of(source):
    """Every module that it imports, wherever."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def test_nothing_of_ansible_and_no_library_is_needed():
    found = sources(MAIN)
    others = {
        module
        for source in found.values()
        for module in modules_of(source)
        if not module.startswith(PREFIX.rstrip("."))
    }
    assert {module.split(".")[0] for module in others} <= set(sys.stdlib_module_names)


def test_every_module_of_the_collection_is_in_it():
    """By the syntax tree, while the program looks for lines."""
    found = sources(MAIN)
    for name, source in found.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.module.startswith(PREFIX):
                module = node.module[len(PREFIX) :]
                wanted = {module} if module in found else {f"{module}.{alias.name}" for alias in node.names}
                assert wanted <= set(found), name


@pytest.mark.parametrize(
    "text, names",
    [
        (f"from {PREFIX}common.errors import OverlayError, StoreError\n", ["common.errors"]),
        (f"from {PREFIX}common import errors\n", ["common.errors"]),
        (
            f"from {PREFIX}host.facts import docker as docker_facts, kernel\n",
            ["host.facts.docker", "host.facts.kernel"],
        ),
        (
            f"from {PREFIX}host.facts import (\n    docker,\n    kernel as k,\n)\n",
            ["host.facts.docker", "host.facts.kernel"],
        ),
        (f"def f():\n    from {PREFIX}registry import task\n", ["registry.task"]),
        ("import json\nfrom ansible.module_utils.basic import AnsibleModule\n", []),
    ],
)
def test_what_is_imported(text, names):
    assert list(imported(text)) == names


def test_the_same_sources_are_the_same_bytes(text):
    metrics_program.literals.cache_clear()
    assert program(RENDER, "/usr/bin/python3") == text
    assert text.startswith("#!/usr/bin/python3 -E\n") and text.isascii()
    assert program(RENDER, "/opt/python3").replace("/opt/", "/usr/bin/") == text


def test_the_file_has_the_mark_of_its_role(text, tmp_path):
    (tmp_path / "overlay-metrics").write_text(text)
    assert mark(str(tmp_path / "overlay-metrics")) == "metrics"


def run(text, tmp_path, settings):
    """With no way to Ansible or to this collection."""
    script, path = tmp_path / "overlay-metrics", tmp_path / "settings.json"
    script.write_text(text)
    path.write_text(json.dumps(settings))
    words = [sys.executable, "-E", "-S", str(script), str(path)]
    return subprocess.run(words, cwd="/", capture_output=True, text=True, check=False, timeout=60)


SETTINGS = {
    "collection": "1",
    "certificates": [],
    "key_pairs": [],
    "network": None,
    "address": "",
    "flannel": False,
    "member": False,
    "endpoints": [],
    "prefix": "/flannel/network",
    "flannel_version": "0.28.10",
    "ca_cert": "",
    "client_cert": "",
    "client_key": "",
    "timeout": 1,
}


def test_it_runs_on_this_machine(text, tmp_path):
    target = tmp_path / "overlay.prom"
    done = run(text, tmp_path, {**SETTINGS, "file": str(target)})
    if "failed (exit code" in done.stderr and done.returncode == 1:  # a machine without iproute2
        assert not target.exists()
        return
    assert (done.returncode, done.stderr) == (0, "")
    assert 'overlay_findings{severity="error",about="host"} ' in target.read_text()
    assert target.stat().st_mode & 0o777 == 0o644
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "overlay-metrics",
        "overlay.prom",
        "settings.json",
    ]


def test_metrics_without_etcd_are_written_and_the_reason_is_said_once(text, tmp_path):
    settings = {**SETTINGS, "file": str(tmp_path / "overlay.prom"), "endpoints": ["http://127.0.0.1:1"]}
    first, second = run(text, tmp_path, settings), run(text, tmp_path, settings)
    assert (first.returncode, second.returncode, second.stderr) == (0, 0, "")
    assert "the metrics are without etcd: " in first.stderr and "http://127.0.0.1:1: connection refused" in first.stderr
    assert "overlay_etcd_up 0\n" in (tmp_path / "overlay.prom").read_text()


def test_a_second_run_waits_for_the_first(text, tmp_path):
    """What holds the settings is another run."""
    settings = {**SETTINGS, "file": str(tmp_path / "overlay.prom")}
    assert run(text, tmp_path, settings).returncode == 0
    (tmp_path / "overlay.prom").unlink()
    with open(tmp_path / "settings.json") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        words = [sys.executable, "-E", "-S", str(tmp_path / "overlay-metrics"), str(tmp_path / "settings.json")]
        with subprocess.Popen(words) as second:
            with pytest.raises(subprocess.TimeoutExpired):
                second.wait(3)
            assert not (tmp_path / "overlay.prom").exists()
            fcntl.flock(other, fcntl.LOCK_UN)
            assert second.wait(60) == 0
    assert (tmp_path / "overlay.prom").exists()


def test_old_metrics_stay_where_the_host_cannot_be_read(text, tmp_path):
    target = tmp_path / "overlay.prom"
    target.write_text("old\n")
    (tmp_path / "overlay.prom.new").mkdir()
    done = run(text, tmp_path, {**SETTINGS, "file": str(target)})
    assert done.returncode == 1 and done.stderr.startswith("no metrics were written: ")
    assert target.read_text() == "old\n"
