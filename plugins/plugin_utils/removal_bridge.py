# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which address docker0 gets when it is no longer the overlay's: the one that docker itself would choose on a new host. No I/O."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import Network, as_network, overlaps
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_host import DockerHost

BRIDGE = "docker0"
# docker's own pools with the length of a network in them, in its order
POOLS = (
    *((f"172.{number}.0.0/16", 16) for number in (17, 18, 19)),
    ("172.20.0.0/14", 16),
    ("172.24.0.0/14", 16),
    ("172.28.0.0/14", 16),
    ("192.168.0.0/16", 20),
)
POOLS_KEY, BIP_KEY = "default-address-pools", "bip"
Pool = t.Tuple[str, int]


def bridge_address(host: DockerHost) -> str:
    """With its prefix length, as --bip has it; empty where daemon.json says it, or no pool has room: then docker decides."""
    keys = host.daemon_json["keys"]
    if BIP_KEY in keys:
        return ""
    taken = taken_networks(host)
    for pool, length in pools_of(keys.get(POOLS_KEY)) or POOLS:
        base = as_network(pool)
        if base is None or base.version != 4 or not base.prefixlen <= length <= 30:
            continue
        for network in base.subnets(new_prefix=length):
            if not any(overlaps(network, other) for other in taken):
                return f"{network.network_address + 1}/{network.prefixlen}"
    return ""


def pools_of(given: t.Any) -> list[Pool]:
    """Of daemon.json, as far as they can be read."""
    entries = given if isinstance(given, list) else []
    found = [one for one in entries if isinstance(one, dict) and isinstance(one.get("size"), int)]
    return [(str(one.get("base")), one["size"]) for one in found]


def taken_networks(host: DockerHost) -> list[Network]:
    """What the host has addresses in or routes to, and docker's other networks. docker0 itself goes."""
    interfaces = host.facts.get("interfaces") or {}
    texts = [
        f"{item['address']}/{item['prefixlen']}"
        for name, interface in interfaces.items()
        if name != BRIDGE
        for item in interface["addresses"]
    ]
    texts += [route["dst"] for route in host.facts.get("routes") or [] if route["dev"] != BRIDGE]
    texts += [one["subnet"] for one in host.docker.get("networks") or [] if one.get("bridge") != BRIDGE]
    networks = [as_network(text) for text in texts]
    return [one for one in networks if isinstance(one, ipaddress.IPv4Network) and one.prefixlen > 0]
