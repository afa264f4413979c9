# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import random

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.allocation import (
    Usage,
    first_free,
    free_subnets,
    usage,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config import check_dict
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import Prefix, Range
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease import Attributes, Lease, Subnets, parse_key

# Subnets 10.5.1.0 to 10.5.3.0.
SMALL = check_dict({"Network": "10.5.0.0/22", "SubnetLen": 24, "Backend": {"Type": "vxlan"}})
DUAL = check_dict(
    {
        "Network": "10.5.0.0/22",
        "SubnetLen": 24,
        "EnableIPv6": True,
        "IPv6Network": "fd00:5::/48",
        "Backend": {"Type": "vxlan"},
    }
)


def lease(name, public_ip="192.0.2.1"):
    return Lease(name, parse_key(name), Attributes(public_ip))


@pytest.mark.parametrize(
    ("taken", "reserved", "expected"),
    [
        ([], [], Usage(3, 0, 0, 3)),
        (["10.5.1.0-24"], ["10.5.3.0-24"], Usage(3, 1, 1, 1)),
        (["10.5.1.0-24", "10.5.2.0-24", "10.5.3.0-24"], [], Usage(3, 3, 0, 0)),
        (["10.9.1.0-24", "10.5.0.0-24", "10.5.4.0-24"], [], Usage(3, 0, 0, 3)),  # outside
        (["10.5.2.0-23"], [], Usage(3, 0, 0, 1)),  # covers two
        (["10.5.2.0-25", "10.5.2.128-25"], [], Usage(3, 0, 0, 2)),  # share one
        (["10.0.0.0-8"], [], Usage(3, 0, 0, 0)),
        (["10.5.1.7-24", "10.5.1.0-24"], [], Usage(3, 2, 0, 2)),  # both in the same
    ],
)
def test_usage(taken, reserved, expected):
    assert usage(SMALL, [lease(name) for name in taken], [lease(name) for name in reserved]) == [expected]


def test_usage_of_both_families():
    leases = [lease("10.5.1.0-24&fd00:5:0:1::-64"), lease("10.5.2.0-24")]
    assert usage(DUAL, leases, []) == [Usage(3, 2, 0, 1), Usage(65535, 1, 0, 65534)]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], "10.5.1.0/24"),
        (["10.5.2.0-24"], "10.5.1.0/24"),
        (["10.5.2.0-24", "10.5.1.0-24"], "10.5.3.0/24"),
        (["10.5.0.0-23"], "10.5.2.0/24"),
        (["10.4.0.0-16", "10.5.1.128-25"], "10.5.2.0/24"),
        (["10.5.1.0-24", "10.5.2.0-23"], "None"),
        (["10.5.0.0-22"], "None"),
    ],
)
def test_first_free(names, expected):
    assert str(first_free(SMALL.ipv4, [parse_key(name).ipv4 for name in names])) == expected


def test_a_large_network_is_not_counted_through():
    family = check_dict(
        {
            "Network": "10.5.0.0/16",
            "EnableIPv6": True,
            "IPv6Network": "fd00::/32",
            "IPv6SubnetLen": 126,
            "Backend": {"Type": "vxlan"},
        }
    ).ipv6
    taken = [Prefix(0xFD << 120, 33, 128)]
    assert free_subnets(family, taken) == 2**93
    assert str(first_free(family, taken)) == "fd00:0:8000::/126"


@pytest.mark.parametrize("seed", range(50))
def test_as_flannel_counts(seed):
    """flannel goes from SubnetMin to SubnetMax and skips what overlaps with a lease."""
    generator = random.Random(seed)
    low, high = sorted(generator.sample(range(0x0A050000, 0x0A050100, 4), 2))
    family = Range(Prefix(0x0A050000, 24), 30, low, high)
    lengths = generator.choice([[30], [24, 26, 28, 29, 30, 31]])
    prefixes = [
        Prefix(0x0A04FFF0 + generator.randrange(0x120), generator.choice(lengths))
        for _number in range(generator.randrange(12))
    ]
    free = [
        value
        for value in range(low, high + 1, 4)
        if not any((value ^ one.value) & Prefix(0, min(30, one.length)).mask() == 0 for one in prefixes)
    ]
    assert free_subnets(family, prefixes) == len(free)
    config = SMALL.__class__(family, None, False, "vxlan", {})
    leases = [Lease("", Subnets(one, None), Attributes("192.0.2.1")) for one in prefixes]
    (room,) = usage(config, leases[:5], leases[5:])
    assert room.free == len(free)
    assert room.used + room.reserved == sum(family.fits(one) for one in prefixes)
    found = first_free(family, prefixes)
    assert (found.value if found else None) == (free[0] if free else None)
