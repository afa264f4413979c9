# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter with_psk: a network configuration with the key of its backend."""

from __future__ import annotations

DOCUMENTATION = r"""
name: with_psk
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Put the key into a network configuration of flannel
description:
  - Gives the configuration with C(PSK) in its backend, in the place of one that is there.
  - For what stays on the controller. Modules get the key as an option of its own, see P(overlay.flannel.psk_apart#filter).
positional: psk
options:
  _input:
    description: The configuration in flannel's own spelling.
    type: dict
    required: true
  psk:
    description: The key. If empty, the configuration is given as it is.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse a bad key before anything is touched
  ansible.builtin.assert:
    that: overlay_network | overlay.flannel.with_psk(overlay_psk) | overlay.flannel.network_problems == []
"""

RETURN = r"""
_value:
  description: The configuration.
  type: dict
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.psk import with_psk


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"with_psk": with_psk}
