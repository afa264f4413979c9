# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter restart_reasons: why a unit must restart."""

from __future__ import annotations

DOCUMENTATION = r"""
name: restart_reasons
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Tell why a unit must be started or restarted
description:
  - Reads from a look that M(overlay.flannel.host_info) has taken whether the unit runs, and whether its process is what its files would start now.
  - An empty list means that the unit must be left alone. Values of variables never appear in the texts.
positional: unit, pending, ignore
options:
  _input:
    description: The registered result of M(overlay.flannel.host_info).
    type: dict
    required: true
  unit:
    description: Name of the unit as the look asked for it.
    type: str
    required: true
  pending:
    description: Files that are about to change. Those with C(restarts) true are a reason.
    type: list
    elements: dict
    default: []
  ignore:
    description: Regular expressions. A difference whose C(name) fits one of them is no reason.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Restart etcd where that is needed
  ansible.builtin.systemd_service:
    name: etcd.service
    state: restarted
  when: seen | overlay.flannel.restart_reasons('etcd.service', ignore=['^ETCD_INITIAL_']) | length > 0
"""

RETURN = r"""
_value:
  description: The reasons as texts.
  type: list
  elements: str
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import restart_reasons


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"restart_reasons": restart_reasons}
