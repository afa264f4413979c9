# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter overlay_device: the device that flannel makes for a configuration."""

from __future__ import annotations

DOCUMENTATION = r"""
name: overlay_device
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Name the device of a flannel network
description:
  - Gives the name of the network device by which packets of other hosts' containers arrive, such as C(flannel.1).
options:
  _input:
    description: The network's configuration in flannel's own spelling.
    type: dict
    required: true
  uplink:
    description: The host's own device, which is the answer for backends that make none, such as V(host-gw).
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Accept what comes from the overlay
  ansible.builtin.set_fact:
    docker_overlay_device: "{{ overlay_network | overlay.flannel.overlay_device('eth1') }}"
"""

RETURN = r"""
_value:
  description: The device's name.
  type: str
"""

from typing import Any, Callable, Dict

from ansible_collections.overlay.flannel.plugins.module_utils.devices import overlay_device


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        """Map names to functions."""
        return {"overlay_device": overlay_device}
