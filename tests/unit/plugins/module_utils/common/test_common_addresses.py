# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import (
    as_network,
    contains,
    network_of,
    overlaps,
)


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("10.20.5.1/24", "10.20.5.0/24"),
        ("10.20.7.7", "10.20.7.7/32"),
        ("fd00:0:0:1::9/64", "fd00:0:0:1::/64"),
        *((text, None) for text in ("default", "", None, "10.20.0.0/33", "rubbish")),
    ],
)
def test_networks(text, network):
    assert as_network(text) == (as_network(network) if network else None)
    assert network_of(str(text)) == (network or str(text))


@pytest.mark.parametrize(
    ("outer", "inner", "inside"),
    [
        ("10.0.0.0/8", "10.1.0.0/16", True),
        ("10.0.0.0/8", "10.0.0.0/8", True),
        ("10.1.0.0/16", "10.0.0.0/8", False),
        ("10.1.0.0/16", "10.2.0.0/24", False),
        ("fd00::/48", "10.0.0.0/8", False),
        ("0.0.0.0/0", "::/0", False),
        ("x", "10.0.0.0/8", False),
    ],
)
def test_contains(outer, inner, inside):
    assert contains(outer, inner) is inside


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("10.20.0.0/16", "10.20.5.0/24", True),
        ("10.20.0.0/16", "10.0.0.0/8", True),
        ("10.20.0.0/16", "10.21.0.0/16", False),
        ("fd00::/48", "10.0.0.0/8", False),
    ],
)
def test_overlaps(one, other, both):
    assert overlaps(as_network(one), as_network(other)) is both
    assert overlaps(as_network(other), as_network(one)) is both
