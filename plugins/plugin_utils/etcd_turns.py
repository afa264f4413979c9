# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order running members of etcd restart. No I/O.

The leader comes last, so that leadership moves once. Each time it moves, writes of that moment are dropped (findings/etcd_move_leader_drops_writes.sh),
and a leader that stops gives it to the member that it has known for longest: one that has not had its turn.
"""

from __future__ import annotations

import json
import typing as t


def turns(plans: t.Iterable[t.Mapping[str, t.Any]], answers: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
    """Names of the members that must restart; `answers` are the results of `endpoint status` of each plan's own member, as far as there are any."""
    pairs = [
        (leads(answers[number] if number < len(answers) else {}), str(plan["member"]["name"]))
        for number, plan in enumerate(plans)
        if plan["must_restart"]
    ]
    return [name for _leads, name in sorted(pairs, key=lambda pair: pair[0])]


def leads(answer: t.Mapping[str, t.Any]) -> bool:
    """etcd 2 has no such command, and a member may not answer: then its place does not matter."""
    try:
        status = json.loads(answer.get("stdout") or "")[0]["Status"]
        return bool(status["leader"] == status["header"]["member_id"])
    except (ValueError, LookupError, TypeError):
        return False
