# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter overlapping: networks that overlap another."""

from __future__ import annotations

DOCUMENTATION = r"""
name: overlapping
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Select the networks that overlap another one
description:
  - Compares networks in CIDR notation. A default route (length 0), the other address family and what is no network never overlap.
  - Needs the Python library netaddr on the controller.
positional: networks
options:
  _input:
    description: A network in CIDR notation.
    type: str
    required: true
  networks:
    description: Networks or addresses to compare it with.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show which routes the overlay would hide
  ansible.builtin.debug:
    msg: "{{ '10.20.0.0/16' | overlay.flannel.overlapping(seen.routes | map(attribute='dst')) }}"
"""

RETURN = r"""
_value:
  description: Those that overlap, in their order.
  type: list
  elements: str
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.module_utils.basic import missing_required_lib

try:
    import netaddr
except ImportError as error:
    MISSING: ImportError | None = error
else:
    MISSING = None


def overlapping(network: str, networks: t.Iterable[str]) -> list[str]:
    """Give those of `networks` that share an address with `network`."""
    if MISSING:
        raise AnsibleFilterError(missing_required_lib("netaddr")) from MISSING
    own = as_network(network)
    return [other for other in networks if shares(own, as_network(other))]


def as_network(text: str) -> netaddr.IPNetwork | None:
    """None for what is no network: whoever gave it must say so, in better words."""
    try:
        return netaddr.IPNetwork(text)
    except (netaddr.AddrFormatError, ValueError, TypeError):
        return None


def shares(own: netaddr.IPNetwork | None, other: netaddr.IPNetwork | None) -> bool:
    if own is None or other is None or own.version != other.version or 0 in (own.prefixlen, other.prefixlen):
        return False
    return bool(own in other or other in own)


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"overlapping": overlapping}
