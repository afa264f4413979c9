# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge the chain of MTUs: uplink, flannel's device, subnet.env, docker's options, containers. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import ERROR, WARNING, Finding
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.devices import field
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import IPV6, Case
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.packet_paths import BRIDGE, uplink
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Interface

# What a backend puts around a packet. Source: pkg/backend/* of flannel v0.28.10. Not known for ipsec: it depends.
OVERHEAD = {"vxlan": 50, "ipip": 20, "udp": 28, "wireguard": 80, "host-gw": 0, "alloc": 0, "extension": 0}
MADE_ANEW = "ip link delete {0}; systemctl restart flanneld"
REWRITE = "systemctl restart flanneld"
RESTART = "systemctl restart docker"


def judge_mtu(case: Case) -> t.Iterator[Finding]:
    """At most one finding for IPv4, about the first link that does not fit the one before it."""
    if case.look["flannel"]["subnet_env"] is None:
        return
    for judge in (judge_room, judge_device_mtu, judge_file, judge_daemon, judge_containers):
        finding = judge(case)
        if finding:
            yield finding
            break
    yield from judge_ipv6(case)


def written(case: Case) -> int:
    """FLANNEL_MTU: what a container may send at once."""
    subnet_env = case.look["flannel"]["subnet_env"]
    return subnet_env["mtu"] if subnet_env else 0


def room(case: Case) -> int | None:
    """What the uplink leaves for a container's packet; None when uplink or backend are not known."""
    link, overhead = case.look["interfaces"].get(uplink(case)), OVERHEAD.get(case.backend)
    if link is None or overhead is None:
        return None
    wanted = field(field(case.network or {}, "backend") or {}, "mtu")
    return min(link["mtu"], wanted if isinstance(wanted, int) and wanted > 0 else link["mtu"]) - overhead


def chain(case: Case) -> str:
    """Names and values, as far as they are known, in the order of the way."""
    interfaces, flannel = case.look["interfaces"], case.look["flannel"]
    links: list[tuple[str, t.Any]] = []
    if uplink(case) in interfaces:
        links.append((uplink(case), interfaces[uplink(case)]["mtu"]))
    if case.device in interfaces:
        links.append((case.device, interfaces[case.device]["mtu"]))
    links.append(("subnet.env", written(case)))
    links.append(("/run/flannel/docker", (flannel["docker_options"] or {}).get("mtu")))
    links.append(("dockerd", case.look["docker"]["options"].get("mtu")))
    links += [("containers", mtu) for mtu in sorted({link["mtu"] for link in ports(case).values()})]
    return ", ".join(f"{name} {mtu}" for name, mtu in links if mtu is not None)


def broken(case: Case, code: str, seen: str, expected: str, fix: str, severity: str = ERROR) -> Finding:
    return Finding(
        code=code, severity=severity, seen=f"{seen} (MTU of each link: {chain(case)})", expected=expected, fix=fix
    )


def judge_room(case: Case) -> Finding | None:
    """Less than there is room for is allowed: Backend.MTU is the way to ask for that."""
    device, space = case.interface, room(case)
    mtu = device["mtu"] if device else written(case)
    if space is None or mtu <= space:
        return None
    name = case.device if device else "/run/flannel/subnet.env"
    return broken(
        case,
        "device_mtu",
        f"{name} has MTU {mtu}, {uplink(case)} leaves room for {space}: {case.backend} adds {OVERHEAD[case.backend]}",
        f"{space} or less: full packets are lost or cut in pieces otherwise, while small ones pass",
        f"ip link set {uplink(case)} mtu {mtu + OVERHEAD[case.backend]}; or set MTU in the network's Backend to the smallest of all uplinks, then on each host "
        + (MADE_ANEW.format(case.device) if device else REWRITE),
    )


def judge_device_mtu(case: Case) -> Finding | None:
    device = case.interface
    if device is None or device["mtu"] == written(case):
        return None
    return broken(
        case,
        "device_mtu",
        f"{case.device} has MTU {device['mtu']}, /run/flannel/subnet.env {written(case)}",
        "the same MTU: flannel keeps an existing device as it is",
        MADE_ANEW.format(case.device),
    )


def judge_file(case: Case) -> Finding | None:
    options = case.look["flannel"]["docker_options"]
    if options is None or options.get("mtu") == str(written(case)):
        return None
    return broken(
        case,
        "docker_mtu",
        f"/run/flannel/docker has MTU {options.get('mtu', 'not set')}, /run/flannel/subnet.env {written(case)}",
        "options made of the subnet.env that is there now",
        REWRITE,
    )


def judge_daemon(case: Case) -> Finding | None:
    wanted, docker = (case.look["flannel"]["docker_options"] or {}).get("mtu"), case.look["docker"]
    if not docker["running"] or wanted is None or docker["options"].get("mtu") == wanted:
        return None
    return broken(
        case,
        "docker_mtu",
        f"the running dockerd has MTU {docker['options'].get('mtu', 'not set')}, /run/flannel/docker {wanted}",
        "the options of /run/flannel/docker",
        RESTART,
    )


def ports(case: Case) -> dict[str, Interface]:
    """This host's ends of the containers' interfaces: docker gives both ends the same MTU. docker0's own says nothing."""
    interfaces = case.look["interfaces"]
    return {name: link for name, link in interfaces.items() if link["master"] == BRIDGE and link["kind"] == "veth"}


def judge_containers(case: Case) -> Finding | None:
    """Under live-restore docker keeps the MTU of its bridge while a container runs. Path MTU discovery then hides most of it."""
    odd = {name: link["mtu"] for name, link in ports(case).items() if link["mtu"] != written(case)}
    if not odd:
        return None
    name, mtu = next(iter(odd.items()))
    return broken(
        case,
        "container_mtu",
        f"{len(odd)} of {len(ports(case))} containers on {BRIDGE} have another MTU than {written(case)}, such as {mtu} at {name}",
        "the MTU of the overlay: the first full packet to each address is lost otherwise, and each one where ICMP is filtered",
        f"stop all containers on {BRIDGE}, {RESTART}, start them again: live-restore keeps the old MTU while one runs",
        WARNING,
    )


def judge_ipv6(case: Case) -> t.Iterator[Finding]:
    """Over IPv6 the kernel takes 70 bytes where flannel counts 50."""
    name = case.device_of(IPV6)
    device = case.look["interfaces"].get(name)
    if name == case.device or device is None or device["mtu"] == written(case):
        return
    yield Finding(
        code="device_mtu",
        severity=WARNING,
        seen=f"{name} has MTU {device['mtu']}, /run/flannel/subnet.env {written(case)}",
        expected="the same MTU",
        fix="set MTU in the network's Backend to 20 less than that of the uplink, delete flannel's devices, restart flanneld",
    )
