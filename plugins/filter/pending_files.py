# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter pending_files: files that are not yet on the host as wanted."""

from __future__ import annotations

DOCUMENTATION = r"""
name: pending_files
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Select the files that are not on the host as wanted
description:
  - Compares a list of wanted files with a look that M(overlay.flannel.host_info) has taken.
  - What differs in content, mode, owner or group, or is missing, is returned.
  - A file must have been asked for by the look, else it counts as missing.
positional: look
options:
  _input:
    description:
      - The wanted files. Each has C(path), and any of C(content), C(src), C(sha256), C(mode), C(owner), C(group) and C(state).
      - C(state) is V(file), V(directory) or V(absent).
      - C(src) is a file on the controller, C(sha256) the checksum of the content.
      - Other keys are left as they are.
    type: list
    elements: dict
    required: true

  look:
    description: The registered result of M(overlay.flannel.host_info).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Write what differs
  ansible.builtin.copy:
    content: "{{ item.content }}"
    dest: "{{ item.path }}"
    mode: "{{ item.mode }}"
  loop: "{{ wanted_files | overlay.flannel.pending_files(seen) }}"
"""

RETURN = r"""
_value:
  description: The wanted files that differ, in their order.
  type: list
  elements: dict
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.files import sha256
from ansible_collections.overlay.flannel.plugins.plugin_utils import desired_state


def pending_files(wanted: t.Iterable[desired_state.Item], facts: desired_state.HostFacts) -> list[desired_state.Item]:
    """Compare, with the controller's files at hand."""
    return desired_state.pending_files(wanted, facts, sha256)


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"pending_files": pending_files}
