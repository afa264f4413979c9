# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter with_container_pings: pings between containers as part of a host's verdict."""

from __future__ import annotations

DOCUMENTATION = r"""
name: with_container_pings
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Add pings between containers to a host's verdict
description:
  - Adds the results of looped C(docker exec NAME ping ADDRESS) commands to the result of M(overlay.flannel.host_info).
options:
  _input:
    description: The result of M(overlay.flannel.host_info).
    type: dict
    required: true
  results:
    description: The C(results) of the looped task. Each has the address as C(item) and the exit code as C(rc).
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Add the containers' pings to the verdict
  ansible.builtin.set_fact:
    overlay_host: "{{ overlay_host | overlay.flannel.with_container_pings(container_pings.results) }}"
"""

RETURN = r"""
_value:
  description: The verdict with the pings added, and not healthy where one got no answer.
  type: dict
"""

from typing import Any, Callable, Dict

from ansible_collections.overlay.flannel.plugins.module_utils.overview import with_container_pings


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        """Map names to functions."""
        return {"with_container_pings": with_container_pings}
