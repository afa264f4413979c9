# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the backups of etcd, which a timer makes on this host, are made. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext

UNIT = "overlay-etcd-backup"
PERIODS = 2


def check_etcd_backup(context: HostContext) -> t.Iterator[Finding]:
    """Facts of an earlier release have none."""
    backup = context.facts.get("etcd_backup")
    if not backup:
        return
    newest = f"the newest one is {backup['newest'] or 'not there'} in {backup['folder']}"
    expected = "a backup of etcd at each time of etcd_backup.schedule"
    if backup["result"] not in ("", "success") and not backup["running"]:
        said = f": {backup['reason']}" if backup["reason"] else ""
        yield Finding(
            code="etcd_backup_failed",
            seen=f"{UNIT}.service has failed ({backup['result']}){said}; {newest}",
            expected=expected,
            fix=f"correct what it names (journalctl -u {UNIT}.service), then systemctl start {UNIT}.service",
        )
    elif backup["timer"] not in ("active", ""):
        yield Finding(
            code="etcd_backup_failed",
            seen=f"{UNIT}.timer is {backup['timer']}; {newest}",
            expected=expected,
            fix=f"systemctl enable --now {UNIT}.timer, or run site.yml",
        )
    elif is_late(backup["age"], backup["period"]):
        yield Finding(
            code="etcd_backup_late",
            seen=f"{newest}, and {PERIODS} times of etcd_backup.schedule have gone by since",
            expected=expected,
            fix=f"journalctl -u {UNIT}.service -u {UNIT}.timer; systemctl start {UNIT}.service makes one now",
        )


def is_late(age: float | None, period: float | None) -> bool:
    return period is not None and (age is None or age > PERIODS * period)
