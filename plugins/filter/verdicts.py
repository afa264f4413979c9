# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters unverified_hosts, host_verdicts, unhealthy_hosts and hosts_with: what verify knows of which host."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.verdicts import (
    host_verdicts,
    hosts_with,
    unhealthy_hosts,
    unverified_hosts,
)


class FilterModule:
    """Give the filters to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {
            "unverified_hosts": unverified_hosts,
            "host_verdicts": host_verdicts,
            "unhealthy_hosts": unhealthy_hosts,
            "hosts_with": hosts_with,
        }
