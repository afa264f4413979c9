# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks are read and compared as netaddr does it, which shares no code with Python's ipaddress."""

from __future__ import annotations

import itertools
import random
import typing as t

import netaddr
import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common import addresses

WIDTHS = {4: 32, 6: 128}
# First and last address of a family, and those beside the border of its halves.
EDGES = {version: [0, 1, 2 ** (width - 1) - 1, 2 ** (width - 1), 2**width - 1] for version, width in WIDTHS.items()}
LENGTHS = {4: [0, 1, 8, 24, 31, 32], 6: [0, 1, 48, 64, 127, 128]}
PAIRS = 4000


def _text(version: int, value: int, length: int) -> str:
    return f"{netaddr.IPAddress(value, version)}/{length}"


def _edges() -> list[str]:
    return [
        _text(version, value, length)
        for version in WIDTHS
        for value, length in itertools.product(EDGES[version], LENGTHS[version])
    ]


def _relative(rng: random.Random, version: int, value: int, length: int) -> str:
    """A network that differs in one bit from another one, near its length: inside, outside, equal, beside."""
    width = WIDTHS[version]
    bit = min(width - 1, max(0, width - length + rng.randint(-2, 2)))
    return _text(version, value ^ (1 << bit), min(width, max(0, length + rng.randint(-2, 2))))


def _random_pairs(version: int) -> t.Iterator[tuple[str, str]]:
    rng = random.Random(20261129 + version)
    width = WIDTHS[version]
    for _turn in range(PAIRS // 2):
        value, length = rng.getrandbits(width), rng.randint(0, width)
        yield _text(version, value, length), _relative(rng, version, value, length)
        yield _text(version, value, length), _text(version, rng.getrandbits(width), rng.randint(0, width))


def _ours(one: str, other: str) -> dict[str, t.Any]:
    first, second = addresses.as_network(one), addresses.as_network(other)
    assert first and second, (one, other)
    return {
        "networks": (addresses.network_of(one), addresses.network_of(other)),
        "contains": (addresses.contains(one, other), addresses.contains(other, one)),
        "inside": (addresses.is_inside(second, first), addresses.is_inside(first, second)),
        "overlaps": (addresses.overlaps(first, second), addresses.overlaps(second, first)),
    }


def _theirs(one: str, other: str) -> dict[str, t.Any]:
    first, second = netaddr.IPNetwork(one).cidr, netaddr.IPNetwork(other).cidr
    within = (second in first, first in second)
    common = first.version == second.version and first.first <= second.last and second.first <= first.last
    return {
        "networks": (str(first), str(second)),
        "contains": within,
        "inside": within,
        "overlaps": (common, common),
    }


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param(list(itertools.product(_edges(), repeat=2)), id="edges of both families"),
        pytest.param(list(_random_pairs(4)), id="IPv4"),
        pytest.param(list(_random_pairs(6)), id="IPv6"),
    ],
)
def test_networks_are_compared_as_netaddr_does(pairs: list[tuple[str, str]]) -> None:
    expected = [_theirs(*pair) for pair in pairs]
    assert [(pair, theirs) for pair, theirs in zip(pairs, expected) if _ours(*pair) != theirs] == []
    # Each kind of pair is among them often: inside, outside, equal, apart.
    kinds = [theirs["contains"] for theirs in expected]
    assert min(kinds.count(kind) for kind in itertools.product([True, False], repeat=2)) >= 50


@pytest.mark.parametrize(
    "text", ["10.20.0.0/33", "fd00::/129", "10.20.0.256/24", "fd00::g/64", "10.20.0.0/-1", "default", ""]
)
def test_what_netaddr_refuses_is_no_network(text: str) -> None:
    with pytest.raises(netaddr.AddrFormatError):
        netaddr.IPNetwork(text)
    assert addresses.as_network(text) is None
