# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import pathlib

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common import keyed_digest
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import files

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_files(tmp_path):
    path = tmp_path / "a"
    path.write_text("")
    path.chmod(0o640)
    found = files.read_files([str(path), str(tmp_path), str(tmp_path / "none")], [])
    assert (found[str(path)]["sha256"], found[str(path)]["mode"], found[str(path)]["type"]) == (EMPTY, "0640", "file")
    assert found[str(path)]["owner"] == path.owner()
    assert (found[str(tmp_path)]["type"], found[str(tmp_path)]["sha256"]) == ("directory", None)
    assert found[str(tmp_path / "none")] == {"exists": False}


def test_links(tmp_path):
    (tmp_path / "a").write_text("")
    for name, target in (("good", "a"), ("bad", "none")):
        (tmp_path / name).symlink_to(target)
    good, bad = (files.read_file(str(tmp_path / name)) for name in ("good", "bad"))
    assert (good["type"], good["target"], good["sha256"]) == ("link", "a", EMPTY)
    assert bad == {"exists": True, "type": "link", "target": "none", "sha256": None}


@pytest.mark.parametrize(
    ("data", "content"), [(b"x\n", "x\n"), (b"\xff\xfe", None), (b"a" * (files.CONTENT_LIMIT + 1), None)]
)
def test_contents(tmp_path, data, content):
    path = tmp_path / "a"
    path.write_bytes(data)
    assert files.read_files([], [str(path)])[str(path)]["content"] == content


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
        ("net.ipv4.conf.eth0/1.rp_filter", "net/ipv4/conf/eth0.1/rp_filter"),
        ("net/ipv4/conf/eth0.1/rp_filter", "net/ipv4/conf/eth0.1/rp_filter"),
    ],
)
def test_sysctl_names(name, path):
    assert files.sysctl_path(name) == "/proc/sys/" + path


def test_sysctls():
    found = files.read_sysctls(["kernel.ostype", "no.such.thing"])
    assert found == {
        "kernel.ostype": pathlib.Path("/proc/sys/kernel/ostype").read_text().strip(),
        "no.such.thing": None,
    }


@pytest.mark.parametrize("key", ["", "key", "another key"])
def test_secrets(tmp_path, key):
    """Nothing that anybody could compute from a guess, wherever else the path is named."""
    path = tmp_path / "secret"
    path.write_text("hush")
    path.chmod(0o600)
    name = str(path)
    fact = files.read_files([name], [name], [name, str(tmp_path), str(tmp_path / "none")], key)[name]
    assert fact["digest"] == (keyed_digest.keyed_digest(key, b"hush") if key else None)
    assert (fact["mode"], fact["owner"], fact["type"]) == ("0600", path.owner(), "file")
    assert {"sha256", "size", "content"} & set(fact) == set()
    assert hashlib.sha256(b"hush").hexdigest() not in str(fact)


def test_secrets_that_are_no_files(tmp_path):
    (tmp_path / "bad").symlink_to("none")
    found = files.read_files([], [], [str(tmp_path), str(tmp_path / "none"), str(tmp_path / "bad")], "key")
    assert [fact.get("digest") for fact in found.values()] == [None, None, None]
    assert found[str(tmp_path / "none")] == {"exists": False}


def test_keys_of_digests():
    digests = {keyed_digest.keyed_digest(key, text) for key in ("a", "b") for text in (b"x", b"y")}
    assert len(digests) == 4
    assert len({keyed_digest.key_name(key) for key in ("", "a", "b")}) == 3
    assert keyed_digest.key_name("") == ""


def test_contents_with_secrets(tmp_path):
    """A file of the user, such as the environment of docker with a proxy."""
    path = tmp_path / "docker"
    path.write_text("HTTP_PROXY=http://user:hush@192.0.2.1\nDOCKER_OPTS=--bip=10.20.5.1/24\n")
    fact = files.read_files([], [str(path)], key="key")[str(path)]
    assert fact["content"] == "HTTP_PROXY=http://***@192.0.2.1\nDOCKER_OPTS=--bip=10.20.5.1/24\n"
    assert fact["digest"] == keyed_digest.keyed_digest("key", path.read_bytes())
    assert {"sha256", "size"} & set(fact) == set()
