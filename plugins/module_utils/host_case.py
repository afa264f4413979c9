# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is judged: a look at a host, together with the leases and the configuration of its overlay. No I/O."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.devices import overlay_device
from ansible_collections.overlay.flannel.plugins.module_utils.host_types import Interface, Look

Lease = t.Mapping[str, t.Any]
IPV4, IPV6 = 4, 6


@dataclasses.dataclass(frozen=True)
class Case:
    """`leases` is None when nobody has read them; `address` is the public address of this host, if it is known."""

    look: Look
    leases: t.Sequence[Lease] | None = None
    network: t.Mapping[str, t.Any] | None = None
    address: str = ""

    @property
    def own(self) -> Lease | None:
        """The lease of this host."""
        mine = {self.address} if self.address else own_addresses(self.look)
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
        if self.own:
            return str(self.own.get("backend") or "udp")
        return self.interface["kind"] if self.interface else ""

    @property
    def device(self) -> str:
        """The device that flanneld should have made; empty when the backend has none or nothing is known."""
        vni = backend_value(self.own, "VNI")
        if vni is not None:
            return f"flannel.{vni}"
        if self.network is not None:
            return overlay_device(self.network)
        return self.look["flannel"]["device"] or ""

    @property
    def interface(self) -> Interface | None:
        return self.look["interfaces"].get(self.device)

    def device_of(self, family: int) -> str:
        """vxlan has one device for each address family."""
        return self.device if family == IPV4 else self.device.replace("flannel.", "flannel-v6.")

    @property
    def subnet(self) -> str:
        """FLANNEL_SUBNET: the address of docker0 with the length of the subnet."""
        subnet_env = self.look["flannel"]["subnet_env"]
        return subnet_env["subnet"] if subnet_env else ""

    @property
    def range(self) -> str:
        """FLANNEL_NETWORK: all subnets lie in it."""
        subnet_env = self.look["flannel"]["subnet_env"]
        return subnet_env["network"] if subnet_env else ""


def own_addresses(look: Look) -> set[str]:
    return {item["address"] for found in look["interfaces"].values() for item in found["addresses"]}


def backend_value(lease: Lease | None, name: str, family: int = IPV4) -> t.Any:
    data = (lease or {}).get("backend_v6_data" if family == IPV6 else "backend_data")
    return data.get(name) if isinstance(data, dict) else None


def network_of(text: str) -> str:
    """The network of an address with a length; the text itself when it is none."""
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return text


def version_of(text: str | None) -> tuple[int, ...]:
    """(28, 5, 2) of `28.5.2+dfsg1`; () of what does not begin so."""
    numbers = []
    for part in (text or "").lstrip("v").split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)
