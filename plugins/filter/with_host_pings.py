# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter with_host_pings: pings from a host to containers as part of a host's verdict."""

from __future__ import annotations

from typing import Any, Callable, Dict

from ansible_collections.overlay.flannel.plugins.plugin_utils.container_pings import with_host_pings
from ansible_collections.overlay.flannel.plugins.plugin_utils.untrusted import untrusted


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        """Map names to functions."""
        return {"with_host_pings": untrusted(with_host_pings)}
