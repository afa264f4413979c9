# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""flanneld's settings file: its bytes decide whether flanneld restarts on every host of a fleet."""

from __future__ import annotations

import datetime
import hashlib

import flannel_case as case
import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_environment import environment, network_digest

HEAD = "# Written by the Ansible role overlay.flannel.flannel. flanneld reads a flag as FLANNELD_ and its name.\n"


def settings_file(facts, **changes):
    [text] = [item["content"] for item in case.plan(facts, **changes).files if item.get("secret")]
    return text


def test_every_byte(facts):
    assert settings_file(case.bare(facts)) == HEAD + (
        'FLANNELD_ETCD_ENDPOINTS="http://172.72.103.11:2379"\n'
        'FLANNELD_ETCD_PREFIX="/flannel/network"\n'
        'FLANNELD_IFACE="172.72.103.13"\n'
        'FLANNELD_IP_MASQ="true"\n'
        'FLANNELD_PUBLIC_IP="172.72.103.13"\n'
        # sha256 of {"Backend": {"Type": "vxlan"}, "Network": "10.43.0.0/16"}
        'OVERLAY_NETWORK_DIGEST="d8b96d9d5094ec3d091528f9d26ee6a8a2c05de54e4fea48d6d009ce255f264f"\n'
    )


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"etcd_username": "u", "etcd_password": 'a"b$c`d\\e'}, r'FLANNELD_ETCD_PASSWORD="a\"b\$c\`d\\e"'),
        ({"etcd_endpoints": ["http://a:1", "http://b:1"]}, 'FLANNELD_ETCD_ENDPOINTS="http://a:1,http://b:1"'),
        ({"public_ip": "192.0.2.9"}, 'FLANNELD_PUBLIC_IP="192.0.2.9"'),
        ({"ip_masq": False}, 'FLANNELD_IP_MASQ="false"'),
        ({"options": {"iptables-resync": 10}}, 'FLANNELD_IPTABLES_RESYNC="10"'),
        ({"options": {"ip-blackhole-route": True}}, 'FLANNELD_IP_BLACKHOLE_ROUTE="True"'),
    ],
)
def test_lines(facts, changes, line):
    assert f"\n{line}\n" in settings_file(case.bare(facts), **changes)


def test_empty_values_are_left_out(facts):
    names = [name for name, _value in environment(case.context(case.bare(facts), network={}))]
    assert not {name for name in names if "CERT" in name or "USER" in name or "DIGEST" in name}


def test_the_package_reads_further_names(facts):
    text = settings_file(case.bare(facts, **case.EL7), **case.BY_PACKAGE)
    lines = text.splitlines()
    names = [line.partition("=")[0] for line in lines[1:]]
    assert {"FLANNEL_ETCD", "FLANNEL_ETCD_ENDPOINTS", "FLANNEL_ETCD_KEY", "FLANNEL_ETCD_PREFIX"} <= set(names)
    assert names == sorted(names, key=str.lower) and names[0] == "FLANNEL_ETCD"


@pytest.mark.parametrize(
    ("network", "text"),
    [
        ({}, None),
        ({"b": 1, "a": {"d": True, "c": None}}, '{"a": {"c": null, "d": true}, "b": 1}'),
        ({"Name": "ü", "List": [1.5, "x"]}, '{"List": [1.5, "x"], "Name": "\\u00fc"}'),
        ({"Day": datetime.date(2026, 1, 2)}, '{"Day": "2026-01-02"}'),
        ({"a": {1: 2, "x": 3}}, '{"a": {"1": 2, "x": 3}}'),
    ],
)
def test_the_digest_of_the_network(network, text):
    """As to_json(sort_keys=true) | hash('sha256') of Ansible."""
    assert network_digest(network) == (hashlib.sha256(text.encode()).hexdigest() if text else "")
