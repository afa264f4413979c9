# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How flannel on a host differs from the wanted network. No I/O; runs on the controller.

flanneld reads the configuration only when it starts, and keeps an old device as it is (facts of v0.28.10,
pkg/backend/vxlan/device.go): so what it made is compared, and devices that a restart would keep are named.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import network_of
from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import OverlayError
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import VXLAN_PORT, Device, backend_of
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config import check_dict
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import NetworkConfig, Range
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.devices import (
    ipv6_device,
    mode_of,
    overlay_device,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import NEWEST_FLANNEL, parse_version
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_options import docker_options, words

HostFacts = t.Mapping[str, t.Any]
Config = t.Mapping[str, t.Any]


@dataclasses.dataclass
class Drift:
    """`devices` have to be deleted before the restart, and so have the routes to subnets of `networks` that lead around flannel's devices.

    A backend that routes by the uplink leaves its routes when flanneld ends. One of `networks` is `10.20.0.0/16 24`: a network, and the length of its subnets.
    """

    reasons: list[str] = dataclasses.field(default_factory=list)
    devices: list[str] = dataclasses.field(default_factory=list)
    networks: list[str] = dataclasses.field(default_factory=list)

    def add(self, reason: str, *devices: str) -> None:
        self.reasons.append(reason)
        self.devices += [name for name in devices if name not in self.devices]


def flannel_drift(
    facts: HostFacts, network: Config, key: str, uplink: str = "", flannel_version: str = ""
) -> dict[str, list[str]]:
    """Where flanneld has not written anything yet, that is the only reason."""
    drift = Drift()
    written = (facts.get("flannel") or {}).get("subnet_env")
    if not written:
        drift.add("/run/flannel/subnet.env is not there")
        return dataclasses.asdict(drift)
    wanted = config_of(network, flannel_version)
    if wanted:
        compare_ranges(drift, wanted, facts, written)
        compare_devices(drift, wanted, network, facts, written)
        drift.networks += written_networks(written) if drift.reasons else []
        compare_mtu(drift, wanted, facts, written, uplink, flannel_version)
    compare_docker(drift, (facts["flannel"].get("docker_env") or {}).get(key), key, written)
    return dataclasses.asdict(drift)


def config_of(network: Config, flannel_version: str) -> NetworkConfig | None:
    """None for a configuration that preflight refuses anyway."""
    try:
        return check_dict(network, flannel_version) if network else None
    except OverlayError:
        return None


def compare_ranges(drift: Drift, wanted: NetworkConfig, facts: HostFacts, written: HostFacts) -> None:
    for family, prefix in ((wanted.ipv4, ""), (wanted.ipv6, "ipv6_")):
        seen, expected = range_text(written, prefix), wanted_text(family)
        if seen != expected:
            drift.add(f"flannel works in {seen}, not in {expected}", *own_devices(facts, written))


def written_networks(written: HostFacts) -> list[str]:
    names = [prefix for prefix in ("", "ipv6_") if written.get(prefix + "subnet")]
    return [
        f"{network_of(written[prefix + 'network'])} {written[prefix + 'subnet'].partition('/')[2]}" for prefix in names
    ]


def range_text(written: HostFacts, prefix: str) -> str:
    subnet = written.get(prefix + "subnet") or ""
    if not subnet:
        return "no IPv6 network" if prefix else "no IPv4 network"
    return f"{network_of(written[prefix + 'network'])} by subnets of /{subnet.partition('/')[2]}"


def wanted_text(family: Range | None) -> str:
    if family is None:
        return "no IPv6 network"
    return f"{network_of(str(family.network))} by subnets of /{family.subnet_len}"


def own_devices(facts: HostFacts, written: HostFacts) -> list[str]:
    """flannel's devices have the first address of the host's subnet."""
    first = {network_of(written[name]).partition("/")[0] for name in ("subnet", "ipv6_subnet") if written.get(name)}
    return [
        name
        for name, interface in (facts.get("interfaces") or {}).items()
        if name.startswith("flannel") and any(item["address"] in first for item in interface["addresses"])
    ]


def wanted_devices(wanted: NetworkConfig, network: Config) -> list[str]:
    """Only of backends whose device has one certain name."""
    name, device = overlay_device(network), backend_of(wanted.backend_type).device
    if device is None:
        return []
    return [name, *({ipv6_device(name, device, mode_of(network))} - {name} if wanted.ipv6 else ())]


def compare_devices(drift: Drift, wanted: NetworkConfig, network: Config, facts: HostFacts, written: HostFacts) -> None:
    names, there = wanted_devices(wanted, network), facts.get("interfaces") or {}
    device = backend_of(wanted.backend_type).device
    for name in names:
        if name not in there:
            drift.add(f"the device {name} is not there")
    for name in own_devices(facts, written):
        if name not in names and not is_variant(name, device):
            drift.add(f"the device {name} is left over from another configuration", name)
    for name in names if device and device.is_vtep else []:
        if name in there:
            compare_vtep(drift, name, there[name], wanted.backend)


def is_variant(name: str, device: Device | None) -> bool:
    """Another device of the same backend: its Mode decides which of them there are."""
    return device is not None and not device.number_key and name.startswith(device.name)


def compare_vtep(drift: Drift, name: str, seen: HostFacts, wanted: HostFacts) -> None:
    """flanneld makes the device anew for another port, but not for another learning."""
    port, learning = (wanted.get("Port") or VXLAN_PORT) % 65536, bool(wanted.get("Learning"))
    if seen.get("port") not in (None, port):
        drift.add(f"the device {name} sends to port {seen['port']}, not {port}", name)
    if seen.get("learning") not in (None, learning):
        drift.add(f"the device {name} has learning {'off' if learning else 'on'}", name)


def compare_mtu(
    drift: Drift, wanted: NetworkConfig, facts: HostFacts, written: HostFacts, uplink: str, version: str
) -> None:
    """Before 0.10 subnet.env held the uplink's MTU. A device is cut to what its uplink carries."""
    carries = ((facts.get("interfaces") or {}).get(uplink) or {}).get("mtu")
    backend = backend_of(wanted.backend_type)
    overhead = backend.overhead
    if overhead is None or not carries or parse_version(version or NEWEST_FLANNEL) < (0, 10):
        return
    expected = (wanted.backend.get("MTU") or carries) - overhead
    devices = own_devices(facts, written)
    if written["mtu"] != expected:
        drift.add(f"flannel's MTU is {written['mtu']}, not {expected}", *devices)
    if backend.device and backend.device.is_vtep and expected <= carries - overhead:
        by_ipv6 = min(expected, carries - (backend.overhead_by_ipv6 or overhead))
        for name in devices:
            is_ipv6 = name.startswith(backend.device.ipv6_name)
            compare_device_mtu(drift, name, facts["interfaces"][name]["mtu"], by_ipv6 if is_ipv6 else expected)


def compare_device_mtu(drift: Drift, name: str, seen: int, expected: int) -> None:
    """The kernel cuts the device whose packets travel by IPv6 (with 0.28.10 subnet.env has 1450, the device 1430)."""
    if seen != expected:
        drift.add(f"the device {name} has an MTU of {seen}, not {expected}", name)


def compare_docker(drift: Drift, options: str | None, key: str, written: HostFacts) -> None:
    if options is None:
        drift.add(f"/run/flannel/docker does not set {key}")
        return
    seen = docker_options(words(options))
    for name, expected in expected_options(written).items():
        if seen.get(name) != expected:
            drift.add(f"/run/flannel/docker has {name} {seen.get(name, 'not set')}, subnet.env requires {expected}")


def expected_options(written: HostFacts) -> dict[str, str]:
    options = {"bip": written["subnet"], "mtu": str(written["mtu"]), "ip_masq": str(not written["ipmasq"]).lower()}
    if written.get("ipv6_subnet"):
        options.update(ipv6="true", fixed_cidr_v6=network_of(written["ipv6_subnet"]))
    return options
