# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of a migration in few words."""

from __future__ import annotations

import json

from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import Entry
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import keys_below
from ansible_collections.overlay.flannel.plugins.module_utils.registry.migration import Migration, read_fleet, read_side

CONFIG = '{"Network":"10.5.0.0/16","Backend":{"Type":"vxlan"}}'
DAY = 86400


class Memory:
    """What a store holds: `leases` are (name, address or text, seconds left)."""

    def __init__(self, prefix, config, leases):
        entries = [(f"{prefix}/subnets/{name}", value(told), ttl) for name, told, ttl in leases]
        entries += [(f"{prefix}/config", config, None)] if config else []
        self.ttl = {key: ttl for key, _text, ttl in entries}
        self.entries = [Entry(key, text, 5 + number) for number, (key, text, _ttl) in enumerate(sorted(entries))]

    def list_prefix(self, prefix):
        return [entry for entry in self.entries if entry.key.startswith(prefix)]

    def alarms(self):
        return []

    def ttls(self, entries):
        return {entry.key: self.ttl[entry.key] for entry in entries}


def value(told, mac="82:5c:0f:11:22:33"):
    if not told[0].isdigit():
        return told
    data = {"PublicIP": told, "PublicIPv6": None, "BackendType": "vxlan", "BackendData": {"VNI": 1, "VtepMAC": mac}}
    return json.dumps(data, separators=(",", ":"))


def side(api, prefix, config, leases):
    return read_side(Memory(prefix, config, leases), keys_below(prefix, api), "0.28.10")


def fleet(*versions):
    return read_fleet(
        [{"host": f"n{n}", "public_ip": f"192.0.2.{n}", "flannel_version": v} for n, v in enumerate(versions, 1)]
    )


def case(source=(), target=(), config=CONFIG, target_config=None, hosts=("0.15.1", "v0.7.1")):
    return Migration(
        side("v2", "/old", config, source), side("v3", "/new", target_config, target), fleet(*hosts), "0.28.10"
    )
