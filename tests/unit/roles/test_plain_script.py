# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The yardstick of `make bench` installs what the roles install: it has once measured hosts whose docker no longer started."""

from __future__ import annotations

import pathlib
import re
import types

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_files import options_command, peers_command
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_rules import rules_command

ROOT = pathlib.Path(__file__).parents[3]
SCRIPT = (ROOT / "tests/bench/plain.sh").read_text()
SETTINGS = types.SimpleNamespace(
    options_file="/run/flannel/docker",
    options_key="DOCKER_OPTS",
    start_without_flannel=60,
    flannel_unit="flanneld.service",
    accept_from=[],
    closed_ports=[],
    overlay_device="flannel.1",
    overlay_network="$network",
    overlay_ipv6_device="",
    overlay_ipv6_network="",
    peers_only=True,
)


def test_commands_before_docker_are_those_of_the_role():
    found = re.findall(r"(?m)^ExecStartPre=(/.*)$", SCRIPT)
    assert found == [" ".join(options_command(SETTINGS)), " ".join(rules_command(SETTINGS))]


def test_the_overlay_is_accepted_as_by_the_role():
    assert f"ExecStart={peers_command(SETTINGS, 'follow')}\n" in SCRIPT
    assert f"ExecStartPre=-{peers_command(SETTINGS, 'set')}\n" in SCRIPT


@pytest.mark.parametrize("role", ["docker", "flannel"])
def test_every_script_of_the_role_is_called(role):
    paths = (ROOT / f"roles/{role}/files").glob("overlay-*")
    assert [path.name for path in paths if f"/usr/local/sbin/{path.name}" not in SCRIPT] == []
