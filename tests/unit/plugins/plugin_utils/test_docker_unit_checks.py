# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of docker's unit is refused: each check once with what it refuses, and with what passes beside it."""

from __future__ import annotations

import docker_case as case
import pytest

ZZ, FIRST = "/etc/systemd/system/docker.service.d/zz.conf", "/run/systemd/system/docker.service.d/10-own.conf"
VENDOR = {"exec_start": "/usr/bin/dockerd -H fd://", "fragment_exec_start": "/usr/bin/dockerd -H fd://"}
NOT_OURS = {"environment_files": ["/etc/default/docker"]}


@pytest.mark.parametrize(
    ("unit", "refused"),
    [
        ({"missing_files": ["/run/own.env", "/etc/b.env"]}, "EnvironmentFile of docker.service = /run/own.env, /etc/b.env: allowed"),
        ({"missing_files": [case.OPTIONS_FILE]}, None),  # flanneld does not run yet
        ({"missing_files": []}, None),
        ({"resets": {"EnvironmentFile": ZZ}, **NOT_OURS}, f"{ZZ} = EnvironmentFile= (empty): allowed"),
        ({"resets": {"EnvironmentFile": FIRST}, **NOT_OURS}, None),  # before ours, which adds the file again
        ({"resets": {"EnvironmentFile": ZZ}}, None),  # it has flannel's file as well
        ({"resets": {"ExecStartPre": ZZ}}, f"{ZZ} = ExecStartPre= (empty): allowed"),
        ({"resets": {"ExecStartPre": FIRST}}, None),
        ({"resets": {"ExecStart": ZZ}, **VENDOR}, f"{ZZ} = ExecStart= (empty): allowed"),
        ({"resets": {"ExecStart": FIRST}, **VENDOR}, None),
        ({"resets": {"ExecStart": case.DROP_IN}, **VENDOR}, None),
        ({"resets": {"ExecStart": ZZ}}, None),  # it has the key
        ({"resets": {"ExecStart": ZZ}, **VENDOR, "exec_start": "/opt/dockerd"}, "ExecStart of docker.service = /opt/dockerd: allowed"),
    ],
)  # fmt: skip
def test_unit(facts, unit, refused):
    ready = case.as_wanted(facts)
    ready["units"]["docker.service"].update(unit)
    found = case.plan(ready).refusals
    assert [refused in text for text in found] == ([True] if refused else [])
    assert all(text.startswith("host1: ") and text.endswith(".") for text in found)
