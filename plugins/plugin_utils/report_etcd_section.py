# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The members of etcd. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.report_html import Child, Html, element
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_pieces import (
    count,
    grid,
    level,
    moment,
    scrolling,
    section,
    size,
)

Data = t.Mapping[str, t.Any]
ROLES = {"leader": "★ leader", "follower": "follower", "learner": "◇ learner"}
TITLES = ["Member", "Role", "Health", "Version", "Behind", "Database", "Clients use"]


def etcd_section(etcd: Data) -> Html:
    if not etcd["known"]:
        return section("etcd", "etcd", f"not known: {etcd['error']}")
    table = grid(TITLES, [row(one) for one in etcd["members"]])
    return section("etcd", "etcd", about(etcd), scrolling("Members of etcd", table), certificates(etcd["certificates"]))


def about(etcd: Data) -> str:
    parts = [f"a write needs {etcd['quorum']}"] if etcd["quorum"] else []
    if etcd["fault_tolerance"] is not None:
        parts.append(f"{etcd['fault_tolerance']} more may fail")
    parts.append({True: "users are on", False: "no users"}.get(etcd["auth"], "users unknown"))
    parts += [f"ALARM {alarm}" for alarm in etcd["alarms"]]
    return ", ".join(parts)


def row(member: Data) -> list[Child]:
    health = {True: "✓ healthy", False: "✕ not healthy"}.get(member["healthy"], "? unknown")
    kind = {True: "good", False: "bad"}.get(member["healthy"], "unknown")
    lag = member["raft_lag"]
    return [
        member["name"] or f"(not started) {member['id']}",
        ROLES[member["role"]],
        element("span", health, class_=f"word {kind}"),
        member["version"] or "–",
        "–" if lag is None else count(lag, "entry", "entries"),
        database(member),
        member["url"] or "–",
    ]


def database(member: Data) -> Child:
    used, quota = member["db_size"], member["db_quota"]
    if used is None or not quota:
        return size(used)
    words = f"{size(used)} of {size(quota)}"
    return [level(used, quota, words), element("span", words, class_="small")]


def certificates(found: t.Sequence[Data]) -> Html | None:
    if not found:
        return None
    rows = [[one["source"], moment(one["ends"]), count(one["days"], "day")] for one in found[:100]]
    table = scrolling("Certificates that etcd shows", grid(["Shown by", "Ends", "Left"], rows))
    return element("details", element("summary", f"{len(found)} certificates that etcd shows"), table, class_="plain")
