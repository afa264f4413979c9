# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter overlay_devices: by which devices packets of a flannel network arrive."""

from __future__ import annotations

DOCUMENTATION = r"""
name: overlay_devices
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Name the devices of a flannel network
description:
  - Gives the names of the network devices by which packets of other hosts' containers arrive, such as C(flannel.1).
  - With C(DirectRouting) those of hosts in the same network come by the host's own device as well.
positional: uplink, ipv6
options:
  _input:
    description: The network's configuration in flannel's own spelling.
    type: dict
    required: true
  uplink:
    description: The host's own device, by which it reaches the other hosts. It is the answer for backends that make none, such as V(host-gw).
    type: str
    required: true
  ipv6:
    description: Name the devices for IPv6, such as C(flannel-v6.1).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Accept what comes from the overlay
  ansible.builtin.set_fact:
    docker_overlay_device: "{{ overlay_network | overlay.flannel.overlay_devices('eth1') | join(',') }}"
"""

RETURN = r"""
_value:
  description: Names, first that of the device which flannel makes, if it makes one.
  type: list
  elements: str
"""

from typing import Any, Callable

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.devices import overlay_devices


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map names to functions."""
        return {"overlay_devices": overlay_devices}
