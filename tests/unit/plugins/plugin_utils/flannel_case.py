# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host, the variables of the role flannel and the controller's files, for the tests of its plan."""

from __future__ import annotations

import functools
import hashlib
import json

from ansible_collections.overlay.flannel.plugins.plugin_utils import flannel_plan, secret_digest
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_context import flannel_context
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Controller
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_files import render
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_settings import typed_settings

HOST = "node"
FLANNELD = "/usr/local/bin/flanneld"
NETWORK = {"Network": "10.43.0.0/16", "Backend": {"Type": "vxlan"}}
CACHE = "/cache"
TRIXIE = {"id": "debian", "version": "13", "family": "debian", "codename": "trixie"}
EL7 = {"id": "centos", "version": "7", "family": "redhat", "systemd_version": 219, "package_manager": "yum"}
BY_PACKAGE = {"install_method": "package", "version": "0.7.1", "docker_options_key": "DOCKER_NETWORK_OPTIONS"}
BASE = {
    "flannel_install_method": "file",
    "flannel_file_dir": "/programs",
    "flannel_etcd_endpoints": ["http://172.72.103.11:2379"],
    "flannel_network": NETWORK,
    "flannel_hosts": [HOST, "other"],
}
PROGRAMS = {"/programs/flanneld": "flanneld", "/programs/mk-docker-opts.sh": "maker"}


def settings(**changes):
    """By the names of the options without their prefix."""
    found = typed_settings("flannel", {**BASE, **{f"flannel_{name}": value for name, value in changes.items()}})
    assert found.refusals == []
    return found.values


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def controller(files=None):
    """`files` are those of the controller beside the programs."""
    there = {**PROGRAMS, **(files or {})}
    return Controller(
        host=HOST,
        ansible_host="172.72.103.13",
        digest=lambda path: sha256(there[path]) if path in there else None,
        read=there.get,
    )


def context(facts, files=None, **changes):
    return flannel_context(settings(**changes), facts, controller(files))


def plan(facts, files=None, **changes):
    return flannel_plan.plan(settings(**changes), facts, controller(files), functools.partial(render, "flannel"))


def bare(facts, **platform):
    """The recorded host before anything of flannel is there."""
    query = flannel_plan.query(settings())
    facts["platform"].update({**TRIXIE, "systemd_version": 257, **platform})
    facts.update(units={}, processes={}, packages={**dict.fromkeys(query["packages"]), "iptables": "1.8"})
    facts["files"] = {path: {"exists": False} for path in [*query["files"], *query["secrets"]]}
    facts["sysctls"] = dict.fromkeys(query["sysctls"], "0")
    facts["flannel"] = {**dict.fromkeys(facts["flannel"]), "docker_env": {}}
    del facts["interfaces"]["flannel.1"]
    return facts


def kind_of_digest(item):
    return "digest" if item.get("secret") else "sha256"


def converged(facts, **changes):
    """The recorded host, on which everything is as the plan for these variables wants it."""
    healthy = json.loads(json.dumps(facts))
    found = plan(bare(facts, systemd_version=healthy["platform"]["systemd_version"]), **changes)
    facts.update({name: healthy[name] for name in ("units", "processes", "flannel", "interfaces")})
    for item in [*found.programs, *found.files]:
        text = item["content"] if "content" in item else PROGRAMS[item["src"]]
        digest = secret_digest.secret_digest(text.encode()) if item.get("secret") else sha256(text)
        fact = {"exists": True, "type": "file", "mode": item["mode"], kind_of_digest(item): digest}
        facts["files"][item["path"]] = {**fact, "mark": "flannel" if "content" in item else ""}
    facts["files"].update({item["path"]: {"exists": True, "type": "directory"} for item in found.directories})
    facts["units"]["overlay-flannel-repair.timer"] = {"active_state": "active", "unit_file_state": "enabled"}
    facts["sysctls"].update(dict.fromkeys(found.sysctls, "1"))
    return facts
