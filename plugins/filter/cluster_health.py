# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter cluster_health: what etcdctl of etcd 2.3 says of its members."""

from __future__ import annotations

DOCUMENTATION = r"""
name: cluster_health
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Read what C(etcdctl cluster-health) of etcd 2.3 prints
description:
  - Gives what C(etcdctl endpoint health --write-out=json) of etcd 3 tells in the same form, one entry for each member of the cluster or each URL in O(asked).
positional: asked
options:
  _input:
    description: The text that C(etcdctl cluster-health) has printed.
    type: str
    required: true
  asked:
    description: Client URLs of the members that matter. Empty stands for all.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Refuse to go on with a sick member
  ansible.builtin.assert:
    that: health.stdout | overlay.flannel.cluster_health | rejectattr('health') | length == 0
"""

RETURN = r"""
_value:
  description: The members, each with C(endpoint), C(health) and C(error). Empty when no member was told.
  type: list
  elements: dict
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcdctl_v2 import cluster_health


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"cluster_health": cluster_health}
