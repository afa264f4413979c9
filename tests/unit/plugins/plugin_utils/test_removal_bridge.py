# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which address docker0 gets."""

from __future__ import annotations

import docker_case
import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_host import DockerHost, DockerSettings
from ansible_collections.overlay.flannel.plugins.plugin_utils.removal_bridge import bridge_address


def address(facts, routes=(), networks=(), keys=None):
    facts["interfaces"] = {"docker0": {"addresses": [{"address": "172.17.0.1", "prefixlen": 16, "family": 4}]}}
    facts["routes"] = [
        {"dst": dst, "via": "", "dev": "eth0", "src": "", "metric": 0} for dst in ("default", "0.0.0.0/0", *routes)
    ]
    facts["docker"]["networks"] = [
        {"name": "own", "subnet": subnet, "driver": "bridge", "bridge": ""} for subnet in networks
    ]
    facts["docker"]["daemon_json"]["keys"] = keys or {}
    return bridge_address(DockerHost(DockerSettings(**docker_case.settings()), facts))


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ({}, "172.17.0.1/16"),
        ({"routes": ["172.17.5.0/24"]}, "172.18.0.1/16"),
        ({"routes": ["172.17.0.0/16"], "networks": ["172.18.0.0/16", "172.19.0.0/16"]}, "172.20.0.1/16"),
        ({"routes": ["172.16.0.0/12"]}, "192.168.0.1/20"),
        ({"routes": ["172.16.0.0/12", "192.168.0.0/16"]}, ""),
        ({"networks": ["fd00::/64", ""]}, "172.17.0.1/16"),
        ({"keys": {"bip": "10.9.0.1/24"}}, ""),
        ({"keys": {"default-address-pools": [{"base": "10.9.0.0/16", "size": 24}]}}, "10.9.0.1/24"),
        (
            {"keys": {"default-address-pools": [{"base": "10.9.0.0/16", "size": 24}]}, "routes": ["10.9.0.0/24"]},
            "10.9.1.1/24",
        ),
        ({"keys": {"default-address-pools": "nonsense"}}, "172.17.0.1/16"),
        ({"keys": {"default-address-pools": [{"base": "nonsense", "size": 24}]}}, ""),
    ],
)
def test_the_first_network_of_dockers_pools_that_is_free(facts, case, expected):
    assert address(facts, **case) == expected
