# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From which member backup.yml takes a snapshot. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_backup import no_snapshot

Mapping = t.Mapping[str, t.Any]


class Choice(t.TypedDict):
    """`member` is the inventory name (empty where there is a `refusal`, a complete sentence), `size` its database in bytes."""

    member: str
    size: t.Optional[int]
    refusal: str


def chosen(info: Mapping, members: t.Mapping[str, str], release: Mapping) -> Choice:
    """A healthy voter of this run, a follower before the leader. `info` is the result of etcd_info, `members` inventory names by client URL.

    `release` has `is_etcd_2` and `uses_v2`.
    """
    reason = no_snapshot(bool(release.get("is_etcd_2")), bool(release.get("uses_v2")))
    if reason:
        return Choice(
            member="", size=None, refusal=f"backup.yml: allowed: {reason}. Fix: back it up by what that release has."
        )
    voters = [one for one in info.get("members") or [] if not one.get("learner") and one.get("healthy") is not False]
    usable = [(one, name) for one in voters for name in _name_of(one, members)]
    if not usable:
        seen = ", ".join(str(one.get("name") or one.get("id")) for one in info.get("members") or []) or "none"
        said = "; ".join(map(str, info.get("causes") or [])) or str(info.get("msg") or "")
        return Choice(
            member="",
            size=None,
            refusal=f"etcd has no healthy voting member that is part of this run (members: {seen}){': ' if said else ''}{said}."
            " Fix: bring one back (journalctl -u etcd there), and run again.",
        )
    best, name = sorted(usable, key=lambda found: (bool(found[0].get("leader")), found[1]))[0]
    sizes = [one.get("db_size") for one in info.get("endpoints") or [] if one.get("url") in best.get("client_urls", [])]
    return Choice(member=name, size=next((size for size in sizes if size), None), refusal="")


def _name_of(member: Mapping, members: t.Mapping[str, str]) -> list[str]:
    return [members[url] for url in member.get("client_urls") or [] if url in members][:1]
