# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A member whose data is gone does not found a cluster again by itself. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_context import (
    MARK,
    RESTORE_PROGRESS,
    EtcdContext,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal


def restore_checks(context: EtcdContext) -> t.Iterator[Refusal]:
    """Some members may have the restored data by now, and others the old ones."""
    if context.file(RESTORE_PROGRESS).get("exists"):
        yield Refusal(
            RESTORE_PROGRESS,
            "there: a run of restore.yml was stopped before its end",
            "no restore that is not finished",
            "run restore.yml again with the same snapshot; to give it up: on each member have the data that you want in"
            f" {context.settings.data_dir}, and rm {RESTORE_PROGRESS}",
        )


def lost_data_checks(context: EtcdContext) -> t.Iterator[Refusal]:
    """Where another member has data, the cluster says what it knows of this one: etcd_first_start.py refuses its old identity."""
    data_dir = context.settings.data_dir
    if context.member["data"] or not context.file(MARK).get("exists") or context.written_data_dir not in ("", data_dir):
        return
    if any(member["data"] for member in context.others):
        return
    yield Refusal(
        "etcd_data_dir",
        f"{data_dir} (holds no data)",
        f"the data of this member, which has been part of its cluster ({MARK})",
        "mount it, or restore it on all members (playbooks/restore.yml), then run again; to found a new, empty cluster instead: on each member"
        f" systemctl stop etcd, rm {MARK}, then run again",
    )
