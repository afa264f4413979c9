# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which members of etcd leave with their hosts, one after the other, and whether the cluster can spare them. No I/O."""

from __future__ import annotations

import typing as t
import urllib.parse

from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal

Member = t.Mapping[str, t.Any]  # of etcd_info


def leaving(members: t.Iterable[Member], addresses: t.Mapping[str, t.Collection[str]]) -> list[Member]:
    """Those of these hosts: by their names, which are the inventory's, or by the address of a peer URL where one was never started."""
    known = {address for found in addresses.values() for address in found if address}
    return [one for one in members if one["name"] in addresses or (not one["name"] and hosts_of(one) & known)]


def hosts_of(member: Member) -> set[str]:
    return {urllib.parse.urlsplit(url).hostname or "" for url in member["peer_urls"]} - {""}


def in_order(members: t.Iterable[Member]) -> list[Member]:
    """Who does not vote, or does not answer, first: each of them makes a majority easier."""
    return sorted(members, key=lambda one: (not one["learner"], one["healthy"] is True))


def quorum_of(members: t.Collection[Member]) -> int:
    return len(members) // 2 + 1


def healthy(members: t.Iterable[Member]) -> list[Member]:
    return [one for one in members if one["healthy"] is True]


def refuse_leaving(
    members: t.Sequence[Member], goes: t.Sequence[Member], stays: t.Sequence[str]
) -> t.Iterator[Refusal]:
    """`stays` are the hosts that keep the overlay. Each step needs a majority of those before it and leaves one of those after it."""
    voters = [one for one in members if not one["learner"]]
    going = [one["id"] for one in goes]
    names = ", ".join(named(one) for one in goes)
    if goes and not [one for one in voters if one["id"] not in going]:
        yield refuse_last(names, stays)
        return
    for one in in_order(goes):
        refusal = refuse_step(one, voters)
        if refusal:
            yield refusal
            return
        voters = [other for other in voters if other["id"] != one["id"]]


def refuse_last(names: str, stays: t.Sequence[str]) -> Refusal:
    return Refusal(
        "overlay_remove",
        f"{names}, without which etcd has no member, and {', '.join(stays)} need it",
        "hosts that are not the last members of etcd",
        "let another host join etcd first (add it to the group etcd, run site.yml), then run again; or remove the whole overlay with uninstall.yml",
    )


def refuse_step(goes: Member, voters: t.Sequence[Member]) -> Refusal | None:
    rest = [one for one in voters if one["id"] != goes["id"]]
    if len(healthy(voters)) >= quorum_of(voters) and len(healthy(rest)) >= quorum_of(rest):
        return None
    ill = ", ".join(named(one) for one in voters if one["healthy"] is not True)
    return Refusal(
        "overlay_remove",
        f"{named(goes)}, a member of etcd; not healthy: {ill}",
        f"a cluster with a majority before and after it: {quorum_of(voters)} of {len(voters)} healthy, then {quorum_of(rest)} of {len(rest)}",
        "repair the members that are not healthy (journalctl -u etcd there), then run again",
    )


def named(member: Member) -> str:
    return member["name"] or " ".join(member["peer_urls"]) or member["id"]
