# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks of leases need: the leases, the configuration and the expected hosts, indexed for thousands of leases."""

from __future__ import annotations

import collections
import dataclasses
import functools
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.allocation import Usage, are_usual, usage
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import NetworkConfig
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease import Lease
from ansible_collections.overlay.flannel.plugins.module_utils.registry.expected import Expected, is_reserved


@dataclasses.dataclass(frozen=True)
class Facts:
    """All that the checks need."""

    leases: t.Sequence[Lease]
    config: NetworkConfig | None
    expected: t.Sequence[Expected]
    low_ttl: int | None = None  # seconds; None: the TTLs were not read
    endless_is_odd: bool = False  # v3: flannel always writes a TTL

    @functools.cached_property
    def names(self) -> dict[str, str]:
        """Of the expected hosts, by address; the first counts."""
        return {one.public_ip: one.host for one in reversed(self.expected)}

    @functools.cached_property
    def reserved(self) -> list[Lease]:
        return [lease for lease in self.leases if is_reserved(lease, self.config)]

    @functools.cached_property
    def taken(self) -> t.Sequence[Lease]:
        return [lease for lease in self.leases if not is_reserved(lease, self.config)] if self.reserved else self.leases

    @functools.cached_property
    def addresses(self) -> dict[str, int]:
        """How many leases each address holds."""
        return collections.Counter(lease.attributes.public_ip for lease in self.leases)

    @functools.cached_property
    def missing(self) -> list[Expected]:
        """Hosts for which there is not even a reservation."""
        held = self.addresses
        return [one for one in self.expected if one.public_ip not in held]

    @functools.cached_property
    def apart(self) -> bool:
        """Quick also for thousands: all fit the network, and none overlaps another. False: compare each of them."""
        if self.config is None or self.config.ipv4 is None or self.config.ipv6:
            return False
        prefixes = [ipv4 for (ipv4, ipv6) in [lease.subnets for lease in self.leases] if not ipv6]
        return len(set(prefixes)) == len(self.leases) and are_usual(self.config.ipv4, prefixes)

    @functools.cached_property
    def usages(self) -> list[Usage]:
        if self.config and self.config.ipv4 and self.apart:
            total = self.config.ipv4.capacity()
            return [Usage(total, len(self.taken), len(self.reserved), total - len(self.leases))]
        return usage(self.config, self.taken, self.reserved) if self.config else []

    def name_of(self, public_ip: str) -> str:
        return self.names.get(public_ip, public_ip)

    def host_of(self, lease: Lease) -> str:
        return self.name_of(lease.attributes.public_ip)
