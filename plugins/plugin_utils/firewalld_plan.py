# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What firewalld of a host has to be told for the overlay, where the variables wish it: now, and after its next reload. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.firewalld_zones import (
    ACCEPTS,
    COMMAND,
    DOCKERS,
    PERMANENT,
    TRUSTED,
    Command,
    Needs,
    accepts,
    lets_in,
    moving,
    opening,
    zone_of,
    zone_of_peers,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Firewalld
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import HostFacts, Refusal

MANAGED, UNMANAGED = "managed", "unmanaged"
UFW = "ufw-"


def firewalld_of(facts: HostFacts, wish: str) -> Firewalld | None:
    """Only where it runs and is to be managed; facts of an earlier release have none."""
    return facts.get("firewalld") if wish == MANAGED else None


def flannel_commands(facts: HostFacts, wish: str, needs: Needs) -> list[Command]:
    """The peers' packets may arrive, and what comes by flannel's devices is trusted."""
    firewalld = firewalld_of(facts, wish)
    if firewalld is None or firewalld["error"]:
        return []
    zone = zone_of_peers(firewalld, needs)
    found = []
    for words, zones in (([COMMAND, PERMANENT], firewalld["permanent"]), ([COMMAND], firewalld["zones"])):
        found += [[*words, *opening(zone, one)] for one in needs.arrivals if not lets_in(zones.get(zone), one)]
        found += [
            [*words, *moving(TRUSTED, name)]
            for name in needs.devices
            if not accepts(zones.get(zone_of(zones, "", name)))
        ]
    return found


def docker_commands(facts: HostFacts, wish: str, needs: Needs) -> list[Command]:
    """docker's own zone, as docker makes it where firewalld runs before it starts. A new zone needs a reload."""
    firewalld = firewalld_of(facts, wish)
    if firewalld is None or firewalld["error"]:
        return []
    permanent, running, found = firewalld["permanent"], firewalld["zones"], []
    if DOCKERS not in permanent:
        found.append([COMMAND, PERMANENT, f"--new-zone={DOCKERS}"])
        found.append([COMMAND, PERMANENT, f"--zone={DOCKERS}", f"--set-target={ACCEPTS}"])
    if not accepts(permanent.get(zone_of(permanent, "", needs.bridge))):
        found.append([COMMAND, PERMANENT, *moving(DOCKERS, needs.bridge)])
    if DOCKERS not in running:
        found.append([COMMAND, "--reload"])
    elif not accepts(running.get(zone_of(running, "", needs.bridge))):
        found.append([COMMAND, *moving(DOCKERS, needs.bridge)])
    return found


def remaining_texts(commands: t.Iterable[Command]) -> list[str]:
    return [f"firewalld has not got {' '.join(command[1:])}" for command in commands]


def refuse_firewall(
    variable: str, wish: str, facts: HostFacts, interfaces: t.Sequence[str], zone: str, direct: str = ""
) -> t.Iterator[Refusal]:
    """`interfaces` are to be in `zone`; `direct` is an uplink by which packets of other hosts' containers come as they are."""
    name = f"{variable} (overlay_firewall in the inventory)"
    if wish == MANAGED and any(one["chain"].startswith(UFW) for one in facts["firewall"]["chains"]):
        fix = f"use {UNMANAGED}, and open ufw for the overlay (ufw route allow, ufw allow)"
        yield Refusal(name, f"{wish}, with ufw on this host", "firewalld, or no firewall of the host's own", fix)
    firewalld = firewalld_of(facts, wish)
    if firewalld is None:
        return
    if firewalld["error"]:
        fix = f"systemctl restart firewalld, then run again; or use {UNMANAGED}"
        yield Refusal(name, f"{wish}, and firewall-cmd fails: {firewalld['error']}", "a firewalld that answers", fix)
        return
    if direct:
        allowed = "flannel's own device: by the uplink firewalld cannot tell containers of other hosts from strangers"
        fix = f"use {UNMANAGED} with a policy of firewalld of yours, or a network without host-gw and DirectRouting"
        yield Refusal(name, f"{wish}, with routes by {direct}", allowed, fix)
    yield from refuse_zones(name, firewalld, interfaces, zone)


def refuse_zones(name: str, firewalld: Firewalld, interfaces: t.Sequence[str], zone: str) -> t.Iterator[Refusal]:
    """What somebody has set otherwise stays."""
    for zones, words in ((firewalld["zones"], ""), (firewalld["permanent"], " --permanent")):
        if zone in zones and not accepts(zones[zone]):
            seen = f"{MANAGED}, with target {zones[zone]['target']} of zone {zone}"
            yield Refusal(
                name,
                seen,
                f"target {ACCEPTS} of that zone",
                f"{COMMAND} --permanent --zone={zone} --set-target={ACCEPTS}",
            )
        for interface in interfaces:
            found = zone_of(zones, "", interface)
            if found not in ("", zone) and not accepts(zones[found]):
                seen = f"{MANAGED}, with {interface} in zone {found}"
                fix = f"{COMMAND}{words} --zone={found} --remove-interface={interface}"
                yield Refusal(name, seen, f"{interface} in no zone, or in one with target {ACCEPTS}", fix)
