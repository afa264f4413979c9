# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's table of nftables, for a docker with that firewall backend: the same as docker_rules.py has for iptables. No I/O.

What another table drops stays dropped, so docker itself has to let the overlay in: it accepts packets with a mark (bridge-accept-fwmark),
once its rules in raw are switched off (allow-direct-routing). The second opens all of docker's networks to neighbours; the guard here
shuts them again. files/overlay-docker-rules of the role loads the table; a unit test compares both.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_nft import MARK, own_rules
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import DockerNetwork
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_host import DockerHost
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_rules import (
    left_in_iptables,
    rules_differ,
    rules_of,
)

HOOKS = {
    "forward": "type filter hook forward priority filter - 10",
    "input": "type filter hook input priority filter - 10",
    "postrouting": "type nat hook postrouting priority srcnat - 10",
}
BRIDGE, USUAL = "docker0", "br-"


@dataclasses.dataclass(frozen=True)
class Table:
    """What the rules of one family follow from.

    `named` are docker's bridges whose names do not say whose they are, `opened` those that docker lets everybody in to.
    """

    family: str
    devices: str
    network: str
    address: str = ""
    accepted: t.Sequence[str] = ()
    closed: t.Sequence[int] = ()
    named: t.Sequence[str] = ()
    opened: t.Sequence[str] = ()

    @property
    def device_names(self) -> list[str]:
        return [name for name in self.devices.split(",") if name]

    @property
    def flannels(self) -> list[str]:
        return [name for name in self.device_names if name.startswith("flannel")]

    @property
    def bridges(self) -> list[str]:
        return [BRIDGE, *self.named, f"{USUAL}*"]

    @property
    def outside(self) -> list[str]:
        """As nft prints them."""
        return [f"{self.family} saddr {text[:-3] if text.endswith('/32') else text}" for text in self.accepted]

    def source(self, device: str) -> str:
        return "" if device in self.flannels else f"{self.family} saddr {self.network} "


def nft_rules(table: Table) -> dict[str, list[str]]:
    """By chain, as `nft list table` prints them. Chains without rules are left out."""
    found = {
        "forward": [*forwarded(table), *entering(table)],
        "input": closing(table),
        "postrouting": own_source(table),
    }
    return {chain: rules for chain, rules in found.items() if rules}


def forwarded(table: Table) -> t.Iterator[str]:
    """Peers' packets get the mark; what comes to a bridge of docker from elsewhere is dropped, but replies and published ports."""
    target = f"{table.family} daddr {table.network} meta mark set meta mark | {MARK} accept"
    for device in table.device_names:
        yield f'iifname "{device}" oifname "{BRIDGE}" {table.source(device)}{target}'
    for outside in table.outside:
        yield f'oifname "{BRIDGE}" {outside} {target}'
    yield "ct state established,related accept"
    yield "ct status dnat accept"
    for bridge in table.opened:
        yield f'oifname "{bridge}" accept'
    for bridge in table.bridges:
        yield f'iifname "{bridge}" oifname "{bridge}" accept'
        yield f'oifname "{bridge}" drop'


def entering(table: Table) -> t.Iterator[str]:
    """Into the overlay come only packets of containers here."""
    for device in table.flannels:
        yield from (f'iifname "{bridge}" oifname "{device}" accept' for bridge in table.bridges)
        yield from (f'oifname "{device}" {outside} accept' for outside in table.outside)
        yield f'oifname "{device}" drop'


def closing(table: Table) -> list[str]:
    incoming = [f'iifname "{bridge}" ' for bridge in table.bridges]
    incoming += [f'iifname "{device}" {table.source(device)}' for device in table.device_names]
    return [f"{source}tcp dport {port} drop" for port in table.closed for source in incoming]


def own_source(table: Table) -> list[str]:
    """What the host itself sends by an uplink gets its address in the overlay: the others accept no other."""
    network, family = table.network, table.family
    return [
        f'oifname "{device}" {family} saddr != {network} {family} daddr {network} fib saddr type local snat to {table.address}'
        for device in table.device_names
        if device not in table.flannels and table.address
    ]


def tables_of(host: DockerHost) -> list[Table]:
    settings, networks = host.settings, host.docker.get("networks") or []
    closed, named = list(settings.closed_ports), named_bridges(networks)
    return [
        Table(
            "ip",
            settings.overlay_device,
            settings.overlay_network,
            host.address,
            settings.accept_from,
            closed,
            named,
            opened_bridges(networks, "ip"),
        ),
        Table(
            "ip6",
            settings.overlay_ipv6_device if settings.overlay_ipv6_network else "",
            settings.overlay_ipv6_network,
            closed=closed,
            named=named,
            opened=opened_bridges(networks, "ip6"),
        ),
    ]


def named_bridges(networks: t.Sequence[DockerNetwork]) -> list[str]:
    names = {network.get("bridge") or "" for network in networks}
    return sorted(name for name in names if name and name != BRIDGE and not name.startswith(USUAL))


def opened_bridges(networks: t.Sequence[DockerNetwork], family: str) -> list[str]:
    names = {network.get("bridge") or "" for network in networks if family in (network.get("opened") or [])}
    return sorted(name for name in names if name and name != BRIDGE)


def wanted_nft(host: DockerHost) -> list[str]:
    """As the facts have them: family, chain and rule."""
    return [
        f"{table.family} {chain} {rule}"
        for table in tables_of(host)
        for chain, rules in nft_rules(table).items()
        for rule in rules
    ]


def nft_differs(host: DockerHost) -> bool:
    """False where it cannot be said: bridges are known from docker only, and docker has the table loaded before it starts.

    The address of IPv6 is not in the facts.
    """
    found = host.facts["firewall"].get("docker_nft")
    if found is None or not host.docker["running"] or host.docker["error"]:
        return False
    known = [
        rule
        for rule in own_rules(found)
        if not (rule.startswith("ip6 postrouting") or (not host.address and "snat to" in rule))
    ]
    return known != wanted_nft(host)


def firewall_rules(host: DockerHost) -> list[str]:
    return wanted_nft(host) if host.has_nftables else rules_of(host)


def firewall_differs(host: DockerHost) -> bool:
    """The rules are not those of the plan, or some of the other backend are left. Before its next start docker has all of them set."""
    if host.has_nftables:
        return nft_differs(host) or (bool(host.docker["running"]) and left_in_iptables(host))
    own = host.facts["firewall"].get("docker_nft")
    return rules_differ(host) or bool(own and own["own"])
