# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read interfaces, routes, neighbours and forwarding entries from iproute2's JSON."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host_run import Runner
from ansible_collections.overlay.flannel.plugins.module_utils.host_types import (
    Address,
    FdbEntry,
    Interface,
    Neighbour,
    Route,
)

Entry = t.Dict[str, t.Any]


def entries(text: str, needed: str) -> list[Entry]:
    """Older versions print empty objects for what they filter out."""
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return []
    return [entry for entry in found if needed in entry]


def parse_interfaces(text: str) -> dict[str, Interface]:
    return {entry["ifname"]: interface(entry) for entry in entries(text, "ifname")}


def interface(entry: Entry) -> Interface:
    info = entry.get("linkinfo") or {}
    data = info.get("info_data") or {}
    kind = info.get("info_kind", "")
    return Interface(
        mac=entry.get("address", ""),
        mtu=entry.get("mtu", 0),
        up="UP" in entry.get("flags", []),
        kind=kind,
        vni=data.get("id") if kind == "vxlan" else None,
        port=data.get("port") if kind == "vxlan" else None,
        learning=data.get("learning") if kind == "vxlan" else None,
        master=entry.get("master", ""),
        addresses=[address(item) for item in entry.get("addr_info", []) if item.get("local")],
    )


def address(item: Entry) -> Address:
    return Address(
        address=item["local"], prefixlen=item.get("prefixlen", 0), family=6 if item.get("family") == "inet6" else 4
    )


def parse_routes(text: str, default: str) -> list[Route]:
    """`default` is the network that iproute2 calls so; a route with many hops becomes many."""
    return [route(entry, hop, default) for entry in entries(text, "dst") for hop in entry.get("nexthops") or [entry]]


def route(entry: Entry, hop: Entry, default: str) -> Route:
    via = hop.get("gateway") or (hop.get("via") or {}).get("host", "")
    return Route(
        dst=default if entry["dst"] == "default" else entry["dst"],
        via=via,
        dev=hop.get("dev", ""),
        src=entry.get("prefsrc", ""),
        metric=entry.get("metric", 0),
    )


def parse_neighbours(text: str, dev: str) -> list[Neighbour]:
    return [
        Neighbour(
            dev=dev, address=entry["dst"], mac=entry.get("lladdr", ""), permanent="PERMANENT" in entry.get("state", [])
        )
        for entry in entries(text, "dst")
    ]


def parse_fdb(text: str, dev: str) -> list[FdbEntry]:
    return [FdbEntry(dev=dev, mac=entry["mac"], dst=entry["dst"]) for entry in entries(text, "mac") if entry.get("dst")]


def look_at_interfaces(run: Runner) -> dict[str, Interface]:
    return parse_interfaces(run(["ip", "-j", "-d", "addr", "show"]).out)


def look_at_routes(run: Runner) -> list[Route]:
    return [
        route
        for family, default in (("-4", "0.0.0.0/0"), ("-6", "::/0"))
        for route in parse_routes(run(["ip", "-j", family, "route", "show", "table", "main"]).out, default)
    ]


def look_at_neighbours(devices: t.Iterable[str], run: Runner) -> list[Neighbour]:
    """`nud all`: the entries that flannel sets are hidden otherwise."""
    return [
        found
        for dev in devices
        for found in parse_neighbours(run(["ip", "-j", "neigh", "show", "nud", "all", "dev", dev]).out, dev)
    ]


def look_at_fdb(devices: t.Iterable[str], run: Runner) -> list[FdbEntry]:
    return [found for dev in devices for found in parse_fdb(run(["bridge", "-j", "fdb", "show", "dev", dev]).out, dev)]
