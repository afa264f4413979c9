# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter version_problems: why a flannel and an etcd cannot work together."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding, to_dicts
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.compatibility import pair_problem


def version_problems(flannel_version: t.Any, etcd_version: t.Any, enable_v2: bool = False) -> list[dict[str, str]]:
    if not flannel_version or not etcd_version:
        return []
    return to_dicts(_found(str(flannel_version), str(etcd_version), enable_v2))


def _found(flannel_version: str, etcd_version: str, enable_v2: bool) -> list[Finding]:
    try:
        found = pair_problem(flannel_version, etcd_version, enable_v2)
    except InputError as error:
        return [error.finding]
    return [found] if found else []


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"version_problems": version_problems}
