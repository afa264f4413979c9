# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check whether a running firewalld lets the overlay pass, and still will after its next reload. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import arrivals
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.devices import field, is_flannels
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.firewalld_zones import (
    COMMAND,
    PERMANENT,
    TRUSTED,
    Gap,
    Needs,
    forwards,
    lets_in,
    moving,
    opening,
    shown,
    zone_of,
    zone_of_peers,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.packet_paths import every_path, uplink
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Firewalld

PASSES = "firewalld lets peers' packets arrive, and forwards between containers and the overlay"
RESTART = "systemctl restart docker (docker puts its bridges into its zone of firewalld only when it starts)"
POLICY = "a policy of firewalld that accepts {network} from zone {zone} to zone docker (firewall-cmd --permanent --new-policy=NAME)"


def check_firewalld(context: HostContext) -> t.Iterator[Finding]:
    firewalld = context.facts.get("firewalld")
    if not firewalld:
        return
    if firewalld["error"]:
        yield Finding(
            code="firewalld_unread",
            seen=f"firewalld runs, and firewall-cmd fails: {firewalld['error']}",
            expected="an answer of firewalld: it may drop packets of the overlay",
            fix="firewall-cmd --state; systemctl restart firewalld",
        )
        return
    gaps, needs = list(running_gaps(context, firewalld)), needs_of(context)
    if gaps:
        yield Finding(
            code="firewalld_blocks",
            seen="; ".join(gap.text for gap in gaps),
            expected=PASSES,
            fix=fix_of(context, firewalld, needs, gaps) + ". overlay_firewall: managed does all of it",
        )
    elif lost := list(permanent_gaps(firewalld, needs)):
        yield Finding(
            code="firewalld_forgets",
            seen="; ".join(gap.text for gap in lost),
            expected="the same in firewalld's permanent configuration: a reload or a reboot takes away what is not in it",
            fix=shown(command for gap in lost for command in gap.commands),
        )


def needs_of(context: HostContext) -> Needs:
    return Needs(
        devices=sorted({path.device for path in every_path(context) if is_flannels(path.device)}),
        arrivals=arrivals(context.backend, given_keys(context)),
        uplink=uplink(context),
        address=context.address or str((context.own or {}).get("public_ip") or ""),
    )


def given_keys(context: HostContext) -> dict[str, t.Any]:
    """What the device has counts before what the configuration says."""
    backend = field(context.network or {}, "backend") or {}
    keys = {name: field(backend, name) for name in context.kind.keys}
    link = context.interface
    return {**keys, **({"Port": link["port"]} if link and link.get("port") else {})}


def running_gaps(context: HostContext, firewalld: Firewalld) -> t.Iterator[Gap]:
    needs = needs_of(context)
    zone = zone_of_peers(firewalld, needs)
    known = firewalld["zones"].get(zone)
    for arrival in needs.arrivals if known and not known["rich"] else []:
        if not lets_in(known, arrival):
            command = [COMMAND, *opening(zone, arrival)]
            yield Gap(f"firewalld's zone {zone} does not let {arrival} of peers in", [command])
    for device in dict.fromkeys(path.device for path in every_path(context)):
        for comes, goes in ((device, needs.bridge), (needs.bridge, device)):
            if not forwards(firewalld, comes, goes):
                text = f"firewalld rejects packets from {comes} ({named(firewalld, comes)}) to {goes} ({named(firewalld, goes)})"
                yield Gap(text, [[COMMAND, *moving(TRUSTED, comes)]] if is_flannels(comes) else [])


def named(firewalld: Firewalld, interface: str) -> str:
    zones = firewalld["zones"]
    found = zone_of(zones, "", interface)
    return f"zone {found}" if found else f"in no zone, so in {firewalld['default_zone']}"


def permanent_gaps(firewalld: Firewalld, needs: Needs) -> t.Iterator[Gap]:
    """docker puts its bridge into its zone again after each reload, and keeps nothing."""
    zone = zone_of_peers(firewalld, needs)
    for arrival in needs.arrivals:
        if lets_in(firewalld["zones"].get(zone), arrival) and not lets_in(firewalld["permanent"].get(zone), arrival):
            command = [COMMAND, PERMANENT, *opening(zone, arrival)]
            yield Gap(
                f"firewalld's zone {zone} lets {arrival} in only until its next reload", [command], permanent=True
            )
    for device in needs.devices:
        found = zone_of(firewalld["zones"], "", device)
        if found and zone_of(firewalld["permanent"], "", device) != found:
            command = [COMMAND, PERMANENT, *moving(found, device)]
            yield Gap(f"{device} is in zone {found} of firewalld only until its next reload", [command], permanent=True)


def fix_of(context: HostContext, firewalld: Firewalld, needs: Needs, gaps: t.Sequence[Gap]) -> str:
    """All of it, for now and for later."""
    commands = [command for gap in gaps for command in gap.commands]
    both = [one for command in commands for one in (command, [COMMAND, PERMANENT, *command[1:]])]
    parts = [shown(both)] if both else []
    texts = " ".join(gap.text for gap in gaps)
    if f"from {needs.bridge} " in texts:
        parts.append(RESTART)
    direct = [path.device for path in every_path(context) if not is_flannels(path.device)]
    if any(f"from {device} " in texts for device in direct):
        zone = zone_of(firewalld["zones"], firewalld["default_zone"], direct[0])
        parts.append(POLICY.format(network=context.range, zone=zone))
    return "; ".join(parts)
