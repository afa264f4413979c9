# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pathlib

import pytest

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
