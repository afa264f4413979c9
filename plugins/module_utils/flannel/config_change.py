# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of the network configuration would do to the leases that are in use."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import lease_type
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import NetworkConfig, Range
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease import Lease


class Broken(t.NamedTuple):
    lease: Lease
    reason: str

    def to_dict(self) -> dict[str, str]:
        return {"subnet": self.lease.subnet, "public_ip": self.lease.attributes.public_ip, "reason": self.reason}


def breaking(existing: NetworkConfig | None, wanted: NetworkConfig, leases: t.Iterable[Lease]) -> list[Broken]:
    """The leases that fit the existing configuration (if flannel can read it) and not the wanted one."""
    broken = []
    for lease in leases:
        reason = misfit(wanted, lease) or _other_backend(existing, wanted, lease)
        if reason and not (existing and misfit(existing, lease)):
            broken.append(Broken(lease, reason))
    return broken


def misfit(config: NetworkConfig, lease: Lease) -> str:
    """Why flannel would delete this lease and take another subnet; empty when it keeps it."""
    return _misfit4(config.ipv4, lease) or _misfit6(config.ipv6, lease)


def _misfit4(wanted: Range | None, lease: Lease) -> str:
    if wanted is None or wanted.fits(lease.subnets.ipv4):
        return ""
    return _why(wanted, lease.subnet, lease.subnets.ipv4.length, "")


def _misfit6(wanted: Range | None, lease: Lease) -> str:
    subnet = lease.subnets.ipv6
    if wanted is None:
        return "it has an IPv6 subnet, and IPv6 is switched off" if subnet else ""
    if subnet is None:
        return "it has no IPv6 subnet"
    return "" if wanted.fits(subnet) else _why(wanted, str(subnet), subnet.length, "IPv6")


def _why(wanted: Range, subnet: str, length: int, prefix: str) -> str:
    if length != wanted.subnet_len:
        return f"{subnet} is not of {prefix}SubnetLen {wanted.subnet_len}"
    bounds = wanted.to_dict("")
    return (
        f"{subnet} is not between {prefix}SubnetMin {bounds['SubnetMin']} and {prefix}SubnetMax {bounds['SubnetMax']}"
    )


def _other_backend(existing: NetworkConfig | None, wanted: NetworkConfig, lease: Lease) -> str:
    before = lease.attributes.backend if existing is None else lease_type(existing.backend_type)
    after = lease_type(wanted.backend_type)
    if existing is not None and existing.backend_type != wanted.backend_type:
        return f"the backend changes from {existing.backend_type} to {wanted.backend_type}"
    if existing is None and before and before != after:
        return f"its backend is {before}, not {wanted.backend_type}"
    return ""
