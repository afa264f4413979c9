# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters report_data, report_page and drift_lines: the results of verify as data, as an HTML page, and what differs from an earlier report."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.report_data import report_data
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_drift import baseline_problem, drift_lines
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_page import report_page
from ansible_collections.overlay.flannel.plugins.plugin_utils.untrusted import untrusted


class FilterModule:
    """Give the filters to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {
            "report_data": untrusted(report_data),
            "report_page": untrusted(report_page),
            "drift_lines": untrusted(drift_lines),
            "baseline_problem": untrusted(baseline_problem),
        }
