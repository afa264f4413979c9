# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter network_problems: what is wrong with a network configuration."""

from __future__ import annotations

DOCUMENTATION = r"""
name: network_problems
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Tell what is wrong with a network configuration of flannel
description:
  - Judges a configuration as the given flannel release does, without asking etcd.
  - Errors are what flannel refuses or cannot work with. Warnings are what it reads in another way than it seems.
positional: flannel_version, hosts
options:
  _input:
    description: The configuration in flannel's own spelling, as a dictionary or as JSON text.
    type: raw
    required: true
  flannel_version:
    description: The flannel release. If empty, the newest that this collection knows.
    type: str
    default: ''
  hosts:
    description: How many hosts must get a subnet.
    type: int
    default: 0
"""

EXAMPLES = r"""
- name: Refuse a bad network before anything is touched
  ansible.builtin.assert:
    that: problems | selectattr('severity', 'eq', 'error') | length == 0
    fail_msg: "{{ problems }}"
  vars:
    problems: "{{ {'Network': '10.20.0.0/16'} | overlay.flannel.network_problems('0.28.10', hosts=3) }}"
"""

RETURN = r"""
_value:
  description:
    - Findings, each with C(code), C(severity), C(host), C(seen), C(expected) and C(fix).
    - Empty if all is well.
  type: list
  elements: dict
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import to_dicts
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config import problems


def network_problems(network: t.Any, flannel_version: str = "", hosts: int = 0) -> list[dict[str, str]]:
    return to_dicts(problems(network, str(flannel_version or ""), int(hosts)))


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"network_problems": network_problems}
