# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what flanneld and mk-docker-opts.sh have left on the host."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import HostRunner
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import BACKENDS
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_options import options_in, subnet_env
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.files import read_text
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.processes import environment
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.systemd_syntax import parse_environment_file
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Flannel, Interface, Process

SUBNET_ENV = "/run/flannel/subnet.env"
DOCKER_ENV = "/run/flannel/docker"
BINARY = "/usr/local/bin/flanneld"
VTEP_KINDS = {backend.device.kind for backend in BACKENDS.values() if backend.device and backend.device.is_vtep}


def variables(path: str) -> dict[str, str] | None:
    text = read_text(path)
    return None if text is None else parse_environment_file(text)


def devices(interfaces: t.Mapping[str, Interface]) -> list[str]:
    """IPv4's device before IPv6's."""
    return sorted((name for name in interfaces if name.startswith("flannel")), key=lambda name: ("-v6" in name, name))


def with_entries(interfaces: t.Mapping[str, Interface]) -> list[str]:
    """Those for which flanneld sets neighbours and forwarding entries."""
    return [name for name in devices(interfaces) if interfaces[name]["kind"] in VTEP_KINDS]


def parse_version(output: str) -> str | None:
    """`v0.28.10`, or what a build of one's own says; a stack trace or usage text is none."""
    found = re.match(r"v?([0-9A-Za-z][0-9A-Za-z.+_-]*)\s*\Z", output)
    return found.group(1) if found else None


def version(process: Process | None, run: HostRunner) -> str | None:
    """flanneld prints its version to stderr."""
    done = run([process["executable"] if process else BINARY, "-version"])
    return parse_version(done.error or done.out) if done.code == 0 else None


def public_ip(process: Process | None) -> str | None:
    """The address that the running flanneld was given, as a flag or in its environment; a flag wins."""
    if process is None:
        return None
    flags: list[str] = re.findall(r"(?:\A|\0)--?public-ip[=\0]([^\0]+)", "\0".join(process["argv"]))
    return flags[-1] if flags else (environment(process["pid"]) or {}).get("FLANNELD_PUBLIC_IP")


def read_flannel(process: Process | None, interfaces: t.Mapping[str, Interface], run: HostRunner) -> Flannel:
    subnet, docker = variables(SUBNET_ENV), variables(DOCKER_ENV)
    found = devices(interfaces)
    return Flannel(
        version=version(process, run),
        public_ip=public_ip(process),
        subnet_env=None if subnet is None else subnet_env(subnet),
        docker_env=docker,
        docker_options=None if docker is None else options_in(docker),
        device=found[0] if found else None,
    )
