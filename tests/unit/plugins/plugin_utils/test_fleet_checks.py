# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.overlay.flannel.plugins.plugin_utils.fleet_checks import (
    absent_members,
    different_values,
    shared_addresses,
    unused_variables,
)


def test_a_role_variable_of_the_inventory_is_refused_by_name():
    [text] = unused_variables(
        "h", ["flannel_network", "docker_options_key", "etcd_interface"], {"flannel_network", "docker_options_key"}
    )
    assert text.startswith(
        "h: the inventory or the command line sets docker_options_key, flannel_network: allowed: overlay_*"
    )
    assert "Fix: set the overlay_* variable instead" in text


def test_variables_that_the_playbooks_do_not_set_are_free():
    assert unused_variables("h", ["flannel_network"], {"flannel_version", "docker_version"}) == []


def test_values_are_compared_and_not_shown():
    own = {"overlay_prefix": "/a", "overlay_psk": "hush", "overlay_network": {"Network": "10.20.0.0/16"}}
    [text] = different_values("h", own, "first", {**own, "overlay_psk": "secret"})
    assert text.startswith("h: overlay_psk = another value than on first: allowed: one for all hosts of a run. Fix: ")
    assert "hush" not in text and "secret" not in text
    assert different_values("h", own, "first", dict(own)) == []


ADDRESSES = {"a": "10.0.2.15", "b": "192.0.2.2", "c": "10.0.2.15", "d": "", "e": ""}


def test_hosts_with_one_address_are_named():
    first, second = shared_addresses(ADDRESSES, ["a", "b", "c"])
    assert first.startswith("a: flannel_address = 10.0.2.15: allowed: an address that no other host has; c has it too")
    assert second.startswith("c: flannel_address = 10.0.2.15: ") and "a has it too" in second and "Fix: " in second


def test_hosts_outside_the_overlay_may_share_an_address():
    assert shared_addresses(ADDRESSES, ["b", "d", "e"]) == []
    assert len(shared_addresses(ADDRESSES, ["c"])) == 2


def test_a_fleet_without_etcd_is_refused():
    [text] = absent_members("h", [], ["h"])
    assert (
        text.startswith("h: group etcd = []: allowed: one, three or five hosts. Fix: ")
        and "overlay_etcd_endpoints" in text
    )


def test_members_outside_the_run_are_named():
    assert absent_members("h", ["h", "i"], ["i", "h", "j"]) == []
    [text] = absent_members("h", ["h", "i", "k"], ["h", "j"])
    assert "some members of etcd are not part of this run or did not answer: i, k. Fix: add them to --limit, or" in text
