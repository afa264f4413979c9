# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of somebody else's is in the way of flannel: its unit and programs, the flannel of k3s or Kubernetes, VXLAN devices. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import contains, network_of
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import VXLAN_PORT, backend_of
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import NetworkConfig
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.devices import overlay_device
from ansible_collections.overlay.flannel.plugins.plugin_utils import flannel_files as owned
from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import part
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_context import UNIT, FlannelContext
from ansible_collections.overlay.flannel.plugins.plugin_utils.ownership import (
    KEPT,
    daemons,
    foreign_unit,
    has_mark,
    is_foreign,
    main_process,
    others,
    process_text,
    stop_text,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal

Refusals = t.Iterator[Refusal]
ROLE = "flannel"
K3S = ("k3s-server", "k3s-agent")
CNI_BRIDGE = "cni0"
Interfaces = t.Mapping[str, t.Mapping[str, t.Any]]


def ownership_refusals(context: FlannelContext) -> Refusals:
    yield from unit_refusals(context)
    yield from file_refusals(context)
    yield from process_refusals(context)
    yield from network_refusals(context)
    yield from vxlan_refusals(context)


def adopted(context: FlannelContext) -> list[str]:
    """Files of somebody else that the role replaces, because `flannel_adopt` is true."""
    paths = [owned.UNIT_FILE, owned.SETTINGS_FILE]
    files = [path for path in paths if is_foreign(context.facts, path, ROLE)]
    return [*files, *foreign_programs(context)] if context.settings.adopt else []


def is_ours(context: FlannelContext) -> bool:
    return has_mark(context.facts, owned.UNIT_FILE, ROLE)


def foreign_programs(context: FlannelContext) -> list[str]:
    """A unit of the role that starts them proves that they are the role's; so does the content. Programs have no mark."""
    starts = str(context.unit().get("fragment_exec_start") or "").startswith(owned.FLANNELD)
    if (is_ours(context) and starts) or context.source.missing():
        return []
    seen = {item["path"]: part(context.facts, "files").get(item["path"]) or {} for item in owned.programs(context)}
    wanted = {item["path"]: context.controller.digest(item["src"]) for item in owned.programs(context)}
    return [path for path, file in seen.items() if file.get("exists") and file.get("sha256") != wanted[path]]


def unit_refusals(context: FlannelContext) -> Refusals:
    """A unit of a package is left alone, unless it runs: then somebody uses it. By package the role runs the package's programs."""
    path, process = foreign_unit(context.facts, UNIT, owned.UNIT_FILE, ROLE), main_process(context.facts, UNIT)
    if not path and process and not is_ours(context) and not context.settings.by_package:
        path = context.unit().get("fragment_path") or ""
    if path and not context.settings.adopt:
        running = f"; it runs {process_text(process)}" if process else "; it does not run"
        yield Refusal(
            UNIT,
            f"{path}, which this role has not written{running}",
            "no such unit, or the one that the role has written",
            f"leave this host out of the group flannel; or, if it is not needed, systemctl disable --now {UNIT} and remove {path} yourself;"
            f" or take it over with flannel_adopt: true, which keeps what it replaces as PATH{KEPT}",
        )


def file_refusals(context: FlannelContext) -> Refusals:
    settings = [owned.SETTINGS_FILE] if is_foreign(context.facts, owned.SETTINGS_FILE, ROLE) else []
    paths = [*settings, *foreign_programs(context)]
    if paths and not context.settings.adopt:
        yield Refusal(
            "flannel_install_method",
            f"{context.settings.install_method}, and there is {', '.join(paths)}, which this role has not written",
            "no other files at these paths",
            f"move them away; or replace them with flannel_adopt: true, which keeps each of them as PATH{KEPT}",
        )


def process_refusals(context: FlannelContext) -> Refusals:
    """Two of them would take device, routes and /run/flannel/subnet.env from each other."""
    for daemon in others(context.facts, UNIT, "flanneld"):
        yield Refusal(
            "flanneld",
            process_text(daemon),
            f"no other flanneld than that of {UNIT} in the network of the host",
            f"leave this host out of the group flannel; or {stop_text(daemon)} (in Kubernetes delete its DaemonSet)",
        )


def network_refusals(context: FlannelContext) -> Refusals:
    """The flannel of k3s or Kubernetes: known by its network, as its device and files have the same names."""
    if context.config is None:
        return
    network = foreign_network(context, context.config)
    makers = [*others(context.facts, UNIT, "flanneld"), *daemons(context.facts, *K3S)]
    if not network or (context.settings.adopt and not makers):
        return
    found = [*devices_in(interfaces_of(context), network), "/run/flannel/subnet.env"]
    found = found if written_network(context) else found[:-1]
    yield Refusal(
        "overlay_network",
        f"{wanted_network(context.config)}, and this host is in the flannel network {network} of somebody else"
        f" ({', '.join([*found, *map(process_text, makers)])})",
        "a host without another flannel, such as that of k3s or Kubernetes: both would use the same device and files",
        "leave this host out of the group flannel; or remove the other one (k3s-uninstall.sh, kubeadm reset;"
        f" {' '.join(f'ip link delete {name};' for name in devices_in(interfaces_of(context), network))} rm -r /run/flannel),"
        " then run again; or, where nobody runs it any more, flannel_adopt: true",
    )


def interfaces_of(context: FlannelContext) -> Interfaces:
    return part(context.facts, "interfaces")


def wanted_network(config: NetworkConfig) -> str:
    return str(config.ipv4.network) if config.ipv4 else str(config.ipv6.network) if config.ipv6 else ""


def written_network(context: FlannelContext) -> str:
    written = (context.facts.get("flannel") or {}).get("subnet_env") or {}
    return network_of(written["network"]) if written.get("network") else ""


def foreign_network(context: FlannelContext, config: NetworkConfig) -> str:
    """Under a unit of the role another network is its former one, unless a bridge of Kubernetes is in it. Empty where there is none."""
    wanted, written = wanted_network(config), written_network(context)
    in_use = [*devices_in(interfaces_of(context), written)] if written else []
    if is_ours(context):
        return written if written != wanted and CNI_BRIDGE in in_use else ""
    if written:
        return written if written != wanted or CNI_BRIDGE in in_use or daemons(context.facts, *K3S) else ""
    found = [
        f"{item['address']}/{item['prefixlen']}"
        for name, interface in interfaces_of(context).items()
        if name.startswith("flannel")
        for item in interface["addresses"]
        if item["family"] == 4 and not contains(wanted, item["address"])
    ]
    return found[0] if found else ""


def devices_in(interfaces: Interfaces, network: str) -> list[str]:
    """flannel's and Kubernetes' devices with an address of this network."""
    return [
        name
        for name, interface in interfaces.items()
        if (name.startswith("flannel") or name == CNI_BRIDGE)
        and any(contains(network, item["address"]) for item in interface["addresses"])
    ]


def vxlan_refusals(context: FlannelContext) -> Refusals:
    """A device of the role that is there already shows that the kernel has room for both."""
    device = backend_of(context.config.backend_type).device if context.config else None
    if context.config is None or device is None or not device.is_vtep:
        return
    backend = context.config.backend
    number, port = backend.get(device.number_key) or 1, (backend.get("Port") or VXLAN_PORT) % 65536
    interfaces = interfaces_of(context)
    own = interfaces.get(overlay_device(context.settings.network)) or {}
    if is_ours(context) and (own.get("vni"), own.get("port")) == (number, port):
        return
    for name, other in interfaces.items():
        is_other = other["kind"] == device.kind and not name.startswith("flannel")
        if is_other and (other["port"] == port or other["vni"] == number):
            yield Refusal(
                "overlay_network",
                f"VNI {number}, Port {port}",
                f"a VNI and a UDP port that no other VXLAN device has; the device {name} has VNI {other['vni']} and port {other['port']}",
                "set another Port and VNI in Backend of overlay_network, for all hosts, such as"
                f" {free_numbers(interfaces)} (flannel_network without the collection's playbooks)",
            )


def free_numbers(interfaces: Interfaces) -> str:
    """A VNI and a port that no device has."""
    numbers, ports = ({interface[name] for interface in interfaces.values()} for name in ("vni", "port"))
    number = next(number for number in range(2, 1 << 24) if number not in numbers)
    port = next(port for port in range(VXLAN_PORT + 1, 65536) if port not in ports)
    return f"VNI: {number}, Port: {port}"
