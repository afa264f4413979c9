# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The packages of docker that a host needs. No I/O."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_host import DockerHost
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_platforms import (
    CE_PACKAGES,
    Repository,
    distribution_packages,
    repository,
)

# `docker.io=26.1.5`, `docker.io/bookworm` and `docker-ce-3:26.1.4` are no names: they are never found among the installed packages.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]*\Z")
VERSION_OF_RPM = re.compile(r"-((?:\d+:)?\d+\.\d.*)")
EPOCH = re.compile(r"^\d+:")
OWN_VERSION = "containerd.io"
OWN_ENTRY = "/etc/apt/sources.list.d/docker-ce.sources"
COMPONENT = "stable"


def wanted_packages(host: DockerHost) -> list[str]:
    settings = host.settings
    if settings.packages:
        return list(settings.packages)
    return list(CE_PACKAGES) if settings.package_source == "docker-ce" else distribution_packages(host.platform)


def packages_with_version(host: DockerHost) -> list[str]:
    """Those that docker_version is about."""
    return [name for name in wanted_packages(host) if name not in other_packages(host)]


def other_packages(host: DockerHost) -> list[str]:
    """dpkg's dependencies do not bring iptables everywhere, and nft nowhere."""
    others = [OWN_VERSION] if OWN_VERSION in wanted_packages(host) else []
    return others + (["iptables"] if is_apt(host) else []) + (["nftables"] if host.wants_nftables else [])


def is_apt(host: DockerHost) -> bool:
    return host.platform["package_manager"] == "apt"


def has_other_version(host: DockerHost) -> bool:
    """True where docker is installed in another version than docker_version. rpm's versions are known without their epoch."""
    version = host.settings.version if is_apt(host) else EPOCH.sub("", host.settings.version)
    wanted = version[:-1] if version.endswith("*") else version
    installed = next((found for found in map(host.package, packages_with_version(host)) if found), None)
    return installed is not None and not installed.startswith(wanted)


def pending_packages(host: DockerHost) -> list[str]:
    """What the package manager has to install, in its own spelling of a version."""
    if not host.settings.install:
        return []
    version = host.settings.version
    suffix = ("=" if is_apt(host) else "-") + version if version else ""
    every = has_other_version(host)
    found = [name + suffix for name in packages_with_version(host) if every or host.package(name) is None]
    return found + [name for name in other_packages(host) if host.package(name) is None]


def needed_repository(host: DockerHost) -> Repository:
    """Empty where the packages come from somewhere else, or nothing has to be installed."""
    settings = host.settings
    if settings.package_source != "docker-ce" or settings.packages or not pending_packages(host):
        return Repository()
    return repository(host.platform, settings.ce_url, settings.ce_key_url)


def repositories_there(host: DockerHost) -> list[t.Mapping[str, t.Any]]:
    """Entries of somebody else for the needed repository."""
    needed = needed_repository(host)
    place = (needed.get("url", "").rstrip("/"), needed.get("suite"))
    entries = (host.facts.get("repositories") or []) if needed else []
    return [entry for entry in entries if (entry["uri"], entry["suite"]) == place and entry["file"] != OWN_ENTRY]


def wanted_repository(host: DockerHost) -> Repository:
    """The one to write: none where the host has an entry for it already."""
    return Repository() if repositories_there(host) else needed_repository(host)


def not_a_name(entry: str) -> bool:
    return not NAME.match(entry) or bool(VERSION_OF_RPM.search(entry))


def version_in(entries: t.Sequence[str]) -> str:
    """The version that one of these entries holds, as docker_version has it; empty where none does."""
    for entry in entries:
        _name, sign, version = entry.partition("=")
        found = VERSION_OF_RPM.search(entry)
        if sign or found:
            return version if sign else found.group(1) if found else ""
    return ""
