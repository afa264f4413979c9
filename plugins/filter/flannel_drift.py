# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter flannel_drift: how flannel on a host differs from the wanted network."""

from __future__ import annotations

DOCUMENTATION = r"""
name: flannel_drift
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Tell how flannel on a host differs from the wanted network
description:
  - flanneld reads the network's configuration only when it starts, and keeps a device that is there already. This filter
    compares what flanneld made with what is wanted now.
positional: network, key, uplink, flannel_version
options:
  _input:
    description: The registered result of M(overlay.flannel.host_info).
    type: dict
    required: true
  network:
    description: The network's configuration in flannel's own spelling. Empty leaves it out.
    type: dict
    required: true
  key:
    description: The variable in C(/run/flannel/docker) that holds docker's options.
    type: str
    required: true
  uplink:
    description: The interface by which the host reaches the other hosts. Its MTU counts.
    type: str
    default: ""
  flannel_version:
    description: The release of flannel. Empty is the newest that is known.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Delete devices that flanneld would keep
  ansible.builtin.command:
    cmd: "ip link delete {{ item }}"
  loop: "{{ (seen | overlay.flannel.flannel_drift({'Network': '10.20.0.0/16'}, 'DOCKER_OPTS')).devices }}"
  changed_when: true
"""

RETURN = r"""
_value:
  description: Why flanneld must restart, and which devices must be deleted before.
  type: dict
  contains:
    reasons:
      description: Texts. None means that flannel runs the wanted network.
      type: list
      elements: str
    devices:
      description: Names of devices.
      type: list
      elements: str
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_drift import flannel_drift


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"flannel_drift": flannel_drift}
