# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From which member backup.yml takes a snapshot. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_backup import no_snapshot

Mapping = t.Mapping[str, t.Any]


VARIABLE = "overlay_backup_survivor"


class Choice(t.TypedDict):
    """`member` is the inventory name (empty where there is a `refusal`, a complete sentence), `size` its database in bytes.

    `lost` says what such a snapshot lacks: nothing, unless the cluster has lost its quorum.
    """

    member: str
    size: t.Optional[int]
    lost: str
    refusal: str


def chosen(info: Mapping, members: t.Mapping[str, str], release: Mapping, survivor: str = "") -> Choice:
    """A healthy voter of this run, a follower before the leader. `info` is the result of etcd_info, `members` inventory names by client URL.

    `release` has `is_etcd_2` and `uses_v2`. `survivor` is the member that is wanted where etcd has lost its quorum; it need not answer.
    """
    reason = no_snapshot(bool(release.get("is_etcd_2")), bool(release.get("uses_v2")))
    if reason:
        return _refused(f"backup.yml: allowed: {reason}. Fix: back it up by what that release has.")
    if survivor:
        return _of_survivor(info, list(members.values()), survivor)
    voters = [one for one in info.get("members") or [] if not one.get("learner") and one.get("healthy") is not False]
    usable = [(one, name) for one in voters for name in _name_of(one, members)]
    if not usable:
        seen = ", ".join(str(one.get("name") or one.get("id")) for one in info.get("members") or []) or "none"
        said = "; ".join(map(str, info.get("causes") or [])) or str(info.get("msg") or "")
        return _refused(
            f"etcd has no healthy voting member that is part of this run (members: {seen}){': ' if said else ''}{said}."
            " Fix: bring one back (journalctl -u etcd there), and run again."
            f" Where the majority is lost for ever: -e {VARIABLE}=NAME takes what one member has (docs/backup.md)."
        )
    best, name = sorted(usable, key=lambda found: (bool(found[0].get("leader")), found[1]))[0]
    sizes = [one.get("db_size") for one in info.get("endpoints") or [] if one.get("url") in best.get("client_urls", [])]
    return Choice(member=name, size=next((size for size in sizes if size), None), lost="", refusal="")


def _refused(text: str) -> Choice:
    return Choice(member="", size=None, lost="", refusal=text)


def _of_survivor(info: Mapping, names: t.Sequence[str], survivor: str) -> Choice:
    """Only where nobody leads: else a healthy member has everything, and a snapshot of one that was cut off would lack it."""
    if survivor not in names:
        return _refused(
            f"{VARIABLE} = {survivor}: allowed: a member whose host answers: {', '.join(names) or 'none'}. Fix: name one of them."
        )
    if info.get("leader"):
        return _refused(
            f"{VARIABLE} = {survivor}: allowed: while etcd has no leader; {info['leader']} leads now, and a healthy member has all that was"
            f" written. Fix: run it without {VARIABLE}; replace_member.yml replaces members that are lost."
        )
    lost = f"Lost: what the members that are gone have taken without {survivor}. Take the member that has been cut off last."
    return Choice(member=survivor, size=None, lost=lost, refusal="")


def _name_of(member: Mapping, members: t.Mapping[str, str]) -> list[str]:
    return [members[url] for url in member.get("client_urls") or [] if url in members][:1]
