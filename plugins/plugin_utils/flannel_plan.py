# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of the role flannel. No I/O."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import ERROR
from ansible_collections.overlay.flannel.plugins.plugin_utils import flannel_files as owned
from ansible_collections.overlay.flannel.plugins.plugin_utils import flannel_pki
from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import (
    is_older_than_files,
    part,
    pending_files,
    pending_packages,
    pending_sysctls,
    restart_reasons,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.firewalld_plan import flannel_commands, remaining_texts
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_checks import refusals
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_context import (
    UNIT,
    FlannelContext,
    flannel_context,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_drift import flannel_drift
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_files import QUERY_SETTINGS, query
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_findings import advice, findings, other_release
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_firewall import firewall_needs
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_ownership_checks import adopted
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_reloads import Reload, reloads, unloaded_texts
from ansible_collections.overlay.flannel.plugins.plugin_utils.pki import missing_sources
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import (
    Controller,
    FileItem,
    HostFacts,
    Plan,
    Release,
    Renderer,
)

__all__ = ["QUERY_SETTINGS", "FlannelPlan", "plan", "query"]


@dataclasses.dataclass
class FlannelPlan(Plan):
    """`address` is the host's public address in the overlay, `uplink` the interface that carries it.

    `replaced` are programs that run now: they are kept beside the new ones until those have proved themselves.
    `devices`, and routes around them to subnets of `networks`, have to be deleted while flanneld is stopped, `running` holds the
    reasons to start flanneld that no file explains: its unit's, and what it made of the network. `enabled` and `loaded` are the unit's
    states; `start_timer` says that what repairs its routes does not run, `stop_watch` what the change of files entails. `network_reloads`
    are the network services that have to load files, `unloaded` the texts of those that they have not loaded though they are there.
    `certificates` and `private_keys` differ on the host, `unissued` are files that the controller does not have yet. `etcd_tls` are the
    files with which this host reaches etcd (empty without TLS).
    """

    address: str = ""
    uplink: str = ""
    replaced: list[FileItem] = dataclasses.field(default_factory=list)
    devices: list[str] = dataclasses.field(default_factory=list)
    networks: list[str] = dataclasses.field(default_factory=list)
    running: list[str] = dataclasses.field(default_factory=list)
    enabled: bool = False
    loaded: bool = False
    start_timer: bool = False
    stop_watch: bool = False
    network_reloads: list[Reload] = dataclasses.field(default_factory=list)
    unloaded: list[str] = dataclasses.field(default_factory=list)
    certificates: list[FileItem] = dataclasses.field(default_factory=list)
    private_keys: list[FileItem] = dataclasses.field(default_factory=list)
    unissued: list[str] = dataclasses.field(default_factory=list)
    etcd_tls: dict[str, str] = dataclasses.field(default_factory=dict)

    texts = (*Plan.texts, "running", "unloaded")


def plan(settings: t.Mapping[str, t.Any], facts: HostFacts, controller: Controller, render: Renderer) -> FlannelPlan:
    context = flannel_context(settings, facts, controller)
    found = FlannelPlan(address=context.address, uplink=context.choice["interface"])
    found.refusals = [refusal.to_text(controller.host) for refusal in refusals(context)]
    if found.refusals:
        return found
    every_finding = findings(context)
    found.refusals = [f"{controller.host}: {one.to_text()}" for one in every_finding if one.severity == ERROR]
    if found.refusals:
        return found
    compare(found, context, render)
    risks = [
        *advice(context.settings, context.systemd_version),
        *(one.to_text() for one in every_finding if one.severity != ERROR),
    ]
    risks += [] if found.restart else other_release(context)
    found.warnings = [f"{controller.host}: {text}" for text in risks]
    return found


def compare(found: FlannelPlan, context: FlannelContext, render: Renderer) -> None:
    """What differs on the host."""
    wanted_files = owned.files(context, render)
    found.adopted = adopted(context)
    found.packages = missing_packages(context)
    found.programs = pending(owned.programs(context), context)
    found.replaced = [item for item in found.programs if item["path"] == owned.FLANNELD and context.is_active()]
    found.directories = pending(owned.directories(wanted_files), context)
    found.files = pending(wanted_files, context)
    issued = flannel_pki.items(context.settings, context.controller.host)
    differing = pending(issued, context)
    found.certificates = [item for item in differing if not item.get("certificate")]
    found.private_keys = [item for item in differing if item.get("certificate")]
    found.unissued = missing_sources(issued, context.controller)
    tls = {name: getattr(context.settings, f"etcd_{name}") for name in ("ca_cert", "client_cert", "client_key")}
    found.etcd_tls = {name: path for name, path in tls.items() if path}
    found.unwanted = pending(owned.unwanted(context), context)
    found.modules = [] if has_bridge_netfilter(context) else ["br_netfilter"]
    found.sysctls = list(pending_sysctls(owned.sysctls(context), context.facts))
    found.firewall = flannel_commands(context.facts, context.settings.firewall, firewall_needs(context))
    found.release = wanted_release(found, context)
    compare_unit(found, context)
    found.restart = [*found.running, *(f"{item['path']} changes" for item in changed(found) if item.get("restarts"))]
    found.remaining = remaining(found)


def pending(items: t.Sequence[FileItem], context: FlannelContext) -> list[FileItem]:
    return t.cast("list[FileItem]", pending_files(items, context.facts, context.controller.digest))


def changed(found: FlannelPlan) -> list[FileItem]:
    return [*found.programs, *found.certificates, *found.private_keys, *found.files]


def has_bridge_netfilter(context: FlannelContext) -> bool:
    return part(context.facts, "sysctls").get(owned.BRIDGE_NETFILTER) is not None


def missing_packages(context: FlannelContext) -> list[str]:
    """The package of flannel with its version: the role works with this one only."""
    platform, package = context.platform, context.platform.package if context.settings.by_package else None
    nftables = platform.nftables if context.config is not None and context.config.nftables else ()
    found = pending_packages([*platform.iptables, *nftables], context.facts)
    if package and pending_packages([package.name], context.facts):
        found.append(f"{package.name}-{package.version}")
    if not has_bridge_netfilter(context):
        found += [name.format(kernel=context.facts["platform"]["kernel"]) for name in platform.kernel_modules]
    return found


def wanted_release(found: FlannelPlan, context: FlannelContext) -> Release:
    """Also for programs that the controller has: `_release` takes them from the archive anew before they reach a host."""
    return context.source.release() if context.source.by_archive and found.programs else Release()


def compare_unit(found: FlannelPlan, context: FlannelContext) -> None:
    wanted, unit = context.settings, context.unit()
    drift = flannel_drift(
        context.facts, wanted.network, wanted.docker_options_key, context.choice["interface"], wanted.release
    )
    paths = {item["path"] for item in changed(found)}
    found.devices, found.networks = drift["devices"], drift["networks"]
    found.running = restart_reasons(context.facts, UNIT)
    if context.is_active():
        found.running += drift["reasons"] + unwatched(context) + without_lease(context) + newer_certificates(context)
    found.enabled = unit.get("unit_file_state") == "enabled"
    found.loaded = unit.get("load_state") == "loaded"
    found.start_timer = not_repaired(context) or bool(paths & set(owned.REPAIR_FILES))
    found.stop_watch = owned.WATCH_FILES[0] in {item["path"] for item in found.unwanted}
    found.network_reloads = reloads(context, paths)
    found.unloaded = unloaded_texts(context)


def not_repaired(context: FlannelContext) -> bool:
    timer = context.unit(owned.REPAIR_TIMER)
    return not context.is_active(owned.REPAIR_TIMER) or timer.get("unit_file_state") != "enabled"


def unwatched(context: FlannelContext) -> list[str]:
    """The path unit is started by flanneld's unit."""
    watches = context.is_active(owned.WATCH_UNIT) or not context.settings.changes_subnet_at_runtime
    return [] if watches else [f"{owned.WATCH_UNIT} does not watch"]


def newer_certificates(context: FlannelContext) -> list[str]:
    """flanneld reads them once, when it starts."""
    newer = is_older_than_files(context.facts, UNIT, context.settings.certificates, context.controller.now)
    return ["its certificates for etcd are newer than the running flanneld"] if newer else []


def without_lease(context: FlannelContext) -> list[str]:
    """Of the process that ran when the leases were read: a later one has a lease, as its unit is active only then."""
    process = context.settings.without_lease
    lost = process > 0 and context.unit().get("main_pid") == process
    return ["etcd has no lease of this host, and the running flanneld has not noticed"] if lost else []


def remaining(found: FlannelPlan) -> list[str]:
    items = [*changed(found), *found.directories, *found.unwanted]
    names = [*(item["path"] for item in items), *found.sysctls, *found.modules]
    return [
        *(f"{name} is not installed" for name in found.packages),
        *(f"{name} is not as it should be" for name in names),
        *remaining_texts(found.firewall),
        *found.running,
        *found.unloaded,
        *([f"{owned.REPAIR_TIMER} is not active and enabled"] if found.start_timer else []),
        *([] if found.enabled else [f"{UNIT} is not enabled"]),
    ]
