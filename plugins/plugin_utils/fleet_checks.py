# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to hold for the variables of a fleet. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal


def unused_variables(host: str, passed: t.Iterable[str], given: t.Container[str]) -> list[str]:
    """`passed` are the role variables that the playbooks set themselves, `given` the variables of the inventory and the command line."""
    found = sorted(name for name in passed if name in given)
    if not found:
        return []
    return [
        f"{host}: the inventory or the command line sets {', '.join(found)}: allowed: overlay_* for what the components share,"
        " because the playbooks pass these values to the roles. Fix: set the overlay_* variable instead (roles/_overlay/vars/main.yml lists them)."
    ]


def different_values(host: str, own: t.Mapping[str, t.Any], first: str, others: t.Mapping[str, t.Any]) -> list[str]:
    """Values are not part of the text: one of them may be a secret."""
    found = [name for name, value in own.items() if value != others.get(name)]
    if not found:
        return []
    refusal = Refusal(
        ", ".join(found),
        f"another value than on {first}",
        "one for all hosts of a run",
        "set it for all of them, for example in group_vars/all.yml",
    )
    return [refusal.to_text(host)]


def absent_members(host: str, members: t.Sequence[str], present: t.Container[str]) -> list[str]:
    """`members` are the members of an etcd that the playbooks manage: each has to be `present` in the run, and one at least has to exist."""
    if not members:
        return [
            f"{host}: group etcd = []: allowed: one, three or five hosts. Fix: put hosts into group etcd of the inventory,"
            " or set overlay_etcd_endpoints to the client URLs of an existing etcd."
        ]
    absent = [name for name in members if name not in present]
    if not absent:
        return []
    return [
        f"{host}: overlay_etcd_endpoints is not set, and some members of etcd are not part of this run or did not answer: {', '.join(absent)}."
        " Fix: add them to --limit, or repair them. To work without a lost member, set etcd_members to the others for all hosts of group etcd,"
        " or set overlay_etcd_endpoints to the client URLs of the members."
    ]


def shared_addresses(addresses: t.Mapping[str, str], hosts: t.Collection[str]) -> list[str]:
    """One refusal for each host whose address another host has as well, unless none of them is in `hosts`.

    flannel knows a host by its address: two with one address would get one lease.
    """
    by_address: dict[str, list[str]] = {}
    for host, address in addresses.items():
        by_address.setdefault(address, []).append(host)
    found = []
    for host, address in addresses.items():
        others = [other for other in by_address[address] if other != host]
        if address and others and any(name in hosts for name in by_address[address]):
            refusal = Refusal(
                "flannel_address",
                address,
                f"an address that no other host has; {', '.join(others)} has it too, and both would get one lease",
                "set flannel_interface to the interface that connects the hosts (not one behind a NAT), or set flannel_public_ip",
            )
            found.append(refusal.to_text(host))
    return found
