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


def test_files_without_which_a_unit_does_not_start(tmp_path):
    (tmp_path / "a.env").write_text("A=1")
    lines = [
        f"EnvironmentFiles={tmp_path}/{name} (ignore_errors={ignored})"
        for name, ignored in (("a.env", "no"), ("b.env", "no"), ("*.env", "no"), ("*.conf", "no"), ("c.env", "yes"))
    ]
    (shown,) = systemd_units.parse_show("\n".join(["Id=docker.service", *lines]))
    assert systemd_units.missing_files(shown) == [f"{tmp_path}/b.env", f"{tmp_path}/*.conf"]


def test_the_last_file_that_empties_a_setting():
    texts = {
        "/d/10-own.conf": "[Service]\nExecStart=\nExecStart=/own\nEnvironmentFile=\n",
        "/d/50-ours.conf": "[Service]\nEnvironmentFile=/run/flannel/docker\nExecStart=\nExecStart=/ours\n",
        "/d/zz.conf": "[Service]\nExecStart=\nExecStart=/zz\n[Unit]\nExecStartPre=\n",
    }
    assert systemd_units.resets(texts) == {"ExecStart": "/d/zz.conf", "EnvironmentFile": "/d/10-own.conf"}


def test_secrets_of_a_hand_made_unit(tmp_path):
    """They are compared with what runs, and not returned."""
    fragment = tmp_path / "own.service"
    fragment.write_text('[Service]\nExecStart=/srv/flanneld "--etcd-password=hu sh" --iface=eth0\n')
    unit = systemd_units.unit_fact("own.service", {"FragmentPath": [str(fragment)], "LoadState": ["loaded"]})
    assert unit["exec_start"] == unit["fragment_exec_start"] == '/srv/flanneld "--etcd-password=***" --iface=eth0'
