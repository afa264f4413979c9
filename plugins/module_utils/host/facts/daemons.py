# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every etcd, flanneld, dockerd and k3s on the host, whoever has started it: its unit, its container, its data directory."""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import processes
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Daemon

NAMES = ("etcd", "flanneld", "dockerd", "k3s-server", "k3s-agent")
ETCD = "etcd"
# docker, containerd, podman and cri-o name a container's cgroup by 64 hexadecimal digits; the other one is that of Kubernetes' pods.
CONTAINER = re.compile(r"(^|[/:-])[0-9a-f]{64}([./]|$)|kubepods")
INIT = "/init.scope"
UNIT = re.compile(r"[^/]+\.(?:service|scope)$")
USER_MANAGER = re.compile(r"user@[0-9]+\.service$")
DATA_FILE = re.compile(r"(.*)/member/(?:snap|wal)/")


def cgroup_path(text: str) -> str:
    """systemd's cgroup in the text of /proc/PID/cgroup: that of version 2, or the named one of version 1. The other one is `/` or the same."""
    lines = [line.split(":", 2) for line in text.splitlines() if line.count(":") >= 2]
    paths = [path for _number, controllers, path in lines if controllers in ("", "name=systemd")]
    return max(paths, key=len, default="")


def host_part(path: str, of_init: str) -> str:
    """Without what lies above this host's own cgroups, which process 1 shows: the host may be a container itself."""
    root = of_init[: -len(INIT)] if of_init.endswith(INIT) else ""
    return path[len(root) :] if path.startswith(f"{root}/") else path


def read_cgroup(pid: int) -> str:
    paths = (
        processes.read_bytes(f"{processes.PROC}/{number}/cgroup").decode("utf-8", "replace") for number in (pid, 1)
    )
    own, of_init = map(cgroup_path, paths)
    return host_part(own, of_init)


def unit_of(path: str) -> str:
    """The unit of a cgroup, a user's unit with that of the user's manager; the path itself where it is of no unit."""
    units = [part for part in path.split("/") if UNIT.match(part)]
    if len(units) > 1 and USER_MANAGER.match(units[0]):
        return f"{units[-1]} of {units[0]}"
    return units[0] if units else path


def same_namespace(pid: int, kind: str) -> bool:
    own = processes.namespace("self", kind)
    return bool(own) and processes.namespace(pid, kind) == own


def option(argv: t.Sequence[str], name: str) -> str:
    """The value of --name in either spelling; the last one wins."""
    found = ""
    for position, argument in enumerate(argv):
        word, sign, value = argument.lstrip("-").partition("=")
        if argument.startswith("-") and word == name:
            found = value if sign else "".join(argv[position + 1 : position + 2])
    return found


def data_dir(pid: int) -> str:
    """Of an etcd: as its arguments or its environment say, else where its files are open. Empty where none of them says it."""
    argv, environment = processes.arguments(pid), processes.environment(pid) or {}
    if not option(argv, "config-file") and not environment.get("ETCD_CONFIG_FILE"):
        stated = option(argv, "data-dir") or environment.get("ETCD_DATA_DIR") or ""
        if stated:
            return os.path.normpath(os.path.join(processes.link(f"{processes.PROC}/{pid}/cwd"), stated))
    found = (DATA_FILE.match(path) for path in processes.open_files(pid))
    return next((match.group(1) for match in found if match), "")


def read_daemon(pid: int, name: str) -> Daemon | None:
    """None for one that has ended or only answers, or that belongs to another host or to a container with a network of its own."""
    process = processes.read_process(pid)
    path = read_cgroup(pid)
    in_container = bool(CONTAINER.search(path)) or not same_namespace(pid, "pid")
    on_host_network = same_namespace(pid, "net")
    if process is None or processes.only_answers(pid) or (in_container and not on_host_network):
        return None
    return Daemon(
        name=name,
        pid=pid,
        executable=process["executable"],
        unit=unit_of(path),
        in_container=in_container,
        on_host_network=on_host_network,
        data_dir=data_dir(pid) if name == ETCD else "",
    )


def read_daemons(main_pids: t.Mapping[int, str]) -> list[Daemon]:
    """`main_pids` are the main processes of the daemons' units with the daemon's name, whatever their own name is."""
    found = {**{pid: name for pid, name in processes.every_name() if name in NAMES}, **main_pids}
    read = (read_daemon(pid, name) for pid, name in sorted(found.items()))
    return [daemon for daemon in read if daemon is not None]
