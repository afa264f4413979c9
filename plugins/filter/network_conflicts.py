# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter network_conflicts: what on a host already uses flannel's network."""

from __future__ import annotations

DOCUMENTATION = r"""
name: network_conflicts
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Tell what on a host overlaps with flannel's network
description:
  - Compares flannel's network with the addresses, routes and gateways of a host, with docker's networks, and with the pools from which docker takes new ones.
  - What belongs to flannel itself, and docker's bridge C(docker0), which gets its address from flannel, do not count.
positional: network
options:
  _input:
    description: The registered result of M(overlay.flannel.host_info).
    type: dict
    required: true
  network:
    description: The network's configuration in flannel's own spelling.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse a network that the host uses already
  ansible.builtin.assert:
    that: conflicts | selectattr('severity', 'eq', 'error') | length == 0
    fail_msg: "{{ conflicts | overlay.flannel.finding_lines | join(' ') }}"
  vars:
    conflicts: "{{ seen | overlay.flannel.network_conflicts({'Network': '10.20.0.0/16'}) }}"
"""

RETURN = r"""
_value:
  description: Findings, empty when nothing overlaps.
  type: list
  elements: dict
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import to_dicts
from ansible_collections.overlay.flannel.plugins.plugin_utils.network_overlaps import network_conflicts


def conflicts(facts: t.Mapping[str, t.Any], network: t.Mapping[str, t.Any]) -> list[dict[str, str]]:
    """Give the findings as dictionaries."""
    return to_dicts(network_conflicts(facts, network))


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"network_conflicts": conflicts}
