# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter finding_lines: findings as sentences."""

from __future__ import annotations

DOCUMENTATION = r"""
name: finding_lines
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Write findings as sentences
description:
  - Turns the findings of the collection's modules and filters into one sentence each.
options:
  _input:
    description: The findings.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Fail where the host is not healthy
  ansible.builtin.assert:
    that: overlay_verdict.healthy
    fail_msg: "{{ overlay_verdict.findings | overlay.flannel.finding_lines | join(' ') }}"
"""

RETURN = r"""
_value:
  description: One sentence for each finding.
  type: list
  elements: str
"""

from typing import Any, Callable, Dict

from ansible_collections.overlay.flannel.plugins.plugin_utils.verify_report import finding_lines


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        """Map names to functions."""
        return {"finding_lines": finding_lines}
