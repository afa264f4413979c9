# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter etcd_first_start: how a member of etcd starts for the first time."""

from __future__ import annotations

DOCUMENTATION = r"""
name: etcd_first_start
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Decide how a member of etcd starts for the first time
description:
  - Where no member has data, all members found a cluster. Where others have data, the member takes the place that the cluster keeps for it, or joins as a learner.
  - A member that lost its data is refused, and so is a new member of a release without learners.
positional: answers, members
options:
  _input:
    description: The plan of the role etcd for this host.
    type: dict
    required: true
  answers:
    description: Results of M(ansible.builtin.uri) for C(/members) at the peer URLs of the members in C(ask_members) of the plan.
    type: list
    elements: dict
    default: []
  members:
    description: C(members) of C(etcdctl member list), after this member was added. With it O(answers) do not matter.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Keep how this member starts for the first time
  ansible.builtin.set_fact:
    first_start: "{{ (plan | overlay.flannel.etcd_first_start(answers.results)).start }}"
"""

RETURN = r"""
_value:
  description:
    - C(start) is a dictionary of C(state) (V(new) or V(existing)), C(joins) (whether it is still to be added or promoted)
      and C(cluster) (the value of C(ETCD_INITIAL_CLUSTER), empty as long as it joins).
    - C(refusal) says why it must not start, and is empty where it may.
  type: dict
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_first_start import decide


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"etcd_first_start": decide}
