# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import Output
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import systemd_units

UNIT = """[Unit]
ExecStart=/not/this
[Service]
ExecStart=/usr/bin/dockerd -H fd:// \\
# a comment in between
    --x=1
ExecStartPre=/bin/true
[Install]
ExecStart=/nor/this
"""


def test_show(recorded):
    docker, absent, odd = systemd_units.parse_show(recorded("systemctl_show.txt"))
    assert systemd_units.environment_files(docker) == ["/etc/default/docker", "/run/flannel/docker"]
    assert (systemd_units.number(docker, "MainPID"), systemd_units.one(docker, "ActiveState")) == (261, "active")
    assert (systemd_units.one(absent, "LoadState"), systemd_units.environment_files(absent)) == ("not-found", [])
    assert systemd_units.unit_variables(odd) == {"EA": "1", "EB": "two words", "EC": 'it"s', "ED": "flannel-2"}


def test_systemd_219_names_environment_files_as_the_setting():
    (shown,) = systemd_units.parse_show(
        "Id=docker.service\nEnvironmentFile=/a (ignore_errors=yes)\nEnvironmentFile=/b (ignore_errors=no)\n"
    )
    assert systemd_units.environment_files(shown) == ["/a", "/b"]


def test_look(recorded):
    units = systemd_units.read_units(
        ["nope.service"], lambda argv: Output(0, recorded("systemctl_show.txt").split("\n\n")[1])
    )
    assert units["nope.service"]["load_state"] == "not-found"
    assert units["nope.service"]["started"] is None
    assert systemd_units.read_units(["nope.service"], lambda argv: Output(1)) == {}
    assert systemd_units.read_units([], lambda argv: Output(0)) == {}


@pytest.mark.parametrize(
    ("texts", "command"),
    [
        ([UNIT], "/usr/bin/dockerd -H fd://  --x=1"),
        ([UNIT, "[Service]\nExecStart=\nExecStart=/other\n"], "/other"),
        ([UNIT, "[Service]\nExecStart=\n"], ""),
        ([UNIT, "[Service]\nRestart=always\n"], "/usr/bin/dockerd -H fd://  --x=1"),
        ([""], ""),
    ],
)
def test_last_exec_start(texts, command):
    assert systemd_units.last_exec_start(texts) == command


def test_later_files_win(tmp_path):
    for name, text in (("1.env", "A=1\nB=1\n"), ("2.env", "B=2\n")):
        (tmp_path / name).write_text(text)
    found = systemd_units.file_variables([str(tmp_path / "*.env"), str(tmp_path / "none")])
    assert {name: value for name, (value, _file) in found.items()} == {"A": "1", "B": "2"}
    assert found["B"][1].endswith("2.env")
