# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of hosts that only exist on paper."""

from __future__ import annotations

import functools
import json

from modules import ROOT

from ansible_collections.overlay.flannel.plugins.plugin_utils.components import BY_NAME
from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import union
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_settings import typed_settings

FACTS = json.loads((ROOT / "tests/unit/plugins/fixtures/healthy_host.json").read_text())["facts"]


def paper(address, *components):
    """The facts of a host on which nothing of the components is installed."""
    query = functools.reduce(union, [BY_NAME[name].query(typed_settings(name, {}).values) for name in components])
    there = {"iptables": "1.8.13-1", "python3-apt": "3.1"}
    eth0 = {**FACTS["interfaces"]["host0"], "addresses": [{"address": address, "family": 4, "prefixlen": 24}]}
    return {
        **FACTS,
        "query": query,
        "files": {path: {"exists": False} for path in [*query["files"], *query["contents"], *query["secrets"]]},
        "units": {},
        "packages": {name: there.get(name) for name in query["packages"]},
        "sysctls": dict.fromkeys(query["sysctls"], "1"),
        "interfaces": {"eth0": eth0},
        "processes": {},
        "flannel": {**dict.fromkeys(FACTS["flannel"]), "docker_env": {}},
    }
