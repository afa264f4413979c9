# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role etcd owns on a host: directories, programs, unit and settings. No I/O."""

from __future__ import annotations

import os

from ansible_collections.overlay.flannel.plugins.plugin_utils import etcd_pki
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_context import (
    DROP_IN,
    ENVIRONMENT,
    GUARD,
    GUARD_DROP_IN,
    INITIAL_ENVIRONMENT,
    MARK,
    PROGRAMS,
    UNIT_FILE,
    EtcdContext,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_move import listen_client_urls, listen_peer_urls
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_release import is_unsupported
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import FileItem, Renderer
from ansible_collections.overlay.flannel.plugins.plugin_utils.sandbox import etcd_sandbox

ROOT_PREFIX = 231  # the first systemd with `+` before a command


def wanted_items(context: EtcdContext, environment: str, render: Renderer) -> list[FileItem]:
    """Everything, in the order in which it is made; `environment` is the rendered file of etcd's settings."""
    by_package = context.settings.by_package
    return [
        _directory(os.path.dirname(ENVIRONMENT), "0755", "root"),
        _directory(context.settings.data_dir, "0700", "etcd"),
        _directory(os.path.dirname(DROP_IN), "0755", "root"),
        *(_of_package(context, render) if by_package else _of_programs(context, render)),
        *_of_guard(context, render),
        *_of_pki(context, render),
        FileItem(path=ENVIRONMENT, content=environment, mode="0644", restarts=True),
        *_of_first_start(context, render),
    ]


def _directory(path: str, mode: str, owner: str) -> FileItem:
    return FileItem(path=path, state="directory", mode=mode, owner=owner)


def sandbox(context: EtcdContext) -> list[str]:
    own = (context.settings.data_dir, context.settings.extra.get("ETCD_WAL_DIR", ""))
    return etcd_sandbox(context.platform["systemd_version"], [path for path in own if path])


def _of_package(context: EtcdContext, render: Renderer) -> list[FileItem]:
    """The package's unit stays and gets a drop-in."""
    content = render(
        "drop-in.conf.j2",
        vendor_environment=context.vendor.environment,
        environment=ENVIRONMENT,
        initial_environment=INITIAL_ENVIRONMENT,
        systemd_version=context.platform["systemd_version"],
        sandbox=sandbox(context),
    )
    return [
        FileItem(path=UNIT_FILE, state="absent"),
        FileItem(path=DROP_IN, content=content, mode="0644", restarts=True),
    ]


def _of_programs(context: EtcdContext, render: Renderer) -> list[FileItem]:
    """Programs from the controller, with a unit of the role."""
    content = render(
        "etcd.service.j2",
        data_dir=context.settings.data_dir,
        program=PROGRAMS["etcd"],
        environment=ENVIRONMENT,
        initial_environment=INITIAL_ENVIRONMENT,
        systemd_version=context.platform["systemd_version"],
        sandbox=sandbox(context),
    )
    return [
        FileItem(path=DROP_IN, state="absent"),
        *(_program(name, f"{context.source}/{name}") for name in context.program_names),
        FileItem(path=UNIT_FILE, content=content, mode="0644", restarts=True),
    ]


def _program(name: str, source: str) -> FileItem:
    return FileItem(path=PROGRAMS[name], src=source, mode="0755", restarts=name == "etcd")


def _of_guard(context: EtcdContext, render: Renderer) -> list[FileItem]:
    """A drop-in of its own, which a running etcd does not need: no restart for it. The guard itself makes the mark, except under such an etcd."""
    systemd = context.platform["systemd_version"]
    content = render(
        "guard.conf.j2",
        data_dir=context.settings.data_dir,
        guard=GUARD,
        systemd_version=systemd,
        as_root="+" if systemd >= ROOT_PREFIX else "",
    )
    return [
        FileItem(path=GUARD, content=render("overlay-etcd-guard"), mode="0755"),
        FileItem(path=GUARD_DROP_IN, content=content, mode="0644"),
        *([FileItem(path=MARK, content="", mode="0644")] if context.lives else []),
    ]


def _of_pki(context: EtcdContext, render: Renderer) -> list[FileItem]:
    if not context.settings.pki_dir:
        return [FileItem(path=etcd_pki.PROFILE, state="absent")]
    return [
        _directory(etcd_pki.FOLDER, "0755", "root"),
        *etcd_pki.items(context.settings, context.controller.host, context.is_etcd_2),
        etcd_pki.profile(context.settings, 2 if context.is_etcd_2 or context.needs_v2 else 3, render),
    ]


def _of_first_start(context: EtcdContext, render: Renderer) -> list[FileItem]:
    """Only where it is known how the member starts: a member with data never has it, so that it is no reason for a restart."""
    start = context.first_start
    if not start.get("cluster"):
        return []
    forget = [] if context.member["data"] else [FileItem(path=MARK, state="absent")]
    content = render(
        "overlay-initial.env.j2",
        peer_url=context.member["peer_url"],
        cluster=start["cluster"],
        state=start["state"],
        token=context.settings.cluster_token,
    )
    return [*forget, FileItem(path=INITIAL_ENVIRONMENT, content=content, mode="0644")]


def environment_of(context: EtcdContext, render: Renderer) -> str:
    """etcd's settings, read by systemd."""
    own, architecture = context.member, context.platform["architecture"]
    return render(
        "overlay.env.j2",
        settings=context.settings,
        extra_settings=context.extra_settings,
        member=own,
        listen_client_urls=",".join(listen_client_urls(context)),
        listen_peer_urls=",".join(listen_peer_urls(context)),
        enable_v2=context.needs_v2 and not context.is_etcd_2,
        unsupported_architecture=architecture if is_unsupported(architecture, context.minor) else "",
    )
