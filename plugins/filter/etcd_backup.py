# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of backup.yml and restore.yml: from which member a snapshot comes, whether one is whole, how it is restored, whose subnet is another one."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_backup_member import chosen
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_restore import moved_hosts, restore_plan
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_restore_model import Wish
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_snapshot import Snapshot, read_snapshot
from ansible_collections.overlay.flannel.plugins.plugin_utils.untrusted import untrusted


def plan(snapshot: Snapshot, states: t.Mapping[str, str], wish: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The wish as a dictionary."""
    return dict(restore_plan(snapshot, states, Wish(**wish)))


class FilterModule:
    """Give the filters to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {
            "etcd_backup_member": untrusted(chosen),
            "etcd_snapshot": untrusted(read_snapshot),
            "etcd_restore_plan": untrusted(plan),
            "moved_hosts": untrusted(moved_hosts),
        }
