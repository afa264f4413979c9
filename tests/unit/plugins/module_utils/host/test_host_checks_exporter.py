# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.run import check

LOADED = {"load_state": "loaded", "active_state": "active", "result": "success"}


@pytest.mark.parametrize(
    "timer, service, seen",
    [
        (None, None, None),
        (
            {"load_state": "not-found", "active_state": "inactive"},
            {"load_state": "not-found", "active_state": "inactive"},
            None,
        ),
        ({}, {"active_state": "inactive"}, None),
        ({}, {"active_state": "activating"}, None),
        ({}, {"active_state": "failed", "result": "exit-code"}, "overlay-metrics.service failed (exit-code)"),
        ({"active_state": "inactive"}, {"active_state": "inactive"}, "overlay-metrics.timer is inactive"),
        (
            {"active_state": "failed"},
            {"active_state": "failed", "result": "timeout"},
            "overlay-metrics.timer is failed; overlay-metrics.service failed (timeout)",
        ),
    ],
)
def test_metrics_failed(context, timer, service, seen):
    for name, unit in (("overlay-metrics.timer", timer), ("overlay-metrics.service", service)):
        if unit is not None:
            context.facts["units"][name] = {**LOADED, "drift": [], "missing_files": [], **unit}
    found = check(context)
    assert [(one.code, one.severity, one.seen) for one in found] == (
        [("metrics_failed", "warning", seen)] if seen else []
    )
