# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check flannel's own devices: those of the backend exist and match the lease, those of a former configuration are gone. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import network_of
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import ERROR, WARNING, Finding, listed
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import Device, Routes
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.devices import is_flannels
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import (
    IPV4,
    HostContext,
    addresses_of,
    backend_value,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Interface, Route

RESTART = "systemctl restart flanneld"


def own_devices(context: HostContext) -> dict[int, str]:
    """The device of each address family; none for a backend without, such as host-gw. wireguard may have one for both."""
    names = {family: context.device_of(family) for family in context.families}
    return {family: name for family, name in names.items() if name}


def check_devices(context: HostContext) -> list[Finding]:
    found = [
        finding for family, name in own_devices(context).items() for finding in check_device(context, name, family)
    ]
    return [*dict.fromkeys(found), *check_left_devices(context)]


def check_device(context: HostContext, device: str, family: int) -> list[Finding]:
    link = context.facts["interfaces"].get(device)
    kind = context.kind.device
    if link is None or kind is None:
        return device_missing(context, device, kind)
    vni = backend_value(context.own, "VNI", family)
    return [
        *check_link(device, link, kind.kind, vni),
        *check_mac(context, device, link, family),
        *check_address(context, device, link, family),
    ]


def device_missing(context: HostContext, device: str, kind: Device | None) -> list[Finding]:
    """Where the device ends with flanneld, a missing flanneld is reported already."""
    if kind and kind.ends_with_flanneld and "flanneld" not in context.facts["processes"]:
        return []
    others = ", ".join(name for name in context.facts["interfaces"] if name.startswith("flannel")) or "none"
    seen = f"no device {device}; devices of flannel: {others}"
    return [Finding(code="device_missing", seen=seen, expected=device, fix=RESTART)]


def check_link(device: str, link: Interface, kind: str, vni: t.Any) -> t.Iterator[Finding]:
    if link["kind"] != kind:
        yield device_finding("device_kind", device, f"{device} is of kind {link['kind'] or 'unknown'}", kind)
    elif not link["up"]:
        yield Finding(code="device_down", seen=f"{device} is down", expected=f"{device} up", fix=RESTART)
    if vni is not None and link["vni"] is not None and link["vni"] != vni:
        yield device_finding("device_vni", device, f"{device} has VNI {link['vni']}, the lease VNI {vni}", f"VNI {vni}")


def check_mac(context: HostContext, device: str, link: Interface, family: int) -> t.Iterator[Finding]:
    """A device that was made anew has another one, and none of the entries for the others."""
    wanted = lease_mac(context, family)
    if wanted and link["mac"].lower() != wanted:
        seen = f"{device} has MAC {link['mac']}, the lease in etcd {wanted}"
        expected = "the same MAC: the others send to that of the lease"
        yield Finding(code="device_mac", seen=seen, expected=expected, fix=RESTART)


def lease_mac(context: HostContext, family: int) -> str:
    return str(backend_value(context.own, "VtepMAC", family) or "").lower()


def check_address(context: HostContext, device: str, link: Interface, family: int) -> t.Iterator[Finding]:
    """Setting a device down takes its IPv6 address away for good, and the routes with it."""
    wanted = wanted_address(context, family)
    if link["up"] and wanted and wanted not in addresses_of(link):
        seen = f"{device} does not have the address {wanted}"
        expected = "the first address of the subnet, from which this host itself talks to containers of other hosts"
        yield Finding(code="device_address", seen=seen, expected=expected, fix=RESTART)


def wanted_address(context: HostContext, family: int) -> str:
    """Of the lease, else of what flanneld has written."""
    name = "subnet" if family == IPV4 else "ipv6_subnet"
    subnet = str((context.own or context.facts["flannel"]["subnet_env"] or {}).get(name) or "")
    return network_of(subnet).partition("/")[0]


def device_finding(code: str, device: str, seen: str, expected: str) -> Finding:
    """The device has to be made anew: flanneld keeps one that exists."""
    return Finding(code=code, seen=seen, expected=expected, fix=f"ip link delete {device}; {RESTART}")


def is_fit(context: HostContext, family: int) -> bool:
    """Whether the device is as it should be; if not, what else is missing has this cause, which is reported for the device."""
    device = context.device_of(family)
    link = context.facts["interfaces"].get(device)
    return link is not None and not check_device(context, device, family)


def left_devices(context: HostContext) -> list[str]:
    """Devices with flannel's names that this configuration does not have: flanneld never deletes those of a former one."""
    if context.kind.routes is Routes.UNKNOWN or (context.own is None and context.network is None):
        return []
    wanted = own_devices(context).values()
    return [name for name in context.facts["interfaces"] if is_flannels(name) and name not in wanted]


def check_left_devices(context: HostContext) -> t.Iterator[Finding]:
    """A warning as long as it attracts no packets."""
    for device in left_devices(context):
        routes = [
            route["dst"] for route in context.facts["routes"] if route["dev"] == device and attracts(context, route)
        ]
        taken = f", and packets to {listed(routes)} go there" if routes else ""
        yield Finding(
            code="stale_device",
            severity=ERROR if routes else WARNING,
            seen=f"{device} is left over from a former configuration{taken}",
            expected=f"of flannel's devices only {', '.join(own_devices(context).values())}"
            if own_devices(context)
            else "no device of flannel",
            fix=f"ip link delete {device}" + (f"; {RESTART}" if routes else ""),
        )


def attracts(context: HostContext, route: Route) -> bool:
    """To a peer, or to all of them; not what the kernel adds for the device's own addresses."""
    return bool(route["via"]) or route["dst"] in [context.range_of(family) for family in context.families]
