# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker's packages of each distribution, and the repository of Docker Inc. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Platform

# The first name that fits decides: id-version, family-major, id, family. Others have no package of docker that the role knows.
DISTRIBUTION_PACKAGES: t.Mapping[str, t.Sequence[str]] = {
    "debian-11": ("docker.io",),
    "debian-12": ("docker.io",),
    "debian": ("docker.io", "docker-cli"),  # from Debian 13 on the client is a package of its own
    "ubuntu": ("docker.io",),
    "redhat-7": ("docker",),  # 1.12 or 1.13; its unit passes DOCKER_NETWORK_OPTIONS to dockerd: docker_options_key
}
CE_PACKAGES = ("docker-ce", "docker-ce-cli", "containerd.io")
CE_DISTRIBUTIONS = ("centos", "fedora", "rhel")
# A package of the other source is refused: both have a docker.service.
OTHER_SOURCE = {"distribution": ("docker-ce", "docker-ce"), "docker-ce": ("docker.io", "distribution")}

# What apt removes for a package, because one of both conflicts with the other
REPLACED: t.Mapping[str, t.Sequence[str]] = {
    "docker.io": ("containerd.io", "podman-docker"),
    "containerd.io": ("containerd", "runc"),
}


class Repository(t.TypedDict, total=False):
    """The repository of Docker Inc.; `kind` is apt or rpm, `suite` and `architecture` are apt's."""

    kind: str
    url: str
    key_url: str
    suite: str
    architecture: str


def search_order(platform: Platform) -> list[str]:
    major = platform["version"].split(".")[0]
    return [
        f"{platform['id']}-{platform['version']}",
        f"{platform['family']}-{major}",
        platform["id"],
        platform["family"],
    ]


def distribution_packages(platform: Platform) -> list[str]:
    return next(
        (list(DISTRIBUTION_PACKAGES[key]) for key in search_order(platform) if key in DISTRIBUTION_PACKAGES), []
    )


def repository(platform: Platform, ce_url: str, ce_key_url: str) -> Repository:
    """Docker Inc. has no folder for the other distributions of Red Hat's family; theirs is that of CentOS."""
    own = platform["family"] != "redhat" or platform["id"] in CE_DISTRIBUTIONS
    folder = f"{ce_url}/{platform['id'] if own else 'centos'}"
    key_url = ce_key_url or f"{folder}/gpg"
    if platform["package_manager"] != "apt":
        return Repository(kind="rpm", url=f"{folder}/$releasever/$basearch/stable", key_url=key_url)
    return Repository(
        kind="apt",
        url=folder,
        key_url=key_url,
        suite=platform["codename"],
        architecture=platform["architecture"],
    )
