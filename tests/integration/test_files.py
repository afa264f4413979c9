# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module files: what it writes, what it leaves, and what it says."""

from __future__ import annotations

import json
import os
import stat

import pytest
import yaml
from modules import run_ansible, run_module

SECRET = "first line of a secret\nsecond line\n"


def item(path, content=None, **options):
    """One of the user who runs the tests."""
    mine = {"owner": str(os.getuid()), "group": str(os.getgid())}
    return {"path": str(path), **mine, **({} if content is None else {"content": content}), **options}


def mode(path):
    return f"{stat.S_IMODE(os.stat(path).st_mode):04o}"


def everything(folder):
    return {
        str(path.relative_to(folder)): (mode(path), path.read_text() if path.is_file() else None)
        for path in folder.rglob("*")
    }


@pytest.fixture
def wanted(tmp_path):
    """A directory, a new file, one with another content, one with another mode, and one that is as it should be."""
    for name, rights in (("other", 0o600), ("rights", 0o644), ("right", 0o644)):
        (tmp_path / name).write_text("before\n")
        (tmp_path / name).chmod(rights)
    return [
        item(tmp_path / "folder", state="directory", mode="0750"),
        item(tmp_path / "deep/er/new", "new\n"),
        item(tmp_path / "other", "after\n", mode="0640"),
        item(tmp_path / "rights", "before\n", mode="0600"),
        item(tmp_path / "right", "before\n"),
    ]


def test_writes(wanted, tmp_path):
    before = everything(tmp_path)
    predicted = run_module("files", True, True, paths=wanted)
    assert everything(tmp_path) == before
    done = run_module("files", False, True, paths=wanted)
    assert everything(tmp_path) == {
        "folder": ("0750", None),
        "deep": ("0755", None),
        "deep/er": ("0755", None),
        "deep/er/new": ("0644", "new\n"),
        "other": ("0640", "after\n"),
        "rights": ("0600", "before\n"),
        "right": ("0644", "before\n"),
    }
    changed = sorted(str(tmp_path / name) for name in ("folder", "deep/er/new", "other", "rights"))
    assert (
        (predicted["changed"], predicted["changed_paths"])
        == (done["changed"], done["changed_paths"])
        == (True, changed)
    )
    assert predicted["diff"] == done["diff"]
    texts = {part["before_header"]: (part["before"], part["after"]) for part in done["diff"]}
    assert texts[str(tmp_path / "other")] == ("before\n", "after\n")
    assert texts[str(tmp_path / "rights")] == ({"mode": "0644"}, {"mode": "0600"})


def test_second_run_changes_nothing(wanted, tmp_path):
    run_module("files", paths=wanted)
    before = {path: os.stat(path).st_ino for path in tmp_path.rglob("*")}
    again = run_module("files", False, True, paths=wanted)
    assert (again["changed"], again["changed_paths"], again["diff"]) == (False, [], [])
    assert {path: os.stat(path).st_ino for path in tmp_path.rglob("*")} == before


def test_all_or_none(tmp_path):
    """Of a pair of certificate and key one alone is worse than none."""
    (tmp_path / "first").write_text("before\n")
    (tmp_path / "file").write_text("not a directory\n")
    result = run_module("files", paths=[item(tmp_path / "first", "after\n"), item(tmp_path / "file/below", "x\n")])
    assert result["failed"]
    assert f"{tmp_path}/file" in result["msg"]
    assert "Fix: " in result["msg"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "first"]
    assert (tmp_path / "first").read_text() == "before\n"


def test_link_is_replaced_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_text("not ours\n")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    assert run_module("files", paths=[item(tmp_path / "link", "ours\n")])["changed"]
    assert not (tmp_path / "link").is_symlink()
    assert (tmp_path / "elsewhere").read_text() == "not ours\n"


@pytest.mark.parametrize(
    ("there", "asked", "message"),
    [
        ("file", "directory", "is no directory: expected: a directory"),
        ("directory", "file", "is a directory: expected: a file"),
    ],
)
def test_something_else_in_its_place(tmp_path, there, asked, message):
    place = tmp_path / "place"
    if there == "file":
        place.write_text("kept\n")
    else:
        place.mkdir()
    result = run_module("files", paths=[item(tmp_path / "first", "x\n"), item(place, "x\n", state=asked)])
    assert result["failed"]
    assert message in result["msg"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["place"]


def test_relative_path_is_refused():
    result = run_module("files", paths=[item("here", "x\n")])
    assert result["msg"] == "paths[].path = here: allowed: an absolute path. Fix: begin it with /"


@pytest.mark.parametrize("extra", [{"secret": True}, {"certificate": "/etc/a.crt"}], ids=["said", "a private key"])
def test_secret_stays_secret(tmp_path, extra):
    """In everything that a user can make Ansible print."""
    (tmp_path / "source").write_text(SECRET)
    (tmp_path / "there").write_text("earlier secret\n")
    (tmp_path / "there").chmod(0o644)
    paths = [
        item(tmp_path / "new", src=str(tmp_path / "source"), **extra),
        item(tmp_path / "there", SECRET, mode="0600", **extra),
    ]
    done = played(tmp_path, paths, "-vvv", "--diff")
    assert (tmp_path / "new").read_text() == (tmp_path / "there").read_text() == SECRET
    for word in ("first line", "second line", "earlier secret"):
        assert word not in done.stdout + done.stderr
    assert f"+++ after: {tmp_path}/there" in done.stdout


def played(tmp_path, paths, *words):
    """Through the controller, as a role does it. Plans have more keys than the module knows."""
    tasks = [{"overlay.flannel.files": {"paths": "{{ given }}"}}]
    (tmp_path / "play.yml").write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    given = {"given": [{**path, "restarts": True} for path in paths]}
    environ = {"ANSIBLE_INJECT_INVOCATION": "1"}
    done = run_ansible("ansible-playbook", *words, str(tmp_path / "play.yml"), variables=given, environ=environ)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_dry_run_without_the_source(tmp_path):
    """Certificates are issued by the run that follows."""
    wanted = [item(tmp_path / "new", src=str(tmp_path / "not issued yet"))]
    done = played(tmp_path, wanted, "--check", "--diff")
    assert "changed=1 " in done.stdout
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("content", [None, b"\xff\xfe binary"], ids=["missing", "no text"])
def test_source_that_cannot_be_read(tmp_path, content):
    source = tmp_path / "source"
    if content:
        source.write_bytes(content)
    options = json.dumps({"paths": [item(tmp_path / "new", src=str(source))]})
    done = run_ansible("ansible", "all", "-m", "overlay.flannel.files", "-a", options)
    assert done.returncode != 0
    output = " ".join((done.stdout + done.stderr).split())
    assert f"paths[].src = {source}: " in output
    assert "Fix: give such a file" in output
    assert not (tmp_path / "new").exists()
