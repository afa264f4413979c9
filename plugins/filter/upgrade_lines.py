# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter upgrade_lines: what an upgrade does to flannel and docker."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.upgrade_lines import upgrade_lines


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"upgrade_lines": upgrade_lines}
