# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge flannel's own devices: the backend's are there and as the lease says, those of a former configuration are not. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import ERROR, WARNING, Finding, listed
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.devices import KINDS, is_flannels
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import (
    IPV4,
    Case,
    addresses_of,
    backend_value,
    network_of,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Interface, Route

RESTART = "systemctl restart flanneld"
GO_WITH_FLANNELD = ("udp", "wireguard")
FOREIGN = ("", "extension")  # flannel does not say what devices there are


def own_devices(case: Case) -> dict[int, str]:
    """The device of each address family; none for a backend without, such as host-gw. wireguard may have one for both."""
    names = {family: case.device_of(family) for family in case.families}
    return {family: name for family, name in names.items() if name}


def judge_devices(case: Case) -> list[Finding]:
    found = [finding for family, name in own_devices(case).items() for finding in judge_device(case, name, family)]
    return [*dict.fromkeys(found), *judge_left_devices(case)]


def judge_device(case: Case, device: str, family: int) -> list[Finding]:
    link = case.look["interfaces"].get(device)
    if link is None:
        return device_missing(case, device)
    vni = backend_value(case.own, "VNI", family)
    return [
        *judge_link(device, link, KINDS[case.backend], vni),
        *judge_mac(case, device, link, family),
        *judge_address(case, device, link, family),
    ]


def device_missing(case: Case, device: str) -> list[Finding]:
    """Those of udp and wireguard end with flanneld: that it is not there is told already."""
    if case.backend in GO_WITH_FLANNELD and "flanneld" not in case.look["processes"]:
        return []
    others = ", ".join(name for name in case.look["interfaces"] if name.startswith("flannel")) or "none"
    seen = f"no device {device}; devices of flannel: {others}"
    return [Finding(code="device_missing", seen=seen, expected=device, fix=RESTART)]


def judge_link(device: str, link: Interface, kind: str, vni: t.Any) -> t.Iterator[Finding]:
    if link["kind"] != kind:
        yield device_finding("device_kind", device, f"{device} is of kind {link['kind'] or 'unknown'}", kind)
    elif not link["up"]:
        yield Finding(code="device_down", seen=f"{device} is down", expected=f"{device} up", fix=RESTART)
    if vni is not None and link["vni"] is not None and link["vni"] != vni:
        yield device_finding("device_vni", device, f"{device} has VNI {link['vni']}, the lease VNI {vni}", f"VNI {vni}")


def judge_mac(case: Case, device: str, link: Interface, family: int) -> t.Iterator[Finding]:
    """A device that was made anew has another one, and none of the entries for the others."""
    wanted = lease_mac(case, family)
    if wanted and link["mac"].lower() != wanted:
        seen = f"{device} has MAC {link['mac']}, the lease in etcd {wanted}"
        expected = "the same MAC: the others send to that of the lease"
        yield Finding(code="device_mac", seen=seen, expected=expected, fix=RESTART)


def lease_mac(case: Case, family: int) -> str:
    return str(backend_value(case.own, "VtepMAC", family) or "").lower()


def judge_address(case: Case, device: str, link: Interface, family: int) -> t.Iterator[Finding]:
    """Setting a device down takes its IPv6 address away for good, and the routes with it."""
    wanted = wanted_address(case, family)
    if link["up"] and wanted and wanted not in addresses_of(link):
        seen = f"{device} has not the address {wanted}"
        expected = "the first address of the subnet, from which this host itself talks to containers of other hosts"
        yield Finding(code="device_address", seen=seen, expected=expected, fix=RESTART)


def wanted_address(case: Case, family: int) -> str:
    """Of the lease, else of what flanneld has written."""
    name = "subnet" if family == IPV4 else "ipv6_subnet"
    subnet = str((case.own or case.look["flannel"]["subnet_env"] or {}).get(name) or "")
    return network_of(subnet).partition("/")[0]


def device_finding(code: str, device: str, seen: str, expected: str) -> Finding:
    """The device has to be made anew: flanneld keeps one that exists."""
    return Finding(code=code, seen=seen, expected=expected, fix=f"ip link delete {device}; {RESTART}")


def is_fit(case: Case, family: int) -> bool:
    """Whether the device is as it should be; if not, what else is missing has this cause, which is told of the device."""
    device = case.device_of(family)
    link = case.look["interfaces"].get(device)
    return link is not None and not judge_device(case, device, family)


def left_devices(case: Case) -> list[str]:
    """Devices with flannel's names that this configuration does not have: flanneld never deletes those of a former one."""
    if case.backend in FOREIGN or (case.own is None and case.network is None):
        return []
    wanted = own_devices(case).values()
    return [name for name in case.look["interfaces"] if is_flannels(name) and name not in wanted]


def judge_left_devices(case: Case) -> t.Iterator[Finding]:
    """A warning as long as it attracts no packets."""
    for device in left_devices(case):
        routes = [route["dst"] for route in case.look["routes"] if route["dev"] == device and attracts(case, route)]
        taken = f", and packets to {listed(routes)} go there" if routes else ""
        yield Finding(
            code="stale_device",
            severity=ERROR if routes else WARNING,
            seen=f"{device} is left over from a former configuration{taken}",
            expected=f"of flannel's devices only {', '.join(own_devices(case).values())}"
            if own_devices(case)
            else "none of flannel's devices",
            fix=f"ip link delete {device}" + (f"; {RESTART}" if routes else ""),
        )


def attracts(case: Case, route: Route) -> bool:
    """To a peer, or to all of them; not what the kernel adds for the device's own addresses."""
    return bool(route["via"]) or route["dst"] in [case.range_of(family) for family in case.families]
