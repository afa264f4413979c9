# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the exporter of metrics, where the facts have its units: an old file of metrics looks like a healthy host. No I/O."""

from __future__ import annotations

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext

SERVICE, TIMER = "overlay-metrics.service", "overlay-metrics.timer"


def check_exporter(context: HostContext) -> list[Finding]:
    """The exporter itself does not read its units, and says nothing of itself."""
    timer, service = (context.facts["units"].get(name) for name in (TIMER, SERVICE))
    if timer is None or timer["load_state"] != "loaded":
        return []
    fix = f"journalctl -u {SERVICE} -n 20; systemctl restart {TIMER}; systemctl start {SERVICE}"
    seen = [f"{TIMER} is {timer['active_state']}"] if timer["active_state"] != "active" else []
    if service is not None and service["active_state"] == "failed":
        seen.append(f"{SERVICE} failed ({service['result']})")
    expected = "a timer that is active, and metrics that are written each time"
    return [Finding(code="metrics_failed", seen="; ".join(seen), expected=expected, fix=fix)] if seen else []
