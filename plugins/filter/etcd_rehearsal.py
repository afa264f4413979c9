# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters etcd_rehearsal_refusal and etcd_log_snapshot_helps: what came of another release of etcd on copies of the members' data."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_rehearsal import may_help, refusal
from ansible_collections.overlay.flannel.plugins.plugin_utils.untrusted import untrusted


class FilterModule:
    """Give the filters to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"etcd_rehearsal_refusal": untrusted(refusal), "etcd_log_snapshot_helps": may_help}
