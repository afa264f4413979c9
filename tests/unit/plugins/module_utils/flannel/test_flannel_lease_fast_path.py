# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The quick look at leases gives what the exact readers give, or nothing."""

from __future__ import annotations

import random

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.flannel import lease as leases
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import keys_below
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease_fast_path import plain_key, plain_value
from ansible_collections.overlay.flannel.plugins.module_utils.registry.leases import parse_place

VALUES = [
    '{"PublicIP":"192.0.2.11"}',
    '{"PublicIP":"192.0.2.11","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"82:5c:0f:11:22:33"}}',
    '{"PublicIP":"192.0.2.11","PublicIPv6":null,"BackendType":"host-gw"}',
    '{"PublicIP":"192.0.2.11","BackendType":"vxlan","BackendData":{"VtepMAC":"82:5c:0f:11:22:33"}}',
    '{"PublicIP":"192.0.2.11","PublicIPv6":null,"BackendType":"wireguard","BackendData":{"PublicKey":"aB+/c=","Port":51820}}',
]
KEYS = ["/x/subnets/10.5.34.0-24", "10.5.34.7-31", "/x/subnets/255.255.255.255-1", "/x/subnets/0.0.0.0-9"]
NOT_PLAIN = [
    '{"PublicIP":"192.0.2.11","PublicIPv6":"fd00::1","BackendType":"vxlan"}',
    '{"publicip":"192.0.2.11"}',
    ' {"PublicIP":"192.0.2.11"}',
    '{"PublicIP":"192.0.2.11","PublicIP":"192.0.2.12"}',
    '{"PublicIP":"192.0.2.11","BackendType":"extension","BackendData":"text"}',
    '{"PublicIP":"192.0.2.11","BackendType":"vxlan","BackendData":{"VNI":1.0}}',
    '{"PublicIP":"192.0.2.11","BackendType":"vxlan","BackendData":{"VNI":01,"VtepMAC":"a"}}',
    '{"PublicIP":"192.0.2.11","BackendType":"vxlan","BackendData":{"VNI":NaN}}',
    '{"PublicIP":"192.0.2.11","BackendType":"vxlan","BackendData":{"VNI":123456789012345678}}',
    '{"PublicIP":"192.0.2.11","BackendType":"vxlan","BackendData":{"A":"\\u0041"}}',
    '{"PublicIP":"192.0.2.11","BackendType":"vxlan","BackendData":{"A":"ü"}}',
    '{"PublicIP":"192.0.2.11","BackendType":"vxlan","BackendData":{"A":{"B":1}}}',
    '{"PublicIP":"192.0.2.011"}',
    '{"PublicIP":"192.0.2.256"}',
    '{"PublicIP":"192.0.2.11"}\n',
]


@pytest.mark.parametrize("text", VALUES)
def test_what_flannel_writes_is_read_quickly(text):
    assert plain_value(text) == leases._parse_value(text)


@pytest.mark.parametrize("key", KEYS)
def test_keys_of_ipv4_are_read_quickly(key):
    assert plain_key(key) == leases._parse_key(key)


@pytest.mark.parametrize("text", NOT_PLAIN)
def test_everything_else_is_left_to_the_exact_reader(text):
    assert plain_value(text) is None


@pytest.mark.parametrize(
    "key",
    ["/x/subnets/10.5.34.0-0", "/x/subnets/10.5.34.0-024", "/x/subnets/10.5.34.0-32", "/x/old10.5.34.0-24"]
    + ["/x/subnets/010.5.34.0-24", "10.5.34.0-24&fd00::-64", "10.5.34.0-24\n", "١٠.5.34.0-24", ""],
)
def test_keys_that_are_left_to_the_exact_reader(key):
    assert plain_key(key) is None


def spoilt(generator, text):
    """One to three small changes at random places."""
    for _number in range(generator.randrange(1, 4)):
        place = generator.randrange(len(text) + 1)
        piece = generator.choice(
            ["", "", *'0123456789.-/&:",{}[]\\ \n', "null", "VNI", "e5", "é", text[place : place + 9]]
        )
        text = text[:place] + piece + text[place + generator.randrange(3) :]
    return text


def exact(read, text):
    try:
        return read(text)
    except leases.LeaseError:
        return None


@pytest.mark.parametrize(
    ("samples", "quick", "slow"),
    [(VALUES + NOT_PLAIN, plain_value, leases._parse_value), (KEYS, plain_key, leases._parse_key)],
    ids=["values", "keys"],
)
def test_the_two_never_differ(samples, quick, slow):
    generator = random.Random(4)
    taken = 0
    for _number in range(20_000):
        text = spoilt(generator, generator.choice(samples))
        found = quick(text)
        if found is not None:
            taken += 1
            assert found == exact(slow, text), text
            assert repr(found) == repr(exact(slow, text)), text  # types too
    assert 200 < taken < 15_000


PLACES = keys_below("/x", "v3")


@pytest.mark.parametrize(
    ("key", "in_place"),
    [
        ("/x/subnets/10.5.34.0-24", True),
        ("/x/subnets/10.5.34.0-24&fd00:5:0:22::-64", True),
        ("/x/subnets/10.5.34.0-0", True),
        ("/x/subnets/10.5.34.0-024", False),
        ("/x/subnets/old10.5.34.0-24", False),
        ("/x/subnets_old/10.5.34.0-24", False),
        ("/x/subnets/old/10.5.34.0-24", False),
        ("/y/subnets/10.5.34.0-24", False),
        ("10.5.34.0-24", False),
    ],
)
def test_places(key, in_place):
    subnets, found = parse_place(key, PLACES)
    assert (subnets, found) == (leases._parse_key(key), in_place)
    assert found == PLACES.is_in_place(key, leases.make_key(subnets))
