# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter etcd_health: which members of etcd are healthy."""

from __future__ import annotations

DOCUMENTATION = r"""
name: etcd_health
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Read from an answer of etcdctl which members are healthy
description:
  - Reads what C(etcdctl endpoint health --write-out=json) of etcd 3 prints, and what C(etcdctl cluster-health) of etcd 2.3 prints.
  - A member that only misses a user, because authentication is switched on, has reached the others and counts as healthy.
positional: plan, endpoints
options:
  _input:
    description: The standard output of C(etcdctl). Empty where the command was skipped.
    type: str
    required: true
  plan:
    description: The plan of the role etcd for this host.
    type: dict
    required: true
  endpoints:
    description: Client URLs that were to answer. Empty stands for every member of the cluster.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Restart etcd while all other members are healthy
  ansible.builtin.systemd_service:
    name: etcd.service
    state: restarted
  when: (answer.stdout | overlay.flannel.etcd_health(plan)).may_restart
"""

RETURN = r"""
_value:
  description:
    - C(answered), whether there is an answer at all.
    - C(healthy), whether there is an answer and every member in it is healthy.
    - C(unhealthy), the names of the other members, or their endpoints where the plan has no name for them.
    - C(may_restart), whether the restart of this host's member takes no quorum away, since all are healthy or it does not serve anyway.
  type: dict
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_health import health_of


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"etcd_health": health_of}
