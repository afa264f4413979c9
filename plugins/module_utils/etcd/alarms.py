# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd's alarms: with one of them it takes no writes."""

from __future__ import annotations

import typing as t

_FIXES = {
    "NOSPACE": "run the playbook overlay.flannel.defrag; by hand: compact and defragment it, then: etcdctl alarm disarm",
    "CORRUPT": "run the playbook overlay.flannel.replace_member for it;"
    " by hand: etcdctl member remove {}, empty its data directory, add it again",
}
_KINDS = {"1": "NOSPACE", "2": "CORRUPT"}  # AlarmType in rpc.proto


def alarm_kind(number: t.Any) -> str:
    """The number itself where it is a newer one."""
    return _KINDS.get(str(number), str(number))


def alarm_fix(kind: str, member_id: str = "ID") -> str:
    """What to do about it, on the member that has raised it."""
    return _FIXES.get(kind, "read about this alarm in the documentation of etcd").format(member_id)
