# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import random

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import Prefix
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease import (
    Lease,
    LeaseError,
    Subnets,
    expiry_text,
    make_key,
    overlapping,
    parse_key,
    parse_value,
)

VALUE = '{"PublicIP":"192.0.2.11","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"aa:bb"}}'


@pytest.mark.parametrize(
    ("key", "ipv4", "ipv6"),
    [
        ("/x/subnets/10.5.34.0-24", "10.5.34.0/24", ""),
        ("10.5.34.0-24&fd00:5:0:22::-64", "10.5.34.0/24", "fd00:5:0:22::/64"),
        ("/x/subnets/old10.5.34.0-24", "10.5.34.0/24", ""),  # open at the front, as in flannel
        ("10.5.34.7-031", "10.5.34.7/31", ""),
        ("10.5.34.0-0", "10.5.34.0/0", ""),
        ("10.5.34.0-24&::-0", "10.5.34.0/24", ""),  # no network at all to flannel
        ("10.5.34.0-24&::a05:2200-120", "10.5.34.0/24", "10.5.34.0/120"),  # as flannel writes such an address
    ],
)
def test_keys(key, ipv4, ipv6):
    subnets = parse_key(key)
    assert (str(subnets.ipv4), str(subnets.ipv6 or "")) == (ipv4, ipv6)


@pytest.mark.parametrize("name", ["10.5.34.0-24", "10.5.34.0-24&fd00:5:0:22::-64"])
def test_keys_there_and_back(name):
    assert make_key(parse_key(name)) == name


@pytest.mark.parametrize(
    "key",
    [
        "",
        "config",
        "10.5.34.0",
        "10.5.34.0/24",
        "10.5.34.0-32",
        "10.5.34.0-24-",
        "10.5.34.0-24\n",
        "10.5.34.256-24",
        "010.5.34.0-24",
        "10x5.34.0-24",
        "10.5x34.0-24",
        "10.5.34.0-24&FD00::-64",
        "10.5.34.0-24&fd00::-128",
        "10.5.34.0-24&fd00-64",
        "10.5.34.0-99999999999999999999",
        "١٠.5.34.0-24",
    ],
)
def test_no_keys(key):
    with pytest.raises(LeaseError):
        parse_key(key)


def test_value():
    attributes = parse_value(VALUE)
    assert attributes == ("192.0.2.11", "", "vxlan", {"VNI": 1, "VtepMAC": "aa:bb"}, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"PublicIP":"192.0.2.11"}', ("192.0.2.11", "", "", None, None)),
        ('{"publicip":"::ffff:192.0.2.11","PublicIPv6":"FD00::1"}', ("192.0.2.11", "fd00::1", "", None, None)),
        (
            '{"PublicIP":"192.0.2.11","BackendType":"extension","BackendData":"a\\n"}',
            ("192.0.2.11", "", "extension", "a\n", None),
        ),
        ("{}", ("0.0.0.0", "", "", None, None)),
        ("null", ("0.0.0.0", "", "", None, None)),
        (r'{"BackendType":"\ud800"}', ("0.0.0.0", "", "\ufffd", None, None)),
        ('{"BackendData":[1e400,%s]}' % ("9" * 5000), ("0.0.0.0", "", "", ["1e400", "9" * 5000], None)),
    ],
)
def test_values(text, expected):
    assert parse_value(text) == expected


def test_what_lies_too_deep_stays_a_text():
    deep = "[" * 5000 + "1" + "]" * 5000
    found = parse_value(f'{{"BackendData":{deep}}}').backend_data
    while isinstance(found, list):
        found = found[0]
    assert found and found in deep and len(found) > 9000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/flannel/network/subnets/10.5.34.0-24",
        "[]",
        '{"PublicIP":"192.0.2"}',
        '{"PublicIP":null}',
        '{"PublicIP":5}',
        '{"PublicIP":"fd00::1"}',
        '{"PublicIP":"192.0.2.1","PublicIPv6":""}',
        '{"PublicIP":"192.0.2.1","BackendType":5}',
    ],
)
def test_no_values(text):
    with pytest.raises(LeaseError):
        parse_value(text)


def test_as_a_dictionary():
    lease = Lease("/x/subnets/10.5.34.0-24", parse_key("10.5.34.0-24"), parse_value(VALUE), 60, expiry_text(60, 0))
    assert lease.to_dict("node1") == {
        "key": "/x/subnets/10.5.34.0-24",
        "subnet": "10.5.34.0/24",
        "ipv6_subnet": "",
        "public_ip": "192.0.2.11",
        "public_ipv6": "",
        "backend": "vxlan",
        "backend_data": {"VNI": 1, "VtepMAC": "aa:bb"},
        "backend_v6_data": None,
        "ttl": 60,
        "expiry": "1970-01-01T00:01:00Z",
        "host": "node1",
    }


@pytest.mark.parametrize(
    ("ttl", "now", "text"),
    [(0, 0, "1970-01-01T00:00:00Z"), (86399, 1.9, "1970-01-02T00:00:00Z"), (59, 1795727220.5, "2026-11-26T21:07:59Z")],
)
def test_expiry(ttl, now, text):
    assert expiry_text(ttl, now) == text


def test_no_time_no_expiry():
    assert expiry_text(None, 0) == ""


def prefix(text):
    return parse_key(text.replace("/", "-")).ipv4


@pytest.mark.parametrize(
    ("texts", "pairs"),
    [
        ([], []),
        (["10.5.1.0/24", "10.5.2.0/24"], []),
        (["10.5.1.0/24", "10.5.1.0/24"], [(0, 1)]),
        (["10.5.1.128/25", "10.5.1.0/24"], [(1, 0)]),
        (["10.5.0.0/16", "10.5.1.0/24", "10.5.9.0/24", "10.6.0.0/24"], [(0, 1), (0, 2)]),
        (["10.5.1.7/24", "10.5.1.200/25"], [(0, 1)]),
    ],
)
def test_overlaps(texts, pairs):
    assert overlapping([(prefix(text), place) for place, text in enumerate(texts)]) == pairs


@pytest.mark.parametrize("seed", range(50))
def test_overlaps_are_all_found(seed):
    generator = random.Random(seed)
    lengths = generator.choice([[28], [26, 28, 30, 31]])
    prefixes = [
        Prefix(0x0A050000 + generator.randrange(0, 256, generator.choice([1, 16])), generator.choice(lengths))
        for _number in range(generator.randrange(1, 12))
    ]
    spans = [range(one.value & one.mask(), one.end() - one.value + (one.value & one.mask())) for one in prefixes]
    reached = {
        place
        for place, span in enumerate(spans)
        if any(other != place and span[0] in spans[other] for other in range(len(spans)))
    }
    pairs = overlapping([(one, place) for place, one in enumerate(prefixes)])
    for first, second in pairs:
        assert spans[second][0] in spans[first]
    # Every one that begins within another is named, as one of the two where both begin together.
    assert reached <= {place for pair in pairs for place in pair}
    assert bool(reached) == bool(pairs)


def test_subnets_without_ipv6():
    assert make_key(Subnets(Prefix(0x0A050100, 24), None)) == "10.5.1.0-24"
