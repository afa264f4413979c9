# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.overlay.flannel.plugins.filter import split_psk, with_psk
from ansible_collections.overlay.flannel.plugins.module_utils.flannel import psk as network_secrets


@pytest.mark.parametrize(
    ("documents", "found"),
    [
        ([None, "text", {}], set()),
        ([{"Backend": {"Type": "ipsec", "PSK": "geheim"}}], {"geheim"}),
        ([{"backend": {"psk": "geheim"}}, {"Backend": {"AccessKeySecret": "leise"}}], {"geheim", "leise"}),
        ([{"Backend": {"PSK": "abc", "Type": "vxlan"}}, {"Backend": 5}], set()),
        ([{"Backend": {"PSK": None}}, {"PSK": True}, {"PSK": 12345}], {"12345"}),
        ([{"network": {"PSK": "geheim"}}, {"Backend": [{"PSK": ["leise"]}]}], {"geheim", "leise"}),
        (['{"Backend": {"Type": "ipsec", "pſk" : "ge\\\\heim", "Port": 1}}'], {"ge\\\\heim", "ge\\\\\\\\heim"}),
        (['{"Backend": {"PSK": "gehei'], {"gehei"}),
        ([{"endpoints": ["http://u:geh@im@b:1", "u:leise@b:1", "http://b:1", "https://[::1]:1"]}], {"geh@im", "leise"}),
    ],
)
def test_secrets(documents, found):
    assert network_secrets.secrets(*documents) == found


def test_a_secret_is_known_in_each_way_of_writing_it():
    odd = "a'b\"c\\d\né"
    found = network_secrets.secrets({"PSK": odd})
    for text in (odd, str({"x": odd}), json.dumps({"x": odd})):
        assert any(form in text for form in found)


@pytest.mark.parametrize(
    ("network", "psk", "result"),
    [
        ({"Backend": {"Type": "wireguard"}}, "k", {"Backend": {"Type": "wireguard", "PSK": "k"}}),
        ({"backend": {"Type": "wireguard"}}, "k", {"backend": {"Type": "wireguard", "PSK": "k"}}),
        ({"Backend": {"psk": "old", "Type": "ipsec"}}, "k", {"Backend": {"Type": "ipsec", "PSK": "k"}}),
        ({"Network": "n"}, "k", {"Network": "n", "Backend": {"PSK": "k"}}),
        ({"Backend": {"PSK": "old"}}, None, {"Backend": {"PSK": "old"}}),
        ({"Backend": {"PSK": "old"}}, "", {"Backend": {"PSK": "old"}}),
        ({"Backend": ["wireguard"]}, "k", {"Backend": ["wireguard"]}),
        ("text", "k", "text"),
        (None, "k", None),
    ],
)
def test_a_key_goes_into_the_backend(network, psk, result):
    before = json.dumps(network)
    assert with_psk.FilterModule().filters()["with_psk"](network, psk) == result
    assert json.dumps(network) == before


@pytest.mark.parametrize(
    ("network", "apart", "psk"),
    [
        ({"Backend": {"Type": "ipsec", "PSK": "k"}}, {"Backend": {"Type": "ipsec"}}, "k"),
        ({"backend": {"psk": "k", "PSK": "l"}}, {"backend": {}}, "l"),
        ({"Backend": {"Type": "vxlan", "VNI": 7}, "psk": "k"}, {"Backend": {"Type": "vxlan", "VNI": 7}}, ""),
        ({"Backend": [{"Type": "ipsec", "PSK": "k"}]}, {"Backend": [{"Type": "ipsec"}]}, ""),
        ({"Backend": {"PSK": None}}, {"Backend": {}}, ""),
        ({"Network": "n"}, {"Network": "n"}, ""),
        ({}, {}, ""),
        ("text", "text", ""),
    ],
)
def test_a_key_apart(network, apart, psk):
    assert split_psk.FilterModule().filters()["split_psk"](network) == {"config": apart, "psk": psk}
