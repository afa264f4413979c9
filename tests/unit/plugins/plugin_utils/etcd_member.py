# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with etcd as host_info reports it, and its plan."""

from __future__ import annotations

import functools

from ansible_collections.overlay.flannel.plugins.plugin_utils import etcd_plan
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Controller
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_files import render
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_settings import typed_settings

DATA = "/var/lib/etcd/overlay"
ENVIRONMENT = "/etc/etcd/overlay.env"
INITIAL = "/etc/etcd/overlay-initial.env"
UNIT_FILE = "/etc/systemd/system/etcd.service"
DROP_IN = "/etc/systemd/system/etcd.service.d/50-overlay-flannel.conf"
GUARD = "/usr/local/sbin/overlay-etcd-guard"
GUARD_DROP_IN = "/etc/systemd/system/etcd.service.d/60-overlay-flannel-guard.conf"
MARK = "/etc/etcd/overlay-member"
# The guard makes the mark when etcd is ready.
GUARD_MADE = {"exists": True, "type": "file", "mode": "0644", "owner": "root", "group": "root"}
FOUNDS = {"state": "new", "joins": False, "cluster": "one=http://192.0.2.11:2380"}
PLATFORM = {
    "id": "debian",
    "version": "13",
    "family": "debian",
    "architecture": "amd64",
    "init": "systemd",
    "systemd_version": 257,
    "package_manager": "apt",
}
NOW = 1_800_000_000.0


def settings_of(**variables):
    found = typed_settings("etcd", {f"etcd_{name}": value for name, value in variables.items()})
    assert found.refusals == []
    return found.values


def member(name, number, data=False, **urls):
    url = f"http://192.0.2.{number}:2379"
    own = {"client_url": url, "peer_url": f"http://192.0.2.{number}:2380", "endpoint": url, "version": ""}
    return {"name": name, "data": data, **own, "plain": False, **urls}


def facts_of(files=(), unit=(), platform=(), packages=(), address="192.0.2.11"):
    """A Debian 13 on which nothing of etcd is installed; a file that has a text has it as its content."""
    known = {
        path: {"exists": True, "type": "file", "content": value, "mark": ""} if isinstance(value, str) else value
        for path, value in dict(files).items()
    }
    return {
        "platform": {**PLATFORM, **dict(platform)},
        "files": known,
        "units": {"etcd.service": {"active_state": "inactive", "unit_file_state": "", "drift": [], **dict(unit)}},
        "packages": {"etcd-server": None, "etcd-client": None, "etcd": None, **dict(packages)},
        "interfaces": {"eth0": {"addresses": [{"address": address, "family": 4, "prefixlen": 24}]}},
        "routes": [{"dst": "192.0.2.0/24", "dev": "eth0", "metric": 0, "src": address, "via": ""}],
    }


HAS_DATA = {f"{DATA}/member": {"exists": True, "type": "directory"}}


def controller_of(members=(), host="one", first_start=None, digest=None, groups=None, now=NOW):
    names = [one["name"] for one in members] or [host]
    return Controller(
        host=host,
        ansible_host="192.0.2.11",
        now=now,
        digest=digest or (lambda path: "0" * 64),
        groups={"etcd": names} if groups is None else groups,
        members=list(members),
        first_start=first_start or {},
    )


def plan_of(facts=None, controller=None, **variables):
    controller = controller or controller_of(first_start=FOUNDS)
    return etcd_plan.plan(settings_of(**variables), facts or facts_of(), controller, functools.partial(render, "etcd"))


def converged(plan, facts, started=NOW - 100):
    """The facts after everything in this plan was done and the daemon runs."""
    import hashlib

    files = dict(facts["files"])
    for item in [*plan.directories, *plan.programs, *plan.files]:
        content = item.get("content")
        digest = hashlib.sha256(content.encode()).hexdigest() if content is not None else "0" * 64
        files[item["path"]] = {
            "exists": True,
            "type": item.get("state", "file"),
            "sha256": digest,
            "content": content,
            "mode": item["mode"],
            "owner": item.get("owner", "root"),
            "mark": "etcd" if content is not None else "",
        }
    files.update({item["path"]: {"exists": False} for item in plan.unwanted})
    files[MARK] = {**GUARD_MADE, "sha256": hashlib.sha256(b"").hexdigest()}
    files.update({f"{plan.data_dir}/member": {"exists": True, "type": "directory"}})
    unit = {"active_state": "active", "unit_file_state": "enabled", "started": started, "drift": []}
    packages = {**facts["packages"], **{name.split("-2")[0]: "3.5.16-4" for name in plan.packages}}
    return {**facts, "files": files, "units": {"etcd.service": unit}, "packages": packages}
