# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every distribution finds its entry; the settings are the role's options."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils import flannel_platforms
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_settings import FlannelSettings
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_files import options


@pytest.mark.parametrize(
    ("platform", "name"),
    [
        (("centos", "7", "redhat"), "redhat-7"),
        (("rhel", "7.9", "redhat"), "redhat-7"),
        (("rocky", "8.10", "redhat"), "redhat-8"),
        (("rocky", "9.4", "redhat"), "redhat"),
        (("almalinux", "10.1", "redhat"), "redhat-10"),
        (("fedora", "42", "redhat"), "redhat"),
        (("debian", "12", "debian"), "default"),
        (("debian", "", "debian"), "default"),
        (("sles", "15.6", "suse"), "default"),
        (("void", "", ""), "default"),
    ],
)
def test_platform(platform, name):
    facts = dict(zip(("id", "version", "family"), platform))
    assert flannel_platforms.platform_of(facts) is flannel_platforms.PLATFORMS[name]


def test_the_most_exact_entry_wins(monkeypatch):
    entries = {
        name: flannel_platforms.FlannelPlatform(iptables=(name,))
        for name in ("id-1.5", "fam-1", "id", "fam", "default")
    }
    monkeypatch.setattr(flannel_platforms, "PLATFORMS", entries)
    facts = {"id": "id", "version": "1.5", "family": "fam"}
    for name in list(entries):
        assert flannel_platforms.platform_of(facts).iptables == (name,)
        del entries[name]
        if len(entries) == 1:
            break


def test_the_settings_are_the_options_of_the_role():
    fields = {f"flannel_{field.name}" for field in dataclasses.fields(FlannelSettings)}
    assert set(options("flannel")) <= fields | {"flannel_host_info"}
    assert fields <= set(options("flannel"))
