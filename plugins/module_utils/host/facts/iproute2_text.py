# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what iproute2 prints for people, as the entries that its JSON has: those keys that iproute2 takes.

`ip` has no JSON before 4.14 (CentOS 7 has 4.11), and only for some of its objects before 4.17 (Ubuntu 18.04 has 4.15).
"""

from __future__ import annotations

import re
import typing as t

Entry = t.Dict[str, t.Any]

# Words that a value follows: those that are taken, and those whose value may look like another word, as a device's name may.
VALUED = frozenset(
    "dev dst dstport from group id lladdr local master metric mtu peer proto qdisc remote scope src state table via".split()
)
FAMILIES = ("inet", "inet6", "mpls")  # before the address of a gateway of another family
HEAD = re.compile(r"\d+: (?P<name>\S+): <(?P<flags>[^>]*)>(?P<rest>.*)")
DESTINATION = re.compile(r"default$|.*[.:/]")
NO_KIND = ("inet", "inet6", "alias", "altname", "vf", "family")  # with what a line below link/ may begin instead


def interfaces(text: str) -> list[Entry]:
    heads = ((HEAD.match(lines[0]), lines[1:]) for lines in records(text))
    return [interface(head, list_prefix) for head, list_prefix in heads if head]


def routes(text: str) -> list[Entry]:
    return [route(lines) for lines in records(text)]


def neighbours(text: str) -> list[Entry]:
    return [neighbour(lines[0].split()) for lines in records(text)]


def fdb(text: str) -> list[Entry]:
    words = (lines[0].split() for lines in records(text))
    return [{"mac": mac, "dst": values(rest).get("dst", "")} for mac, *rest in words if ":" in mac]


def records(text: str) -> list[list[str]]:
    """A line with the indented ones below it."""
    found: list[list[str]] = []
    for line in text.split("\n"):
        if found and line[:1].isspace():
            found[-1].append(line)
        elif line.strip():
            found.append([line])
    return found


def values(words: t.Iterable[str]) -> dict[str, str]:
    """Each word with the value that follows it, the first time it occurs; empty for a word that has none."""
    found: dict[str, str] = {}
    left = iter(words)
    for word in left:
        value = next(left, "") if word in VALUED else ""
        if word == "via" and value in FAMILIES:
            value = next(left, "")
        found.setdefault(word, value)
    return found


def interface(head: t.Match[str], list_prefix: t.Sequence[str]) -> Entry:
    """Below the name are the line of the link layer, that of the kind, and the addresses."""
    given, lines = values(head["rest"].split()), [line.split() for line in list_prefix if line.strip()]
    return {
        "ifname": head["name"].rpartition("@")[0] or head["name"],  # name@parent
        "flags": head["flags"].split(","),
        "mtu": int(given.get("mtu", 0)),
        "master": given.get("master", ""),
        "address": link_address(lines[0] if lines else []),
        "linkinfo": linkinfo(lines[1] if len(lines) > 1 else []),
        "addr_info": [address(words) for words in lines if words[0] in ("inet", "inet6")],
    }


def link_address(words: t.Sequence[str]) -> str:
    """`link/ether MAC brd MAC ...`; some have no address, tunnels one of IP."""
    return words[1] if len(words) > 1 and re.search("[.:]", words[1]) else ""


def linkinfo(words: t.Sequence[str]) -> Entry:
    """Devices without a kind, such as network cards, have none of these lines, or only that of their bridge."""
    kind = words[0] if words else ""
    if not kind or kind in NO_KIND or "/" in kind or kind.endswith("_slave"):
        return {}
    return {"info_kind": kind, "info_data": vxlan(values(words[1:])) if kind == "vxlan" else {}}


def vxlan(given: t.Mapping[str, str]) -> Entry:
    """4.16 and 4.17 print nothing of a device that takes its VNI from routes."""
    if "id" not in given:
        return {}
    port = {"port": int(given["dstport"])} if "dstport" in given else {}
    return {"id": int(given["id"]), **port, "learning": "nolearning" not in given}


def address(words: t.Sequence[str]) -> Entry:
    """With a peer the length is behind the peer's address."""
    ends = values(words[2:]).get("peer") or words[1]
    return {"family": words[0], "local": words[1].partition("/")[0], "prefixlen": int(ends.partition("/")[2] or 0)}


def route(lines: t.Sequence[str]) -> Entry:
    """The type stands first, unless it is unicast."""
    words = lines[0].split()
    destination, *rest = words if DESTINATION.match(words[0]) else words[1:]
    given = values(rest)
    hops = [hop(values(line.split()[1:])) for line in lines[1:] if line.split()[:1] == ["nexthop"]]
    entry = {"dst": destination, "prefsrc": given.get("src", ""), "metric": int(given.get("metric", 0))}
    return {**entry, "nexthops": hops, **hop(given)}


def hop(given: t.Mapping[str, str]) -> Entry:
    return {"gateway": given.get("via", ""), "dev": given.get("dev", "")}


def neighbour(words: t.Sequence[str]) -> Entry:
    """States are the only words in capitals."""
    state = [part for word in words for part in word.split(",") if part.isupper()]
    return {"dst": words[0], "lladdr": values(words[1:]).get("lladdr", ""), "state": state}
