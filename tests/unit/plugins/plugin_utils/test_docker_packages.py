# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages, their versions and the repository of Docker Inc., by distribution."""

from __future__ import annotations

import docker_case as case
import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_platforms import distribution_packages

DEBIAN = {"id": "debian", "family": "debian", "version": "13", "codename": "trixie", "package_manager": "apt"}
ROCKY = {"id": "rocky", "family": "redhat", "version": "9.4", "codename": "", "package_manager": "dnf"}
CE = {"docker_package_source": "docker-ce"}
URL = "https://download.docker.com/linux"


def platform(**changes):
    return {**DEBIAN, "architecture": "amd64", **changes}


@pytest.mark.parametrize(
    ("changes", "packages"),
    [
        ({"version": "11"}, ["docker.io"]),
        ({"version": "12"}, ["docker.io"]),
        ({"version": "13"}, ["docker.io", "docker-cli"]),
        ({"version": ""}, ["docker.io", "docker-cli"]),
        ({"id": "linuxmint", "version": "22.1"}, ["docker.io", "docker-cli"]),
        ({"id": "lmde", "version": "12.1"}, ["docker.io"]),
        ({"id": "ubuntu", "version": "24.04"}, ["docker.io"]),
        ({"id": "centos", "family": "redhat", "version": "7"}, ["docker"]),
        ({"id": "rhel", "family": "redhat", "version": "7.9"}, ["docker"]),
        (ROCKY, []),
        ({"id": "alpine", "family": "alpine", "version": "3.20"}, []),
    ],
)
def test_packages_of_distributions(changes, packages):
    assert distribution_packages(platform(**changes)) == packages


def planned(facts, installed, variables, **changes):
    facts["platform"].update(platform(**changes))
    facts["packages"] = installed
    return case.plan(facts, **variables)


IO, CLI = "26.1.5+dfsg1-9+b9", "docker-cli"
IPTABLES = {"iptables": "1.8.11-2"}
RPM_CE = {"docker-ce": "26.1.4-1.el9", "docker-ce-cli": "26.1.4-1.el9", "containerd.io": "1.7-1.el9"}


@pytest.mark.parametrize(
    ("installed", "variables", "packages"),
    [
        ({}, {}, ["docker.io", CLI, "iptables"]),
        ({"docker.io": IO, CLI: IO, **IPTABLES}, {}, []),
        ({"docker.io": IO, **IPTABLES}, {}, [CLI]),
        ({}, {"docker_version": "26.1*"}, ["docker.io=26.1*", CLI + "=26.1*", "iptables"]),
        ({"docker.io": IO, CLI: IO, **IPTABLES}, {"docker_version": "26.1*"}, []),
        ({"docker.io": IO, CLI: IO, **IPTABLES}, {"docker_version": IO}, []),
        ({"docker.io": IO, CLI: IO, **IPTABLES}, {"docker_version": "26.2*"}, ["docker.io=26.2*", CLI + "=26.2*"]),
        ({"docker.io": IO, **IPTABLES}, {"docker_version": "26.1*"}, [CLI + "=26.1*"]),
        ({"docker.io": IO, **IPTABLES}, {"docker_packages": ["moby", "docker.io"]}, ["moby"]),
        ({}, {"docker_install": False}, []),
        ({}, {**CE, "docker_version": "5:28*"}, ["docker-ce=5:28*", "docker-ce-cli=5:28*", "containerd.io", "iptables"]),
    ],
)  # fmt: skip
def test_with_apt(facts, installed, variables, packages):
    found = planned(facts, installed, variables)
    assert found.packages == packages
    assert found.apt
    missing = [text for text in found.remaining if text.startswith("the package ")]
    assert missing == [f"the package {name} is not installed" for name in packages]


@pytest.mark.parametrize(
    ("installed", "version", "packages"),
    [
        ({}, "", ["docker-ce", "docker-ce-cli", "containerd.io"]),
        ({}, "26.1.4", ["docker-ce-26.1.4", "docker-ce-cli-26.1.4", "containerd.io"]),
        (RPM_CE, "26.1.4", []),
        (RPM_CE, "3:26.1.4-1.el9", []),
        (RPM_CE, "3:26.2*", ["docker-ce-3:26.2*", "docker-ce-cli-3:26.2*"]),
    ],
)
def test_with_rpm(facts, installed, version, packages):
    found = planned(facts, installed, {**CE, "docker_version": version}, **ROCKY)
    assert (found.packages, found.apt) == (packages, False)


def test_only_another_version_lets_the_package_restart_docker(facts):
    installed = {"docker.io": IO, CLI: IO}
    assert not planned(facts, installed, {}).package_may_start
    assert planned(facts, installed, {"docker_version": "27*"}).package_may_start
    facts["units"]["docker.service"]["active_state"] = "inactive"
    assert not planned(facts, installed, {"docker_version": "27*"}).package_may_start


@pytest.mark.parametrize(
    ("changes", "variables", "repository"),
    [
        ({}, {}, {"kind": "apt", "url": f"{URL}/debian", "key_url": f"{URL}/debian/gpg", "suite": "trixie", "architecture": "amd64"}),
        ({}, {"docker_ce_url": "https://mirror", "docker_ce_key_url": "https://key"}, {"kind": "apt", "url": "https://mirror/debian", "key_url": "https://key", "suite": "trixie", "architecture": "amd64"}),
        (ROCKY, {}, {"kind": "rpm", "url": f"{URL}/centos/$releasever/$basearch/stable", "key_url": f"{URL}/centos/gpg"}),
        ({**ROCKY, "id": "fedora"}, {}, {"kind": "rpm", "url": f"{URL}/fedora/$releasever/$basearch/stable", "key_url": f"{URL}/fedora/gpg"}),
        ({}, {"docker_packages": ["docker-ce"]}, {}),
        ({}, {"docker_package_source": "distribution"}, {}),
        ({}, {"docker_install": False}, {}),
    ],
)  # fmt: skip
def test_repository(facts, changes, variables, repository):
    assert planned(facts, {}, {**CE, **variables}, **changes).repository == repository


def test_no_repository_where_nothing_has_to_be_installed(facts):
    installed = {"docker-ce": "5:28", "docker-ce-cli": "5:28", "containerd.io": "1.7", **IPTABLES}
    assert planned(facts, installed, CE).repository == {}
