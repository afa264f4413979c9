# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.overlay.flannel.plugins.plugin_utils.pending_hosts import pending_hosts

HOSTVARS = {
    "a": {"overlay_preflight": {"remaining": {"flannel": ["x"], "docker": []}}},
    "b": {"overlay_preflight": {"remaining": {"flannel": [], "docker": ["y"]}}},
    "c": {"overlay_preflight": {"remaining": {"flannel": [], "docker": []}}},
    "gone": {},
    "refused": {"overlay_preflight": {"failed": True}},
}


def test_one_part_is_enough():
    assert pending_hosts(HOSTVARS, HOSTVARS, ["flannel"]) == ["a"]
    assert pending_hosts(HOSTVARS, HOSTVARS, ["flannel", "docker"]) == ["a", "b"]
    assert pending_hosts(["b", "a"], HOSTVARS, ["docker", "flannel"]) == ["b", "a"]


def test_a_host_without_a_result_or_part_has_nothing():
    assert pending_hosts(HOSTVARS, HOSTVARS, ["preparation"]) == []


def test_without_hostvars_nobody_has_anything():
    """As in a syntax check."""
    assert pending_hosts(["a"], {}, ["flannel"]) == []


def test_every_part_counts_where_none_is_named():
    assert pending_hosts(HOSTVARS, HOSTVARS) == ["a", "b"]
    assert pending_hosts(["a"], {"a": {"overlay_preflight": None}}) == []
