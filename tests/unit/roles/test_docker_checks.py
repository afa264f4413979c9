# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The docker role judges only keys of daemon.json that host_info tells."""

from __future__ import annotations

import pathlib
import re

import yaml

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker import DAEMON_JSON_KEYS

CHECKS = (pathlib.Path(__file__).parents[3] / "roles/docker/vars/checks.yml").read_text()


def test_what_the_role_reads_is_told():
    clashing = re.findall("'([a-z][a-z0-9-]+)'", yaml.safe_load(CHECKS)["__docker_clashing_names"])
    read = re.findall(r"__docker_json(?:\.|\[')([a-z0-9-]+)", CHECKS)
    assert {"bip", "fixed-cidr-v6"} <= set(clashing)
    assert {"iptables", "firewall-backend"} == set(read)
    assert {*clashing, *read} <= set(DAEMON_JSON_KEYS)
