# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.overlay.flannel.plugins.plugin_utils.upgrade_lines import upgrade_lines


def host(flannel, docker, packages=(), groups=("docker", "flannel")):
    facts = {"flannel": {"version": flannel}, "docker": docker and {"version": docker}}
    return {
        "group_names": list(groups),
        "overlay_host_info": facts,
        "overlay_docker_plan": {"packages": list(packages)},
    }


def test_each_way_has_its_hosts():
    fleet = {
        "a": host("0.26.7", "26.1.5", ["docker.io=28.5*"]),
        "b": host("0.28.10", "26.1.5", ["docker.io=28.5*"]),
        "c": host("0.26.7", "28.5.1"),
        "new": host(None, None, ["docker.io=28.5*"]),
        "member": {"group_names": ["etcd"], "overlay_host_info": {"flannel": {"version": None}, "docker": None}},
    }
    assert upgrade_lines(fleet, fleet, "v0.28.10") == [
        "flannel: 0.26.7 -> 0.28.10 on a, c",
        "flannel: 0.28.10 stays on b",
        "flannel: none -> 0.28.10 on new",
        "docker: 26.1.5 -> docker.io=28.5* on a, b",
        "docker: 28.5.1 stays on c",
        "docker: none -> docker.io=28.5* on new",
    ]


def test_nothing_changes():
    fleet = {name: host("0.28.10", "26.1.5") for name in "ab"}
    assert upgrade_lines(fleet, fleet, "0.28.10") == ["flannel: 0.28.10 stays on a, b", "docker: 26.1.5 stays on a, b"]
