# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter pending_sysctls: kernel settings that have another value."""

from __future__ import annotations

DOCUMENTATION = r"""
name: pending_sysctls
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Select the kernel settings that have another value now
description:
  - Compares wanted kernel settings with a look that M(overlay.flannel.host_info) has taken.
positional: look
options:
  _input:
    description: Names of kernel settings with their wanted values.
    type: dict
    required: true

  look:
    description: The registered result of M(overlay.flannel.host_info).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what would change
  ansible.builtin.debug:
    msg: "{{ {'net.ipv4.ip_forward': 1} | overlay.flannel.pending_sysctls(seen) }}"
"""

RETURN = r"""
_value:
  description: The settings that differ, with their wanted values.
  type: dict
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import pending_sysctls


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"pending_sysctls": pending_sysctls}
