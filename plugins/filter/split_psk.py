# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter split_psk: a network configuration and the key of its backend."""

from __future__ import annotations

DOCUMENTATION = r"""
name: split_psk
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Separate the pre-shared key from a network configuration
description:
  - Returns the configuration without C(PSK), and the key by itself, so that a module can take it as an option that Ansible keeps out of logs.
options:
  _input:
    description: The configuration in flannel's own spelling.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Write a network whose key stands within it
  overlay.flannel.network:
    config: "{{ parts.config }}"
    psk: "{{ parts.psk or omit }}"
  vars:
    parts: "{{ overlay_network | overlay.flannel.split_psk }}"
"""

RETURN = r"""
_value:
  description: C(config) is the configuration without the key, C(psk) the key of its backend, empty where there is none.
  type: dict
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.psk import psk_of, without_psk


def split_psk(network: t.Any) -> dict[str, t.Any]:
    return {"config": without_psk(network), "psk": psk_of(network)}


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"split_psk": split_psk}
