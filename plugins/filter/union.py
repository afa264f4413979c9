# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter union: two questions made one."""

from __future__ import annotations

DOCUMENTATION = r"""
name: union
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Merge what two sides want to look at
description:
  - Merges the lists of two dictionaries of names for M(overlay.flannel.host_info). Each name stands there once.
positional: asked
options:
  _input:
    description: Lists of names in C(files), C(contents), C(units), C(packages) and C(sysctls). Each may be missing.
    type: dict
    required: true
  asked:
    description: The same of the other side.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show both questions as one
  ansible.builtin.debug:
    msg: "{{ {'units': ['etcd.service']} | overlay.flannel.union({'units': ['docker.service']}) }}"
"""

RETURN = r"""
_value:
  description: All five lists.
  type: dict
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import union


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"union": union}
