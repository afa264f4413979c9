# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What another Network, SubnetLen or backend means for a fleet that is at work. No I/O.

flanneld reads the configuration when it starts. One whose lease does not fit any more deletes it and takes another subnet (flannel v0.28.10,
pkg/subnet/etcd/local_manager.go), and one meets only leases of its own backend (pkg/backend/route_network.go, vxlan/vxlan_network.go).
"""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import network_of
from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import OverlayError
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import Routes, backend_of
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config import check, encode
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import NetworkConfig, Prefix, Range
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.psk import without_psk
from ansible_collections.overlay.flannel.plugins.module_utils.registry.config_plan import readable

Mapping = t.Mapping[str, t.Any]

VARIABLE = "overlay_network"


class Renumbering(t.TypedDict):
    """`at_once` says that hosts with the old and with the new configuration do not reach each other. `lines` are for a person."""

    at_once: bool
    lines: t.List[str]
    refusals: t.List[str]


@dataclasses.dataclass(frozen=True)
class Host:
    """What a host has now; `subnet` is empty where flannel has written none."""

    name: str
    subnet: str
    containers: int
    live_restore: bool

    @classmethod
    def of(cls, name: str, facts: Mapping) -> Host:
        docker, env = facts.get("docker") or {}, (facts.get("flannel") or {}).get("subnet_env") or {}
        return cls(
            name,
            str(env.get("subnet") or ""),
            int(docker.get("containers_running") or 0),
            bool(docker.get("live_restore")),
        )


def renumbering_of(
    stored: t.Any, wanted: Mapping, facts: t.Mapping[str, Mapping], names: t.Sequence[str], flannel_version: str
) -> Renumbering:
    """`stored` is the configuration in etcd (lease_info), `facts` are those of the flannel hosts in the run (host_info), `names` all of them."""
    absent = [name for name in names if name not in facts]
    if absent:
        return _refused(
            f"not part of this run: {', '.join(absent)}. Allowed: every host of group flannel, because the others would go on in the old network"
            " until somebody restarts them. Fix: run it without --limit, and take hosts that are gone out of the inventory"
        )
    if not stored:
        return _refused(
            f"{VARIABLE}: etcd holds no configuration that could be changed, or did not answer. Allowed: a fleet that is at work."
            " Fix: run site.yml, which writes the first one"
        )
    try:
        new = check(encode(wanted), flannel_version)
    except OverlayError as error:
        return _refused(f"{VARIABLE}: {error}")
    old = readable(stored if isinstance(stored, str) else json.dumps(stored), flannel_version)
    hosts = [Host.of(name, found) for name, found in facts.items()]
    at_once = old is not None and old != new and not _side_by_side(old, new)
    return Renumbering(at_once=at_once, lines=list(_lines(stored, old, new, hosts, at_once)), refusals=[])


def _refused(text: str) -> Renumbering:
    return Renumbering(at_once=False, lines=[], refusals=[text])


def _side_by_side(old: NetworkConfig, new: NetworkConfig) -> bool:
    """Each host has a route to each lease, whatever network that is in; one route to the whole network leads only to the new one."""
    one_backend = old.backend_type == new.backend_type and dict(old.backend) == dict(new.backend)
    return one_backend and backend_of(new.backend_type).routes is Routes.PER_PEER


def _lines(
    stored: t.Any, old: NetworkConfig | None, new: NetworkConfig, hosts: t.Sequence[Host], at_once: bool
) -> t.Iterator[str]:
    if old == new:
        yield f"etcd holds this configuration already ({_text(new)}): what is left of an earlier run is finished"
    else:
        yield f"From {_text(old) if old else 'a configuration that flannel refuses'} to {_text(new)}"
    for host in hosts:
        yield f"{host.name}: {_change(host, new)}"
    if old is None or old == new:
        return
    if at_once:
        yield "Hosts with the old and with the new configuration do not reach each other, so all hosts change at once, unless overlay_batch says otherwise"
    else:
        yield "Containers of hosts with the old and with the new network reach each other meanwhile: hosts change in batches (overlay_batch)"
    before = without_psk(json.loads(stored) if isinstance(stored, str) else stored)
    yield f"The way back, also while it runs: {VARIABLE}: {json.dumps(before)}, and run this playbook again"


def _text(config: NetworkConfig) -> str:
    families = [f"{family.network} by /{family.subnet_len}" for family in (config.ipv4, config.ipv6) if family]
    values = "".join(f" {name} {value}" for name, value in without_psk(config.backend).items() if value)
    return f"{' and '.join(families)}, {config.backend_type}{values}"


def _change(host: Host, new: NetworkConfig) -> str:
    if not host.subnet:
        return "has no subnet yet, and gets one"
    own = network_of(host.subnet)
    if new.ipv4 and _fits(new.ipv4, own):
        return f"keeps {own}; docker restarts only where its MTU changes"
    return (
        f"leaves {own}{f' for a subnet of {new.ipv4.network}' if new.ipv4 else ''}; docker restarts{_containers(host)}"
    )


def _containers(host: Host) -> str:
    if not host.containers:
        return ", no container runs"
    if host.live_restore:
        return f"; live-restore keeps {host.containers} running containers on the old addresses, so they have to be stopped first"
    return f", with it {host.containers} running containers: those without a restart policy stay stopped"


def _fits(wanted: Range, subnet: str) -> bool:
    network = ipaddress.ip_network(subnet)
    return wanted.fits(Prefix(int(network.network_address), network.prefixlen))
