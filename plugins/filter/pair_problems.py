# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter pair_problems: why a flannel and an etcd cannot work together."""

from __future__ import annotations

DOCUMENTATION = r"""
name: pair_problems
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Tell why a flannel release cannot work with an etcd release
description:
  - flannel 0.17.0 and older speaks only etcd's v2 API, 0.18.0 and newer only v3.
  - etcd 3.4 and 3.5 have the v2 API only if it is switched on, 3.6 and newer not at all.
positional: etcd_version, enable_v2
options:
  _input:
    description: The flannel release. If empty, nothing is judged.
    type: str
    required: true
  etcd_version:
    description: The etcd release. If empty, nothing is judged.
    type: str
    required: true
  enable_v2:
    description: Whether etcd's v2 API is switched on.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show why these two do not work together
  ansible.builtin.debug:
    msg: "{{ '0.17.0' | overlay.flannel.pair_problems('3.6.14') }}"
"""

RETURN = r"""
_value:
  description:
    - Findings, each with C(code), C(severity), C(host), C(seen), C(expected) and C(fix).
    - Empty if the two work together.
  type: list
  elements: dict
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding, to_dicts
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.compatibility import pair_problem


def pair_problems(flannel_version: t.Any, etcd_version: t.Any, enable_v2: bool = False) -> list[dict[str, str]]:
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
        return {"pair_problems": pair_problems}
