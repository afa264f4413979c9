# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of somebody else's is in the way of etcd: its unit, its programs, its data, its ports. No I/O."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_context import (
    DROP_IN,
    PROGRAMS,
    UNIT,
    UNIT_FILE,
    EtcdContext,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.ownership import (
    KEPT,
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
ROLE, USER = "etcd", "etcd"
EVERY_ADDRESS = ("0.0.0.0", "::")
LOOPBACK = "127.0.0.1"


def ownership_checks(context: EtcdContext) -> Refusals:
    yield from unit_checks(context)
    yield from program_owner_checks(context)
    yield from data_checks(context)
    yield from port_checks(context)


def adopted(context: EtcdContext) -> list[str]:
    """Files of somebody else that the role replaces or removes, because `etcd_adopt` is true."""
    unit = [UNIT_FILE] if is_foreign(context.facts, UNIT_FILE, ROLE) else []
    return [*unit, *foreign_programs(context)] if context.settings.adopt else []


def foreign_programs(context: EtcdContext) -> list[str]:
    """A unit of the role that starts them proves that they are the role's; so does the content. Programs have no mark."""
    if context.settings.by_package or has_mark(context.facts, UNIT_FILE, ROLE) or context.missing_sources:
        return []
    sources = {PROGRAMS[name]: f"{context.source}/{name}" for name in context.program_names}
    there = {path: source for path, source in sources.items() if context.file(path).get("exists")}
    return [p for p, source in there.items() if context.file(p).get("sha256") != context.controller.digest(source)]


def unit_checks(context: EtcdContext) -> Refusals:
    path = foreign_unit(context.facts, UNIT, UNIT_FILE, ROLE)
    if not path or context.settings.adopt:
        return
    process = main_process(context.facts, UNIT)
    running = f"; it runs {process_text(process)}" if process else "; it does not run"
    stated = re.search(r"--?data-dir[= ]([^\s\"']+)", context.unit.get("exec_start") or "")
    data = process.get("data_dir") or (stated.group(1) if stated else "the directory of its data")
    yield Refusal(
        UNIT,
        f"{path}, which this role has not written{running}",
        "no such unit, or the one that the role has written",
        f"use another host for etcd; or, if that etcd is not needed, systemctl disable --now {UNIT} and remove {path} yourself;"
        f" or take it over with etcd_adopt: true and etcd_data_dir: {data}, which keeps the file as {path}{KEPT}",
    )


def program_owner_checks(context: EtcdContext) -> Refusals:
    programs = foreign_programs(context)
    if programs and not context.settings.adopt:
        yield Refusal(
            "etcd_install_method",
            f"{context.settings.install_method}, and there is {', '.join(programs)}, which this role has not installed",
            "no other programs at these paths",
            f"move them away; or replace them with etcd_adopt: true, which keeps each of them as PATH{KEPT}",
        )


def data_checks(context: EtcdContext) -> Refusals:
    """The data of a running etcd stays where it is, and belongs to one etcd alone."""
    settings, process = context.settings, main_process(context.facts, UNIT)
    is_refused = foreign_unit(context.facts, UNIT, UNIT_FILE, ROLE) and not settings.adopt
    # unit_and_data_checks refuses the directory of the package by itself.
    by_package = "" if context.member["data"] else context.vendor.data
    known = ("", settings.data_dir, context.written_data_dir, by_package)
    if not is_refused and process.get("data_dir", "") not in known:
        yield Refusal(
            "etcd_data_dir",
            settings.data_dir,
            f"{process['data_dir']}, where the running etcd has its data ({process_text(process)})",
            f"etcd_data_dir: {process['data_dir']} to go on with this data; or use another host;"
            f" or, if nothing needs the data, systemctl disable --now {UNIT}",
        )
    for daemon in others(context.facts, UNIT, "etcd"):
        if daemon["data_dir"] == settings.data_dir and not daemon["in_container"]:
            yield Refusal(
                "etcd_data_dir",
                settings.data_dir,
                f"a directory that no other etcd uses; there is {process_text(daemon)}",
                f"{stop_text(daemon)}, or set etcd_data_dir to another directory",
            )
    owner = context.file(f"{settings.data_dir}/member").get("owner") or USER
    is_ours = any(has_mark(context.facts, path, ROLE) for path in (UNIT_FILE, DROP_IN))
    if owner != USER and not is_ours:
        yield Refusal(
            "etcd_data_dir",
            f"{settings.data_dir}, whose data belongs to the user {owner}",
            f"data of the user {USER}, as which the role runs etcd",
            f"useradd --system {USER} (where it is missing), systemctl stop {UNIT}, chown -R {USER}: {settings.data_dir}, then run again",
        )


def port_checks(context: EtcdContext) -> Refusals:
    """etcd listens on its address, and for clients on the loopback as well."""
    settings, address = context.settings, context.found["address"]
    wanted = {
        "etcd_client_port": (settings.client_port, (address, LOOPBACK, *EVERY_ADDRESS)),
        "etcd_peer_port": (settings.peer_port, (address, *EVERY_ADDRESS)),
    }
    for variable, (port, addresses) in wanted.items():
        for listener in context.facts.get("listeners") or []:
            if listener["port"] == port and listener["address"] in addresses and not is_own(context, listener):
                yield port_refusal(context, variable, listener)
                break


def is_own(context: EtcdContext, listener: t.Mapping[str, t.Any]) -> bool:
    """Of etcd.service. Without a process (0) nothing is known, and the unit decides."""
    own = listener["unit"] == UNIT or listener["pid"] == (context.unit.get("main_pid") or -1)
    return own or (not listener["pid"] and context.unit.get("active_state") == "active")


def port_refusal(context: EtcdContext, variable: str, listener: t.Mapping[str, t.Any]) -> Refusal:
    known = context.facts.get("daemons") or []
    daemon = next((found for found in known if found["pid"] == listener["pid"]), listener)
    number = str(listener["port"])
    return Refusal(
        variable,
        number,
        f"a port on which nothing else listens; there is {process_text(daemon)}, which listens on {listener['address']}",
        f"set {variable} to another port; or {stop_text(daemon)} if it is not needed; or leave this host out of the group"
        " etcd (a flannel that shall use that etcd has its URL in overlay_etcd_endpoints)",
    )
