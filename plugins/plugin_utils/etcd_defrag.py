# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order the members of etcd are defragmented, and whether old revisions are dropped before. No I/O.

A member answers nobody while it defragments its database: so one after the other, the leader last, and only while all others are healthy.
Without a compaction before it a defragmentation gives back only what is free already (etcd's maintenance guide).
"""

from __future__ import annotations

import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import outlives_compaction
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_restore_model import size_text

Mapping = t.Mapping[str, t.Any]

VARIABLE = "overlay_defrag_compact"
FULL = "NOSPACE"


class Defrag(t.TypedDict):
    """`endpoints` are client URLs in their order, `compact` drops old revisions first, `disarm` takes back the alarm of a full database.

    `restart` are hosts whose flanneld does not go on by itself after a compaction. `lines` say what will be done.
    """

    endpoints: t.List[str]
    compact: bool
    disarm: bool
    restart: t.List[str]
    lines: t.List[str]
    refusals: t.List[str]


def defrag_of(info: Mapping, flannel: t.Mapping[str, str], wish: str | bool) -> Defrag:
    """`info` is the result of etcd_info, `flannel` the release on each host (empty: none), `wish` whether to compact (empty: where flannel bears it)."""
    stuck = [name for name, version in flannel.items() if not outlives_compaction(version)]
    full, unsaid = FULL in _alarms(info), wish == ""
    refused = [*_wish_refusals(wish), *_refusals(info, stuck if unsaid and full else [])]
    if refused:
        return Defrag(endpoints=[], compact=False, disarm=False, restart=[], lines=[], refusals=refused)
    compacts = not stuck if unsaid else boolean(wish)
    members = sorted(info["members"], key=lambda one: (bool(one["leader"]), str(one["name"])))
    restart = stuck if compacts else []
    return Defrag(
        endpoints=[one["client_urls"][0] for one in members],
        compact=compacts,
        disarm=full,
        restart=restart,
        lines=[
            "Old revisions are dropped" if compacts else f"Old revisions are kept{_because(stuck, flannel)}",
            *(f"{one['name']}: {_size(info, one)}{', the leader' if one['leader'] else ''}" for one in members),
            *(["The alarm NOSPACE is taken back: etcd takes writes again"] if full else []),
            *([f"flanneld restarts on {', '.join(restart)}"] if restart else []),
        ],
        refusals=[],
    )


def _wish_refusals(wish: str | bool) -> t.Iterator[str]:
    try:
        boolean(wish or False)
    except TypeError:
        yield f"{VARIABLE} = {wish}: allowed: true, false. Fix: leave it out: old revisions are dropped where each flanneld bears it"


def _refusals(info: Mapping, stuck: t.Sequence[str]) -> t.Iterator[str]:
    if info.get("api") == "v2":
        yield "defrag.yml: allowed: etcd 3.4 or newer, whose database is a file with a quota. Fix: nothing is to be done for etcd 2"
        return
    if not info.get("members") or not info.get("leader"):
        causes = "; ".join(map(str, info.get("causes") or [])) or str(info.get("msg") or "no member knows a leader")
        yield f"etcd has no leader that answers: {causes}. Fix: bring the members back first (journalctl -u etcd there)"
        return
    alarms = _alarms(info)
    if "CORRUPT" in alarms:
        yield (
            "etcd has the alarm CORRUPT: the data of a member differ from those of the others. Allowed: no such alarm. Fix: replace that member"
            " (replace_member.yml)"
        )
    away = [_title(one) for one in info["members"] if not _usable(one, alarms)]
    if away:
        yield (
            f"{', '.join(away)}: not healthy. Allowed: all members healthy, because one after the other stops for its defragmentation."
            " Fix: bring them back (journalctl -u etcd there), or replace_member.yml"
        )
    if stuck:
        yield (
            f"etcd is full, and the flanneld of {', '.join(stuck)} does not go on by itself after a compaction (releases 0.18 to 0.28.8)."
            f" Fix: -e {VARIABLE}=true compacts, and restarts flanneld there, which containers do not notice;"
            f" -e {VARIABLE}=false keeps all revisions, which frees only what is free already"
        )


def _alarms(info: Mapping) -> set[str]:
    return {str(one["alarm"]) for one in info.get("alarms") or []}


def _usable(member: Mapping, alarms: t.Collection[str]) -> bool:
    """A full member calls itself unhealthy, and is what this is for."""
    return bool(member["started"] and member["client_urls"]) and (member["healthy"] is not False or FULL in alarms)


def _title(member: Mapping) -> str:
    return str(member["name"] or ", ".join(member["peer_urls"]))


def _because(stuck: t.Sequence[str], flannel: t.Mapping[str, str]) -> str:
    seen = ", ".join(f"{flannel[name]} on {name}" for name in stuck)
    return f": flanneld {seen} does not go on by itself after a compaction ({VARIABLE})" if seen else ""


def _size(info: Mapping, member: Mapping) -> str:
    found: Mapping = next((one for one in info["endpoints"] if one["url"] in member["client_urls"]), {})
    size, used, quota = (found.get(name) for name in ("db_size", "db_size_in_use", "db_quota"))
    if not size:
        return "of a size that is not known"
    in_use = f", {size_text(used)} of it in use" if used else ""
    return f"{size_text(size)}{in_use}{f', of {size_text(quota)}' if quota else ''}"
