# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read interfaces, routes, neighbours and forwarding entries as iproute2 prints them: in JSON, or as text where it has none."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import UnreadHostError
from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import HostRunner, Output
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import iproute2_text as as_text
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.iproute2_text import Entry
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import (
    Address,
    FdbEntry,
    Interface,
    Neighbour,
    Route,
)

# Answers although the program fails: the device has gone since it was seen, no route has ever been set, or the kernel has no IPv6.
NOTHING_THERE = ("Cannot find device", "No such device", "FIB table does not exist", "not supported")


def query_json(argv: t.Sequence[str], read: t.Callable[[str], list[Entry]], run: HostRunner) -> list[Entry]:
    """From JSON. Where that fails `read` takes the text; where that fails as well nothing is known, which is an error."""
    done = run([argv[0], "-j", *argv[1:]])
    found = json_list(done)
    if found is not None:
        return found
    if not nothing_there(done):
        done = run(argv)
    if nothing_there(done):
        return []
    if done.code != 0:
        raise UnreadHostError(argv, done.code, done.error)
    return read(done.out)


def json_list(done: Output) -> list[Entry] | None:
    """None from a version that knows no -j, or that takes it and prints text all the same."""
    try:
        found = json.loads(done.out) if done.code == 0 else None
    except ValueError:
        return None
    return found if isinstance(found, list) else None


def nothing_there(done: Output) -> bool:
    return done.code != 0 and any(words in done.error for words in NOTHING_THERE)


def with_key(found: t.Iterable[Entry], needed: str) -> list[Entry]:
    """Older versions print empty objects for what they filter out."""
    return [entry for entry in found if needed in entry]


def interfaces(found: t.Iterable[Entry]) -> dict[str, Interface]:
    return {entry["ifname"]: interface(entry) for entry in with_key(found, "ifname")}


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


def routes(found: t.Iterable[Entry], default: str) -> list[Route]:
    """`default` is the network that iproute2 calls so; a route with many hops becomes many."""
    return [route(entry, hop, default) for entry in with_key(found, "dst") for hop in entry.get("nexthops") or [entry]]


def route(entry: Entry, hop: Entry, default: str) -> Route:
    via = hop.get("gateway") or (hop.get("via") or {}).get("host", "")
    return Route(
        dst=default if entry["dst"] == "default" else entry["dst"],
        via=via,
        dev=hop.get("dev", ""),
        src=entry.get("prefsrc", ""),
        metric=entry.get("metric", 0),
    )


def neighbours(found: t.Iterable[Entry], dev: str) -> list[Neighbour]:
    return [
        Neighbour(
            dev=dev, address=entry["dst"], mac=entry.get("lladdr", ""), permanent="PERMANENT" in entry.get("state", [])
        )
        for entry in with_key(found, "dst")
    ]


def fdb(found: t.Iterable[Entry], dev: str) -> list[FdbEntry]:
    return [
        FdbEntry(dev=dev, mac=entry["mac"], dst=entry["dst"]) for entry in with_key(found, "mac") if entry.get("dst")
    ]


def read_interfaces(run: HostRunner) -> dict[str, Interface]:
    """Every host has at least lo."""
    argv = ["ip", "-d", "addr", "show"]
    found = interfaces(query_json(argv, as_text.interfaces, run))
    if not found:
        raise UnreadHostError(argv, 0, "it lists no interface")
    return found


def read_routes(run: HostRunner) -> list[Route]:
    return [
        found
        for family, default in (("-4", "0.0.0.0/0"), ("-6", "::/0"))
        for found in routes(query_json(["ip", family, "route", "show", "table", "main"], as_text.routes, run), default)
    ]


def read_neighbours(devices: t.Iterable[str], run: HostRunner) -> list[Neighbour]:
    """`nud all`: the entries that flannel sets are hidden otherwise."""
    return [
        found
        for dev in devices
        for found in neighbours(
            query_json(["ip", "neigh", "show", "nud", "all", "dev", dev], as_text.neighbours, run), dev
        )
    ]


def read_fdb(devices: t.Iterable[str], run: HostRunner) -> list[FdbEntry]:
    return [
        found
        for dev in devices
        for found in fdb(query_json(["bridge", "fdb", "show", "dev", dev], as_text.fdb, run), dev)
    ]
