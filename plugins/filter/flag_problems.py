# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter flag_problems: what flanneld would not do with its options."""

from __future__ import annotations

DOCUMENTATION = r"""
name: flag_problems
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Judge further flags of flanneld
description:
  - Tells which flags a release of flannel does not know, which ones have a variable of their own in the role, and which values have the wrong form.
positional: flannel_version
options:
  _input:
    description: Flags without their dashes, and their values.
    type: dict
    required: true
  flannel_version:
    description: The release of flannel. Empty is the newest that is known.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Refuse what this flannel does not know
  ansible.builtin.assert:
    that: problems | length == 0
    fail_msg: "{{ problems | overlay.flannel.finding_lines | join(' ') }}"
  vars:
    problems: "{{ {'iptables-resync': 10} | overlay.flannel.flag_problems('0.28.10') }}"
"""

RETURN = r"""
_value:
  description: Findings, empty when all is well.
  type: list
  elements: dict
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import to_dicts
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_flags import flag_problems


def problems(options: t.Mapping[str, t.Any], flannel_version: str = "") -> list[dict[str, str]]:
    """Give the findings as dictionaries."""
    return to_dicts(flag_problems(options, flannel_version))


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"flag_problems": problems}
