# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the action certificates as certificates that are wanted. No I/O."""

from __future__ import annotations

import ipaddress
import os
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.pki_model import CLIENT, CONTROLLER, SERVER, Leaf
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal

Member = t.Mapping[str, t.Any]
# A host name as etcd's programs compare it: labels of letters, digits, hyphens and underscores.
DNS_NAME = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*\Z"
)
FILE_NAME = re.compile(r"[^./\x00-\x1f\x7f][^/\x00-\x1f\x7f]{0,199}\Z")
LOOPBACK_NAMES, LOOPBACK = ("localhost",), ("127.0.0.1", "::1")
MOST_DAYS = 36500


def wanted_leaves(arguments: t.Mapping[str, t.Any]) -> list[Leaf]:
    found = []
    for member in arguments["members"]:
        names, addresses = names_and_addresses(member)
        both, stem = frozenset((SERVER, CLIENT)), f"members/{member['name']}"
        server = (*names, *LOOPBACK_NAMES), (*addresses, *LOOPBACK)
        found.append(Leaf(f"{stem}/server", member["name"], "ca", both, "", unique(server[0]), unique(server[1])))
        found.append(Leaf(f"{stem}/peer", member["name"], "peer-ca", both, "", names, addresses))
    only = frozenset((CLIENT,))
    for host in arguments["clients"]:
        found.append(Leaf(f"clients/{host}", host, "ca", only, arguments["client_user"]))
    for user in arguments["users"]:
        found.append(Leaf(f"users/{user}", CONTROLLER, "ca", only, user))
    return found


def refusals(arguments: t.Mapping[str, t.Any]) -> list[str]:
    """What is wrong with the options themselves."""
    found = [*folder_refusals(arguments["dir"]), *day_refusals(arguments), *user_refusals(arguments)]
    for member in arguments["members"]:
        found += member_refusals(member)
    found += name_refusals("members", [member["name"] for member in arguments["members"]])
    found += name_refusals("clients", arguments["clients"])
    return found + shared_refusals(arguments["members"])


def folder_refusals(folder: str) -> list[str]:
    if os.path.isabs(os.path.expanduser(folder)):
        return []
    fix = "set overlay_pki_dir to a directory of the controller, for example {{ inventory_dir }}/pki"
    return [Refusal("overlay_pki_dir", folder or '""', "an absolute path", fix).to_text(CONTROLLER)]


def day_refusals(arguments: t.Mapping[str, t.Any]) -> list[str]:
    days, ca_days, renew = arguments["days"], arguments["ca_days"], arguments["renew_days"]
    found = []
    if not 1 <= days <= ca_days:
        allowed = f"1 to overlay_pki_ca_days ({ca_days}), because no certificate lasts longer than its authority"
        found.append(Refusal("overlay_pki_days", days, allowed, "set it to 365, for example"))
    if not 1 <= ca_days <= MOST_DAYS:
        found.append(Refusal("overlay_pki_ca_days", ca_days, f"1 to {MOST_DAYS}", "set it to 3650, for example"))
    if not 0 <= renew < max(days, 1):
        allowed = f"0 to less than overlay_pki_days ({days}), because each run would renew all certificates otherwise"
        found.append(Refusal("overlay_pki_renew_days", renew, allowed, "set it to 30, for example"))
    return [refusal.to_text(CONTROLLER) for refusal in found]


def user_refusals(arguments: t.Mapping[str, t.Any]) -> list[str]:
    found, client = name_refusals("users", arguments["users"]), arguments["client_user"]
    if client in arguments["users"] or not FILE_NAME.match(client):
        allowed = f"a user that only flanneld has, not one of {', '.join(arguments['users'])}"
        fix = "set client_user to flannel, for example"
        found.append(Refusal("client_user", client or '""', allowed, fix).to_text(CONTROLLER))
    return found


def name_refusals(option: str, names: t.Sequence[str]) -> list[str]:
    """Names become names of files, and some file systems do not know upper case."""
    found, known = [], set()
    for name in names:
        if not FILE_NAME.match(name):
            allowed, fix = (
                "a name without a slash, control characters and a dot at its begin",
                "rename it in the inventory",
            )
            found.append(Refusal(option, name or '""', allowed, fix).to_text(CONTROLLER))
        elif name.casefold() in known:
            fix = "remove one of them"
            found.append(Refusal(option, name, "each name once", fix).to_text(CONTROLLER))
        known.add(name.casefold())
    return found


def member_refusals(member: Member) -> list[str]:
    found = []
    for name in member["names"]:
        if not as_address(name) and not DNS_NAME.match(name):
            found.append(
                Refusal("names", name or '""', "host names of letters, digits, - and _, with dots", "correct it")
            )
    for address in member["addresses"]:
        if not as_address(address):
            found.append(Refusal("addresses", address or '""', "IPv4 and IPv6 addresses", "correct it"))
    if not any(names_and_addresses(member)):
        fix = "give the addresses by which its peers and clients reach it"
        found.append(Refusal("addresses", "[]", "at least one address or name of this member", fix))
    return [refusal.to_text(member["name"]) for refusal in found]


def shared_refusals(members: t.Sequence[Member]) -> list[str]:
    """Whoever has the certificate of one member could stand in for the other."""
    owners: dict[str, str] = {}
    found = []
    for member in members:
        names, addresses = names_and_addresses(member)
        for option, values in (("names", names), ("addresses", addresses)):
            for value in [value for value in values if value not in (*LOOPBACK_NAMES, *LOOPBACK)]:
                other = owners.setdefault(value, member["name"])
                if other != member["name"]:
                    allowed = f"names and addresses that no other member has; {other} has it too"
                    refusal = Refusal(option, value, allowed, "correct the inventory of one of them")
                    found.append(refusal.to_text(member["name"]))
    return found


def names_and_addresses(member: Member) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """An address among the names is an address: an inventory may call a host by it."""
    given = [*member["names"], *member["addresses"]]
    names = unique(name.lower() for name in member["names"] if not as_address(name))
    return names, unique(found for found in map(as_address, given) if found)


def as_address(text: str) -> str:
    """In its usual form; empty where it is none. One that needs an interface (`fe80::1%eth0`) fits into no certificate."""
    try:
        return "" if "%" in text else str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def unique(values: t.Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
