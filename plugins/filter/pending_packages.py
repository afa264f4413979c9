# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter pending_packages: packages that are not installed."""

from __future__ import annotations

DOCUMENTATION = r"""
name: pending_packages
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Select the packages that are not installed
description:
  - Compares names of packages with a look that M(overlay.flannel.host_info) has taken.
positional: look
options:
  _input:
    description: Names of packages.
    type: list
    elements: str
    required: true

  look:
    description: The registered result of M(overlay.flannel.host_info).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Install what is missing
  ansible.builtin.package:
    name: "{{ ['etcd-server', 'etcd-client'] | overlay.flannel.pending_packages(seen) }}"
    state: present
"""

RETURN = r"""
_value:
  description: The names that are not installed.
  type: list
  elements: str
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import pending_packages


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"pending_packages": pending_packages}
