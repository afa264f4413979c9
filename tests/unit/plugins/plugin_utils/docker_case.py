# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host on which docker is as wanted, and changes of it."""

from __future__ import annotations

import copy
import functools
import hashlib
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils import docker_plan
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Controller
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_files import render
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_settings import typed_settings

RENDER = functools.partial(render, "docker")
NETWORK = {"docker_overlay_network": "10.43.0.0/16"}
WATCHER = {
    "load_state": "loaded",
    "active_state": "active",
    "unit_file_state": "enabled",
    "need_daemon_reload": False,
    "drift": [],
}
TRIXIE = {"id": "debian", "version": "13", "codename": "trixie", "systemd_version": 257}
PACKAGES = {"docker.io": "26.1.5+dfsg1-9+b9", "docker-cli": "26.1.5+dfsg1-9+b9", "iptables": "1.8.11-2"}
DROP_IN = "/etc/systemd/system/docker.service.d/50-overlay-flannel.conf"
OPTIONS_FILE = "/run/flannel/docker"


def settings(**variables: t.Any) -> dict[str, t.Any]:
    found = typed_settings("docker", {**NETWORK, **variables})
    assert found.refusals == []
    return found.values


def plan(facts: t.Mapping[str, t.Any], **variables: t.Any) -> docker_plan.DockerPlan:
    return docker_plan.plan(settings(**variables), facts, Controller("host1"), RENDER)


def as_wanted(facts: t.Mapping[str, t.Any], **variables: t.Any) -> dict[str, t.Any]:
    """The recorded host after a run of the role."""
    ready = copy.deepcopy(dict(facts))
    ready["platform"].update(TRIXIE)
    query = docker_plan.query(settings(**variables))
    ready["query"] = query
    ready["packages"] = {**dict.fromkeys(query["packages"]), **PACKAGES}
    ready["sysctls"] = dict.fromkeys(query["sysctls"], "1")
    ready["files"] = {path: {"exists": False} for path in [*query["files"], *query["contents"]]}
    ready["files"][OPTIONS_FILE] = text('DOCKER_OPTS=" --bip=10.43.69.1/24 --ip-masq=false --mtu=1450"\n')
    ready["files"]["/usr/sbin/iptables"] = {"exists": True, "type": "file"}
    ready["units"].update({name: dict(WATCHER) for name in docker_plan.OWN_UNITS})
    written(ready, plan(ready, **variables))
    return ready


def written(facts: dict[str, t.Any], found: docker_plan.DockerPlan) -> None:
    """As if configure.yml had run."""
    for item in found.directories:
        facts["files"][item["path"]] = {**root(item["mode"]), "type": "directory"}
    for item in found.files:
        facts["files"][item["path"]] = text(item["content"], item["mode"])


def text(content: str, mode: str = "0644") -> dict[str, t.Any]:
    digest = hashlib.sha256(content.encode()).hexdigest()
    return {**root(mode), "type": "file", "sha256": digest, "content": content, "mark": "docker"}


def root(mode: str) -> dict[str, t.Any]:
    return {"exists": True, "mode": mode, "owner": "root", "group": "root"}


def change(facts: dict[str, t.Any], path: str, value: t.Any) -> dict[str, t.Any]:
    """Set the value at `docker|live_restore` and so on."""
    *steps, last = path.split("|")
    place = functools.reduce(lambda inner, step: inner.setdefault(step, {}), steps, facts)
    place[last] = value
    return facts
