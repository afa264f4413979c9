# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RoutingTable as the kernel chooses among them. No I/O."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Route

BITS = {4: 32, 6: 128}


class RoutingTable:
    """One table. Looking up costs the same for ten routes and for ten thousand."""

    def __init__(self, routes: t.Sequence[Route]) -> None:
        self.all = routes
        self._best: dict[str, Route] = {}
        for route in sorted(routes, key=lambda route: -route["metric"]):
            self._best[route["dst"]] = route
        self._lengths = sorted({length_of(dst) for dst in self._best}, reverse=True)

    def to(self, dst: str) -> Route | None:
        """The one that counts among those to exactly this network."""
        return self._best.get(dst)

    def towards(self, address: str) -> Route | None:
        """The one by which a packet to this address leaves."""
        target = ipaddress.ip_address(address)
        for version, length in self._lengths:
            if version == target.version:
                network = str(ipaddress.ip_network(f"{address}/{length}", strict=False))
                found = self._best.get(network) or (length == BITS[version] and self._best.get(address))
                if found:
                    return found
        return None

    def is_adjacent(self, address: str) -> bool:
        """Whether no router is between: flannel checks the same before it routes directly (pkg/ip/iface.go)."""
        try:
            route = self.towards(address)
        except ValueError:
            return False
        return route is not None and not route["via"]


def length_of(dst: str) -> tuple[int, int]:
    """Address family and length; iproute2 leaves out the length of a single address."""
    address, slash, length = dst.partition("/")
    version = 6 if ":" in address else 4
    return version, int(length) if slash else BITS[version]
