"""The inventory that Ansible and the tests use. JSON is YAML too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from . import tools
from .host import ssh_options
from .settings import Lab


def path(lab: Lab) -> Path:
    return lab.state / "inventory.yml"


def content(lab: Lab) -> dict[str, Any]:
    names = [host.name for host in lab.hosts]
    hosts = {host.name: {"ansible_host": host.address, "lab_suite": host.suite} for host in lab.hosts}
    groups = {"etcd": names[: lab.etcd], "flannel": names, "docker": names}
    variables = {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(lab.key),
        "ansible_control_path_dir": str(lab.connections),
        "ansible_ssh_common_args": " ".join(ssh_options()),
        "ansible_python_interpreter": "/usr/bin/python3",
        "overlay_lab_name": lab.name,
        **tools.variables(),
    }
    children: dict[str, Any] = {group: {"hosts": dict.fromkeys(members)} for group, members in groups.items()}
    return {"all": {"hosts": hosts, "vars": variables, "children": children}}


def write(lab: Lab) -> None:
    path(lab).write_text(json.dumps(content(lab), indent=2) + "\n")
