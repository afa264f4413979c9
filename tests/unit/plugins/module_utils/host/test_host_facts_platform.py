# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import Output
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import platform


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ('ID=debian\nVERSION_ID="13"\n', "debian"),
        ("ID=ubuntu\nID_LIKE=debian\n", "debian"),
        ("ID=linuxmint\nID_LIKE='ubuntu debian'\n", "debian"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "redhat"),
        ("# ID=no\nID=gentoo\n", "gentoo"),
        ("", ""),
    ],
)
def test_family(text, family):
    assert platform.family_of(platform.parse_os_release(text)) == family


@pytest.mark.parametrize(
    ("output", "version"), [("systemd 257 (257.8-1~deb13u2)\n+PAM", 257), ("", 0), ("bash: no", 0)]
)
def test_systemd(output, version):
    assert platform.systemd_version(output) == version


def test_this_machine():
    found = platform.read_platform(lambda argv: Output(127))
    assert found["architecture"]
    assert found["systemd_version"] == 0
