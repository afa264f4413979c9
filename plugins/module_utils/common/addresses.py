# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks as texts: read them, compare them. What is not a network contains nothing and overlaps nothing.

flannel's own rules, with lengths that a family does not have, are those of `Prefix` in flannel/config_types.py.
"""

from __future__ import annotations

import ipaddress
import typing as t

Network = t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


def as_network(text: t.Any) -> Network | None:
    """Of `10.20.5.1/24` the network 10.20.5.0/24."""
    try:
        return ipaddress.ip_network(str(text), strict=False)
    except ValueError:
        return None


def network_of(text: str) -> str:
    """The same as text; the text itself where it is not a network."""
    found = as_network(text)
    return str(found) if found else text


def is_inside(inner: Network, outer: Network) -> bool:
    return inner.network_address in outer and inner.prefixlen >= outer.prefixlen


def contains(outer: str, inner: str) -> bool:
    large, small = as_network(outer), as_network(inner)
    return bool(large and small and is_inside(small, large))


def overlaps(one: Network, other: Network) -> bool:
    return is_inside(one, other) or is_inside(other, one)
