# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.filter import network_problems, version_problems

NETWORK = {"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}}


def codes(module, name, *arguments, **options):
    return [finding["code"] for finding in module.FilterModule().filters()[name](*arguments, **options)]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([NETWORK], []),
        ([NETWORK, "0.28.10", 3], []),
        ([NETWORK, None], []),
        ([NETWORK, "0.28.10", 300], ["network_too_small"]),
        ([{"Network": "10.5.0.0/16", "Backend": {"Type": "wireguard"}}, "0.15.0"], ["bad_backend_type"]),
        ([{"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan", "VNII": 1}}], ["unknown_backend_key"]),
        ([NETWORK, "newest"], ["bad_value"]),
        (["{"], ["bad_config"]),
    ],
)
def test_network_problems(arguments, found):
    assert codes(network_problems, "network_problems", *arguments) == found


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["0.28.10", "3.6.14"], []),
        (["0.17.0", "3.6.14"], ["impossible_pair"]),
        (["0.17.0", "3.4.23", True], []),
        (["0.17.0", "3.4.23"], ["impossible_pair"]),
        (["", "3.4.23"], []),
        (["0.17.0", ""], []),
        (["x", "3.4.23"], ["bad_value"]),
        (["0.17.0", "x"], ["bad_value"]),
    ],
)
def test_version_problems(arguments, found):
    assert codes(version_problems, "version_problems", *arguments) == found
