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
  - Adds the result of a command that pings from a container to the result of M(overlay.flannel.host_info).
options:
  _input:
    description: The result of M(overlay.flannel.host_info).
    type: dict
    required: true
  peers:
    description: The addresses that were pinged, each by the name of its host.
    type: dict
    required: true
  result:
    description:
      - The result of the command. Its lines, C(stdout_lines), are the addresses that did not answer.
      - Where its C(rc) is not 0 nothing was pinged, and C(stderr) tells why.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Add the containers' pings to the verdict
  ansible.builtin.set_fact:
    overlay_verdict: "{{ overlay_verdict | overlay.flannel.with_container_pings({'flannel-2': '10.20.47.2'}, container_pings) }}"
"""

RETURN = r"""
_value:
  description: The verdict with the pings added, and not healthy where one got no answer.
  type: dict
"""

from typing import Any, Callable, Dict

from ansible_collections.overlay.flannel.plugins.plugin_utils.verify_report import with_container_pings


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        """Map names to functions."""
        return {"with_container_pings": with_container_pings}
