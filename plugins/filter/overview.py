# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter overview: the verdicts of all hosts as lines for a person."""

from __future__ import annotations

DOCUMENTATION = r"""
name: overview
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Show the verdicts of all hosts as a table
description:
  - Makes one line for each host from the results of M(overlay.flannel.host_info), a line that counts them, and one line for each finding.
options:
  _input:
    description: Inventory names, each with the result of M(overlay.flannel.host_info).
    type: dict
    required: true
  missing:
    description: Inventory names of hosts without a result, because they did not answer or failed before.
    type: list
    elements: str
    default: []
  leases:
    description: The findings of M(overlay.flannel.lease_info).
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Show the verdict
  ansible.builtin.debug:
    msg: "{{ {'flannel-1': overlay_host} | overlay.flannel.overview }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

from typing import Any, Callable, Dict, List, Mapping, Sequence

from ansible_collections.overlay.flannel.plugins.plugin_utils.table import table
from ansible_collections.overlay.flannel.plugins.plugin_utils.verify_report import (
    COLUMNS,
    all_findings,
    finding_lines,
    host_row,
    missing_row,
    summary,
)


def overview(
    verdicts: Mapping[str, Mapping[str, Any]],
    missing: Sequence[str] = (),
    leases: Sequence[Mapping[str, str]] = (),
) -> List[str]:
    """Give the table, the count and the findings."""
    rows = [host_row(host, verdict) for host, verdict in verdicts.items()]
    rows += [missing_row(host) for host in missing]
    return table(rows, COLUMNS) + [summary(rows)] + finding_lines(leases) + all_findings(verdicts)


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        """Map names to functions."""
        return {"overview": overview}
