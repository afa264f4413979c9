# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter table: rows as lines of text."""

from __future__ import annotations

DOCUMENTATION = r"""
name: table
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Write rows as aligned lines of text
description:
  - Makes a line of titles and one line for each row. Booleans become yes and no, nothing becomes a dash.
positional: columns
options:
  _input:
    description: The rows.
    type: list
    elements: dict
    required: true
  columns:
    description: Keys of the rows, in the order of the columns. They are the titles as well.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show the disks
  ansible.builtin.debug:
    msg: "{{ [{'host': 'flannel-1', 'mtu': 1450}] | overlay.flannel.table(['host', 'mtu']) }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.table import table


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"table": table}
