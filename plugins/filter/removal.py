# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters removal_names, removal_name_refusals, removal_summary and silent_hosts: which hosts leave the overlay, and what that means."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils import removal_request
from ansible_collections.overlay.flannel.plugins.plugin_utils.removal_request import Request


def removal_name_refusals(names: t.Sequence[str], hosts: t.Sequence[str]) -> list[str]:
    return [refusal.to_text("remove.yml") for refusal in removal_request.refuse_names(Request(names, hosts))]


def removal_summary(
    names: t.Sequence[str], hostvars: removal_request.HostVars, hosts: t.Sequence[str], wishes: t.Mapping[str, t.Any]
) -> dict[str, t.Any]:
    """Refusals, the lines of the plan, the members of etcd that leave, and the hosts that leave and those that stay, as far as they answer."""
    request = Request(names=names, hosts=hosts, **wishes)
    return {
        "refusals": removal_request.removal_refusals(request, hostvars),
        "lines": removal_request.removal_lines(request, hostvars),
        "members": [{"id": one["id"], "name": one["name"]} for one in removal_request.members_of(request, hostvars)],
        "snapshot": removal_request.snapshot_host(request, hostvars),
        "living": removal_request.living(names, hostvars),
        "staying": [name for name in request.stays if name not in removal_request.silent([name], hostvars)],
        "addresses": {name: removal_request.public_address(name, hostvars[name]) for name in names},
    }


class FilterModule:
    """Give the filters to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {
            "removal_names": removal_request.removal_names,
            "removal_name_refusals": removal_name_refusals,
            "removal_summary": removal_summary,
            "silent_hosts": removal_request.silent,
        }
