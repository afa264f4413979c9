# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter covers: whether a look answers a question."""

from __future__ import annotations

DOCUMENTATION = r"""
name: covers
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Tell whether a look answers everything that is asked
description:
  - Compares what a look of M(overlay.flannel.host_info) was asked with what somebody wants to know.
positional: asked
options:
  _input:
    description: The registered result of M(overlay.flannel.host_info), or an empty dictionary.
    type: dict
    required: true
  asked:
    description: Lists of names in C(files), C(contents), C(units), C(packages) and C(sysctls). Each may be missing.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Look unless somebody has looked already
  overlay.flannel.host_info:
    units: [docker.service]
  when: not seen | overlay.flannel.covers(my_questions)
"""

RETURN = r"""
_value:
  description: True when nothing is left to be asked.
  type: bool
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import covers


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"covers": covers}
