# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks of a host need: its facts, the leases and the configuration of its overlay. No I/O."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import network_of
from ansible_collections.overlay.flannel.plugins.module_utils.flannel import devices
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import (
    BACKENDS,
    Backend,
    backend_of,
    device_owner,
    untyped_owner,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import HostFacts, Interface

Lease = t.Mapping[str, t.Any]
IPV4, IPV6 = 4, 6
SHARED = "auto"  # a Mode with one device for both families
UNTYPED = [name for name, backend in BACKENDS.items() if backend.lease_type == ""]


@dataclasses.dataclass(frozen=True)
class HostContext:
    """`leases` is None when they were not read; `address` is the public address of this host, if it is known."""

    facts: HostFacts
    leases: t.Sequence[Lease] | None = None
    network: t.Mapping[str, t.Any] | None = None
    address: str = ""

    @property
    def own(self) -> Lease | None:
        """The lease of this host."""
        mine = {self.address} if self.address else own_addresses(self.facts)
        return next((lease for lease in self.leases or [] if lease.get("public_ip") in mine), None)

    @property
    def peers(self) -> list[Lease]:
        """The leases of the others with the same backend; flannel ignores the rest."""
        own = self.own
        if own is None:
            return []
        return [lease for lease in self.leases or [] if lease is not own and lease.get("backend") == own.get("backend")]

    @property
    def backend(self) -> str:
        """What the lease says, else the configuration, else the device; empty when none of them does."""
        own, wanted = self.own, devices.backend_type(self.network) if self.network is not None else ""
        if own is None:
            return wanted or self._seen_backend
        if own.get("backend"):
            return str(own["backend"])
        return wanted if wanted in UNTYPED else untyped_owner(self.facts["interfaces"])

    @property
    def _seen_backend(self) -> str:
        link = self.facts["interfaces"].get(self.facts["flannel"]["device"] or "")
        return device_owner(link["kind"]) if link else ""

    @property
    def kind(self) -> Backend:
        """What is known of the backend."""
        return backend_of(self.backend)

    @property
    def device(self) -> str:
        """The device that flanneld should have made; empty when the backend has none or nothing is known."""
        backend, device = self.backend, self.kind.device
        if device is None or not device.number_key:
            return device.name if device else ""
        number = backend_value(self.own, device.number_key)
        if number is not None:
            return f"{device.name}{number}"
        if self.network is not None and devices.backend_type(self.network) == backend:
            return devices.overlay_device(self.network)
        return self.facts["flannel"]["device"] or ""

    @property
    def interface(self) -> Interface | None:
        return self.facts["interfaces"].get(self.device)

    def device_of(self, family: int) -> str:
        """Some backends have one device for each address family, some one or two."""
        return self.device if family == IPV4 else devices.ipv6_device(self.device, self.kind.device, self._mode)

    @property
    def _mode(self) -> str:
        """No lease has it: without the configuration the devices that are there decide."""
        if self.network:
            return devices.mode_of(self.network)
        device = self.kind.device
        return "" if device and device.ipv6_name in self.facts["interfaces"] else SHARED

    @property
    def families(self) -> list[int]:
        """IPv6 beside IPv4 where this host takes part with both, and the backend can."""
        if not self.kind.ipv6:
            return [IPV4]
        subnet_env = self.facts["flannel"]["subnet_env"]
        both = (subnet_env and subnet_env["ipv6_subnet"]) or (self.own or {}).get("ipv6_subnet")
        return [IPV4, IPV6] if both else [IPV4]

    @property
    def subnet(self) -> str:
        """FLANNEL_SUBNET: the address of docker0 with the length of the subnet."""
        subnet_env = self.facts["flannel"]["subnet_env"]
        return subnet_env["subnet"] if subnet_env else ""

    def subnet_of(self, family: int) -> str:
        """FLANNEL_SUBNET or FLANNEL_IPV6_SUBNET."""
        subnet_env = self.facts["flannel"]["subnet_env"]
        return self.subnet if family == IPV4 else subnet_env["ipv6_subnet"] if subnet_env else ""

    @property
    def range(self) -> str:
        """FLANNEL_NETWORK: all subnets lie in it."""
        return self.range_of(IPV4)

    def range_of(self, family: int) -> str:
        """FLANNEL_NETWORK or FLANNEL_IPV6_NETWORK."""
        subnet_env = self.facts["flannel"]["subnet_env"]
        if subnet_env is None:
            return ""
        return network_of(subnet_env["network"] if family == IPV4 else subnet_env["ipv6_network"])


def own_addresses(facts: HostFacts) -> set[str]:
    return {address for found in facts["interfaces"].values() for address in addresses_of(found)}


def addresses_of(link: Interface) -> list[str]:
    return [item["address"] for item in link["addresses"]]


def backend_value(lease: Lease | None, name: str, family: int = IPV4) -> t.Any:
    data = (lease or {}).get("backend_v6_data" if family == IPV6 else "backend_data")
    return data.get(name) if isinstance(data, dict) else None


def version_of(text: str | None) -> tuple[int, ...]:
    """(28, 5, 2) of `28.5.2+dfsg1`; () of what does not begin so."""
    numbers = []
    for part in (text or "").lstrip("v").split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)
