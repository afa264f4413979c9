# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter finding_lines: findings as sentences."""

from __future__ import annotations

from typing import Any, Callable, Dict

from ansible_collections.overlay.flannel.plugins.plugin_utils.untrusted import untrusted
from ansible_collections.overlay.flannel.plugins.plugin_utils.verify_report import finding_lines


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        """Map names to functions."""
        return {"finding_lines": untrusted(finding_lines)}
