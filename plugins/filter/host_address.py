# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter host_address: the address of a host in the overlay."""

from __future__ import annotations

DOCUMENTATION = r"""
name: host_address
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Find the address by which a host takes part in the overlay
description:
  - Chooses one of the IPv4 addresses in a look that M(overlay.flannel.host_info) has taken.
  - Without O(interface) it is the one in whose network the first of O(towards) lies, else the one by which the host would reach it,
    else that of the default route.
  - Never fails. What is wrong is told in C(problem), together with what there is.
positional: interface, towards
options:
  _input:
    description: The registered result of M(overlay.flannel.host_info).
    type: dict
    required: true
  interface:
    description:
      - Name of an interface, an address, a network in CIDR notation, or a regular expression that is searched in the names of the interfaces.
      - More than one interface that fits is a problem.
    type: str
    default: ""
  towards:
    description: Addresses, or URLs with addresses, of the other side. Host names are passed over.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show the address towards etcd
  ansible.builtin.debug:
    msg: "{{ seen | overlay.flannel.host_address(towards=['http://172.72.2.11:2379']) }}"
"""

RETURN = r"""
_value:
  description: The choice, with empty values where there is none.
  type: dict
  contains:
    interface:
      description: Name of the interface.
      type: str
      sample: eth1
    address:
      description: The address.
      type: str
      sample: 172.72.2.12
    prefixlen:
      description: Length of its network's prefix.
      type: int
      sample: 24
    problem:
      description: What is wrong; empty when nothing is.
      type: str
      sample: ""
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.address_selection import host_address


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"host_address": host_address}
