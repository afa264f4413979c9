# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What firewalld has to let pass for an overlay, and what it does not. No I/O."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import as_network
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.packet_paths import BRIDGE
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Firewalld, Zone

TRUSTED, DOCKERS = "trusted", "docker"
ACCEPTS = "ACCEPT"
ANY = "ANY"
COMMAND = "firewall-cmd"
PERMANENT = "--permanent"
Zones = t.Mapping[str, Zone]
Command = t.List[str]


@dataclasses.dataclass(frozen=True)
class Needs:
    """`devices` are flannel's own, `arrivals` ports and protocols of what comes by `uplink` to `address`."""

    devices: t.Sequence[str] = ()
    arrivals: t.Sequence[str] = ()
    uplink: str = ""
    address: str = ""
    bridge: str = BRIDGE


@dataclasses.dataclass(frozen=True)
class Gap:
    """`commands` close it at once, or where it is `permanent` for the time after firewalld's next reload."""

    text: str
    commands: t.Sequence[Command]
    permanent: bool = False


def zone_of(zones: Zones, default: str, interface: str) -> str:
    return next((name for name, zone in zones.items() if interface in zone["interfaces"]), default)


def zone_of_peers(firewalld: Firewalld, needs: Needs) -> str:
    """A zone of sources comes before that of the interface. This host's own address stands for those of its peers."""
    for name, zone in firewalld["zones"].items():
        if any(is_in(needs.address, source) for source in zone["sources"]):
            return name
    return zone_of(firewalld["zones"], firewalld["default_zone"], needs.uplink)


def is_in(address: str, source: str) -> bool:
    """False for a source that is a MAC address or a set."""
    network = as_network(source)
    return bool(address) and network is not None and ipaddress.ip_address(address) in network


def accepts(zone: Zone | None) -> bool:
    return zone is not None and zone["target"] == ACCEPTS


def lets_in(zone: Zone | None, arrival: str) -> bool:
    if zone is None:
        return False
    number, slash, protocol = arrival.partition("/")
    ports = (text.partition("/") for text in zone["ports"])
    if not slash:
        return accepts(zone) or arrival in zone["protocols"]
    return accepts(zone) or any(is_among(number, port) and kind == protocol for port, _slash, kind in ports)


def is_among(number: str, text: str) -> bool:
    """A port, or a range of them."""
    first, _dash, last = text.partition("-")
    return number.isdigit() and first.isdigit() and int(first) <= int(number) <= int(last or first)


def forwards(firewalld: Firewalld, comes: str, goes: str) -> bool:
    """Also where a policy may do so: what it lets pass is not read."""
    zones, default = firewalld["zones"], firewalld["default_zone"]
    first, second = zone_of(zones, default, comes), zone_of(zones, default, goes)
    both = [zones.get(first), zones.get(second)]
    if accepts(both[0]) or (both[1] and both[1]["forward"] is None and accepts(both[1])):
        return True
    if first == second and both[0] and both[0]["forward"] and {comes, goes} <= set(both[0]["interfaces"]):
        return True
    return any(
        {first, ANY} & set(policy["ingress"])
        and {second, ANY} & set(policy["egress"])
        and (policy["target"] == ACCEPTS or policy["lets_some_pass"])
        for policy in firewalld["policies"].values()
    )


def opening(zone: str, arrival: str) -> Command:
    return [f"--zone={zone}", f"--add-{'port' if '/' in arrival else 'protocol'}={arrival}"]


def moving(zone: str, interface: str) -> Command:
    return [f"--zone={zone}", f"--change-interface={interface}"]


def shown(commands: t.Iterable[Command]) -> str:
    return "; ".join(" ".join(command) for command in commands)
