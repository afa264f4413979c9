# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter network_problems: what is wrong with a network configuration."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import to_dicts
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config import problems


def network_problems(network: t.Any, flannel_version: str = "", hosts: int = 0) -> list[dict[str, str]]:
    return to_dicts(problems(network, str(flannel_version or ""), int(hosts)))


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"network_problems": network_problems}
