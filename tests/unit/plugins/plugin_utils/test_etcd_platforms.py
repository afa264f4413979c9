# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils import etcd_platforms
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_platforms import etcd_platform
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_release import (
    flannel_needs_v2,
    is_unsupported,
    minor_of,
    program_names,
)

DEBIAN, REDHAT = "/etc/default/etcd", "/etc/etcd/etcd.conf"


@pytest.mark.parametrize(
    ("name", "version", "family", "release", "fixed", "environment"),
    [
        ("debian", "12", "debian", "3.4", "", DEBIAN),
        ("debian", "13", "debian", "3.5", "", DEBIAN),
        ("ubuntu", "24.04", "debian", "3.4", "", DEBIAN),
        ("ubuntu", "26.04", "debian", "", "", DEBIAN),
        ("linuxmint", "22", "debian", "", "", DEBIAN),
        ("centos", "7", "redhat", "2.3.7", "2.3.7", REDHAT),
        ("rhel", "7.9", "redhat", "2.3.7", "2.3.7", REDHAT),
        ("rocky", "9.4", "redhat", "", "", REDHAT),
        ("alpine", "3.20", "alpine", "", "", DEBIAN),
        ("", "", "", "", "", DEBIAN),
    ],
)
def test_the_most_exact_entry_counts(name, version, family, release, fixed, environment):
    found = etcd_platform({"id": name, "version": version, "family": family})
    assert (found.version, found.fixed_version, found.environment) == (release, fixed, environment)


def test_host_info_is_told_the_names_of_all_platforms():
    for platform in etcd_platforms.PLATFORMS.values():
        assert {*platform.packages, platform.server} <= set(etcd_platforms.PACKAGES)
        assert platform.environment in etcd_platforms.ENVIRONMENTS and platform.data in etcd_platforms.DATA


@pytest.mark.parametrize(
    ("text", "minor"),
    [("3.6.14", (3, 6)), ("3.5.16-4+b7", (3, 5)), ("2.3.7-4.el7", (2, 3)), ("", None), ("v3.4", None)],
)
def test_minor(text, minor):
    assert minor_of(text) == minor


@pytest.mark.parametrize(
    ("version", "v2"),
    [
        ("0.7.1", True),
        ("v0.17.0", True),
        ("0", True),
        ("0.18.0", False),
        ("0.28.10", False),
        ("", False),
        ("latest", False),
    ],
)
def test_flannel_that_reads_v2(version, v2):
    assert flannel_needs_v2(version) is v2


def test_what_came_with_3_5():
    assert program_names((3, 4)) == program_names((2, 3)) == ["etcd", "etcdctl"]
    assert program_names((3, 5)) == program_names(None) == ["etcd", "etcdctl", "etcdutl"]
    assert is_unsupported("arm64", (3, 4)) and not is_unsupported("arm64", (3, 5)) and is_unsupported("arm", None)
