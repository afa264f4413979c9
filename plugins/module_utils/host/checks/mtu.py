# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the chain of MTUs: uplink, flannel's device, subnet.env, docker's options, containers. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import WARNING, Finding
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.devices import field
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import IPV6, HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.packet_paths import BRIDGE, uplink
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_state import (
    ARGUMENTS,
    differences_by_name,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Interface

MADE_ANEW = "ip link delete {0}; systemctl restart flanneld"
REWRITE = "systemctl restart flanneld"
RESTART = "systemctl restart docker"


def check_mtu(context: HostContext) -> t.Iterator[Finding]:
    """At most one finding for IPv4, about the first link that does not fit the one before it."""
    if context.facts["flannel"]["subnet_env"] is None:
        return
    for check in (check_room, check_device_mtu, check_file, check_daemon, check_containers):
        finding = check(context)
        if finding:
            yield finding
            break
    yield from check_ipv6(context)


def written(context: HostContext) -> int:
    """FLANNEL_MTU: what a container may send at once."""
    subnet_env = context.facts["flannel"]["subnet_env"]
    return subnet_env["mtu"] if subnet_env else 0


def room(context: HostContext) -> int | None:
    """What the uplink leaves for a container's packet; None when uplink or backend are not known."""
    link, overhead = context.facts["interfaces"].get(uplink(context)), context.kind.overhead
    if link is None or overhead is None:
        return None
    wanted = field(field(context.network or {}, "backend") or {}, "mtu")
    return min(link["mtu"], wanted if isinstance(wanted, int) and wanted > 0 else link["mtu"]) - overhead


def chain(context: HostContext) -> str:
    """Names and values, as far as they are known, in the order of the way."""
    interfaces, flannel = context.facts["interfaces"], context.facts["flannel"]
    links: list[tuple[str, t.Any]] = []
    if uplink(context) in interfaces:
        links.append((uplink(context), interfaces[uplink(context)]["mtu"]))
    if context.device in interfaces:
        links.append((context.device, interfaces[context.device]["mtu"]))
    links.append(("subnet.env", written(context)))
    links.append(("/run/flannel/docker", (flannel["docker_options"] or {}).get("mtu")))
    links.append(("dockerd", context.facts["docker"]["options"].get("mtu")))
    links += [("containers", mtu) for mtu in sorted({link["mtu"] for link in ports(context).values()})]
    return ", ".join(f"{name} {mtu}" for name, mtu in links if mtu is not None)


def broken(context: HostContext, code: str, seen: str, expected: str, fix: str) -> Finding:
    return Finding(code=code, seen=f"{seen} (MTU of each link: {chain(context)})", expected=expected, fix=fix)


def check_room(context: HostContext) -> Finding | None:
    """Less than the maximum is allowed, because Backend.MTU sets that."""
    device, space, overhead = context.interface, room(context), context.kind.overhead
    mtu = device["mtu"] if device else written(context)
    if space is None or overhead is None or mtu <= space:
        return None
    name = context.device if device else "/run/flannel/subnet.env"
    return broken(
        context,
        "device_mtu",
        f"{name} has MTU {mtu}, {uplink(context)} leaves room for {space}: {context.backend} adds {overhead}",
        f"{space} or less: full packets are lost or cut in pieces otherwise, while small ones pass",
        f"ip link set {uplink(context)} mtu {mtu + overhead}; or set MTU in the network's Backend to the smallest of all uplinks, then on each host "
        + (MADE_ANEW.format(context.device) if device else REWRITE),
    )


def check_device_mtu(context: HostContext) -> Finding | None:
    device = context.interface
    if device is None or device["mtu"] == written(context):
        return None
    return broken(
        context,
        "device_mtu",
        f"{context.device} has MTU {device['mtu']}, /run/flannel/subnet.env {written(context)}",
        "the same MTU: flannel keeps an existing device as it is",
        MADE_ANEW.format(context.device),
    )


def check_file(context: HostContext) -> Finding | None:
    options = context.facts["flannel"]["docker_options"]
    if options is None or options.get("mtu") == str(written(context)):
        return None
    return broken(
        context,
        "docker_mtu",
        f"/run/flannel/docker has MTU {options.get('mtu', 'not set')}, /run/flannel/subnet.env {written(context)}",
        "the options that follow from /run/flannel/subnet.env",
        REWRITE,
    )


def check_daemon(context: HostContext) -> Finding | None:
    if not context.facts["docker"]["running"]:
        return None
    found = differences_by_name(context.facts["flannel"]["docker_options"] or {}, context.facts)
    difference = next((one for one in found if one.where == ARGUMENTS and one.name == "mtu"), None)
    if difference is None:
        return None
    return broken(
        context,
        "docker_mtu",
        f"the running dockerd has MTU {difference.running or 'not set'}, /run/flannel/docker {difference.wanted}",
        "the options of /run/flannel/docker",
        RESTART,
    )


def ports(context: HostContext) -> dict[str, Interface]:
    """This host's ends of the containers' interfaces: docker gives both ends the same MTU. docker0's own says nothing."""
    interfaces = context.facts["interfaces"]
    return {name: link for name, link in interfaces.items() if link["master"] == BRIDGE and link["kind"] == "veth"}


def check_containers(context: HostContext) -> Finding | None:
    """Under live-restore docker keeps the MTU of its bridge while a container runs. Path MTU discovery then hides most of it."""
    odd = {name: link["mtu"] for name, link in ports(context).items() if link["mtu"] != written(context)}
    if not odd:
        return None
    name, mtu = next(iter(odd.items()))
    return broken(
        context,
        "container_mtu",
        f"{len(odd)} of {len(ports(context))} containers on {BRIDGE} have another MTU than {written(context)}, such as {mtu} at {name}",
        "the MTU of the overlay: the first full packet to each address is lost otherwise, and each one where ICMP is filtered",
        f"stop all containers on {BRIDGE}, {RESTART}, start them again: live-restore keeps the old MTU while one runs",
    )


def check_ipv6(context: HostContext) -> t.Iterator[Finding]:
    """Over IPv6 the kernel takes 70 bytes where flannel counts 50."""
    name = context.device_of(IPV6)
    device = context.facts["interfaces"].get(name)
    if name == context.device or device is None or device["mtu"] == written(context):
        return
    yield Finding(
        code="device_mtu",
        severity=WARNING,
        seen=f"{name} has MTU {device['mtu']}, /run/flannel/subnet.env {written(context)}",
        expected="the same MTU",
        fix="set MTU in the network's Backend to 20 less than that of the uplink, delete flannel's devices, restart flanneld",
    )
