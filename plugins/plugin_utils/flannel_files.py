# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role flannel owns on a host: programs, files, and what it removes. No I/O."""

from __future__ import annotations

import posixpath
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import BACKENDS, backend_of
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Query
from ansible_collections.overlay.flannel.plugins.plugin_utils import flannel_pki
from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import part
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_context import UNIT, FlannelContext
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_environment import environment
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_platforms import PLATFORMS, every_package
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_reloads import (
    NETWORK_MANAGER as NETWORK_MANAGER_SERVICE,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_reloads import (
    NETWORKD,
    SERVICES,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import FileItem, Renderer, TlsFiles
from ansible_collections.overlay.flannel.plugins.plugin_utils.sandbox import (
    READS_OTHERS,
    RUNS_OUTSIDE,
    flannel_sandbox,
)

FLANNELD = "/usr/local/bin/flanneld"
MK_DOCKER_OPTS = "/usr/local/bin/mk-docker-opts.sh"
OPTIONS_SCRIPT = "/usr/local/sbin/overlay-flannel-options"
SETTINGS_FILE = "/etc/flannel/flanneld.env"
UNIT_FILE = f"/etc/systemd/system/{UNIT}"
WATCH_UNIT = "overlay-flannel-options.path"
WATCH_FILES = (f"/etc/systemd/system/{WATCH_UNIT}", "/etc/systemd/system/overlay-flannel-options.service")
REPAIR_SCRIPT = "/usr/local/sbin/overlay-flannel-repair"
REPAIR_TIMER = "overlay-flannel-repair.timer"
REPAIR_FILES = tuple(f"/etc/systemd/system/overlay-flannel-repair.{kind}" for kind in ("service", "timer"))
DOCKER_FILE = "/run/flannel/docker"
SYSCTL_FILE = "/etc/sysctl.d/99-zz-overlay-flannel.conf"
MODULE_FILE = "/etc/modules-load.d/overlay-flannel.conf"
# The link file keeps systemd from changing the MAC address by which the peers know the device; the other two keep
# systemd-networkd from removing flannel's addresses and routes when it starts or reconfigures.
NETWORKD_FILES = dict(zip(NETWORKD.files, ("10-overlay-flannel.link", "10-overlay-flannel.network", "networkd.conf")))
NETWORK_MANAGER_FILE = NETWORK_MANAGER_SERVICE.files[0]
# A host without it (a container) has what its kernel has: nothing can be loaded there, now or at boot.
KERNEL_MODULES = "/lib/modules"
IPV4_FORWARDING, IPV6_FORWARDING = "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"
BRIDGE_NETFILTER = "net.bridge.bridge-nf-call-iptables"


CERTIFICATES = ("etcd_ca_cert", "etcd_client_cert", "etcd_client_key")
QUERY_SETTINGS = ("pki_dir", *CERTIFICATES)


def query(settings: t.Mapping[str, t.Any]) -> Query:
    """Names of all platforms: the query is made before the host's platform is known."""
    tls = tls_files(settings)
    paths = [
        *(FLANNELD, MK_DOCKER_OPTS, OPTIONS_SCRIPT, UNIT_FILE, SYSCTL_FILE, MODULE_FILE),
        *(NETWORK_MANAGER_FILE, *every_leftover(), *WATCH_FILES, *NETWORKD_FILES, REPAIR_SCRIPT, *REPAIR_FILES),
    ]
    others = [
        posixpath.dirname(SETTINGS_FILE),
        DOCKER_FILE,
        KERNEL_MODULES,
        *(service.loaded for service in SERVICES),
        *tls.certificates,
        flannel_pki.FOLDER,
        *(posixpath.dirname(path) for path in [*tls.certificates, *tls.keys]),
    ]
    return Query(
        files=list(dict.fromkeys([*paths, *map(posixpath.dirname, paths), *others])),
        contents=[],
        secrets=[SETTINGS_FILE, *tls.keys],
        certificates=tls.certificates,
        key_pairs=tls.pairs,
        units=[UNIT, WATCH_UNIT, REPAIR_TIMER, *(service.unit for service in SERVICES)],
        packages=[*every_package(), "python3-apt"],
        sysctls=[IPV4_FORWARDING, IPV6_FORWARDING, BRIDGE_NETFILTER],
        ports=[],
        calendars=[],
    )


def tls_files(settings: t.Mapping[str, t.Any]) -> TlsFiles:
    if settings.get("pki_dir"):
        return TlsFiles.of([flannel_pki.CA_CERT], [flannel_pki.pair("").on_host])
    given = [(settings.get("etcd_client_cert"), settings.get("etcd_client_key"))]
    return TlsFiles.of([settings.get("etcd_ca_cert")], given)


def every_leftover() -> list[str]:
    return [path for platform in PLATFORMS.values() if platform.package for path in platform.package.leftovers]


def programs(context: FlannelContext) -> list[FileItem]:
    if context.settings.by_package:
        return []
    path = context.source.path
    return [
        FileItem(path=FLANNELD, src=path("flanneld"), mode="0755", restarts=True),
        FileItem(path=MK_DOCKER_OPTS, src=path("mk-docker-opts.sh"), mode="0755"),
    ]


def files(context: FlannelContext, render: Renderer) -> list[FileItem]:
    """Those for network services also where these are not installed: whoever installs one later runs no play."""
    found = [FileItem(path=path, content=render(name), mode="0644") for path, name in NETWORKD_FILES.items()]
    found.append(FileItem(path=NETWORK_MANAGER_FILE, content=render("NetworkManager.conf"), mode="0644"))
    if context.file_exists(KERNEL_MODULES):
        found.append(FileItem(path=MODULE_FILE, content=render("modules.conf"), mode="0644"))
    if context.settings.changes_subnet_at_runtime:
        found += watch_files(context, render)
    return found + repair_files(context, render) + own_files(context, render)


def repair_files(context: FlannelContext, render: Renderer) -> list[FileItem]:
    words = {
        "unit": UNIT,
        "systemd_version": context.systemd_version,
        "script": REPAIR_SCRIPT,
        "endpoints": context.settings.etcd_endpoints,
    }
    texts = (render(f"{posixpath.basename(path)}.j2", **words) for path in REPAIR_FILES)
    return [
        FileItem(path=REPAIR_SCRIPT, content=render("overlay-flannel-repair"), mode="0755"),
        *(FileItem(path=path, content=text, mode="0644") for path, text in zip(REPAIR_FILES, texts)),
    ]


def watch_files(context: FlannelContext, render: Renderer) -> list[FileItem]:
    words = {
        "unit": UNIT,
        "systemd_version": context.systemd_version,
        "script_command": script_command(context),
    }
    return [
        FileItem(path=path, content=render(f"{posixpath.basename(path)}.j2", **words), mode="0644")
        for path in WATCH_FILES
    ]


def own_files(context: FlannelContext, render: Renderer) -> list[FileItem]:
    return [
        FileItem(path=OPTIONS_SCRIPT, content=render("overlay-flannel-options"), mode="0755"),
        FileItem(path=SYSCTL_FILE, content=render("sysctl.conf.j2", sysctls=sysctls(context)), mode="0644"),
        FileItem(path=UNIT_FILE, content=unit_text(context, render), mode="0644", restarts=True),
        FileItem(
            path=SETTINGS_FILE,
            content=render("flanneld.env.j2", environment=environment(context)),
            mode="0600",
            restarts=True,
            secret=True,
        ),
    ]


def unit_text(context: FlannelContext, render: Renderer) -> str:
    package = context.platform.package if context.settings.by_package else None
    return render(
        "flanneld.service.j2",
        systemd_version=context.systemd_version,
        watch_unit=WATCH_UNIT if context.settings.changes_subnet_at_runtime else "",
        package_settings=package.settings if package else "",
        settings_file=SETTINGS_FILE,
        has_password=bool(context.settings.etcd_password),
        command=package.command if package else FLANNELD,
        script_command=script_command(context),
        loads_modules=context.systemd_version >= RUNS_OUTSIDE and context.file_exists(KERNEL_MODULES),
        sandbox=sandbox(context),
    )


def sandbox(context: FlannelContext) -> list[str]:
    """Where the network is not known it may be any."""
    known = [backend_of(context.config.backend_type)] if context.config else list(BACKENDS.values())
    return flannel_sandbox(context.systemd_version, known, [READS_OTHERS] if reads_others(context) else [])


def reads_others(context: FlannelContext) -> bool:
    """Whether a certificate, a key or its folder is somebody else's, and not for all: flanneld reads them as root alone."""
    files = {**part(context.facts, "files"), **part(context.facts, "key_pairs")}
    paths = [*context.settings.certificates, *map(posixpath.dirname, context.settings.certificates)]
    return any(is_anothers(files.get(path) or {}) for path in paths)


def is_anothers(seen: t.Mapping[str, t.Any]) -> bool:
    for_all = int(seen.get("mode") or "0", 8) & (1 if seen.get("type") == "directory" else 4)
    return bool(seen.get("exists")) and seen.get("owner") not in (None, "root") and not for_all


def script_command(context: FlannelContext) -> str:
    package = context.platform.package if context.settings.by_package else None
    maker = package.mk_docker_opts if package else MK_DOCKER_OPTS
    return f"{OPTIONS_SCRIPT} {context.settings.docker_options_key} {maker}"


def sysctls(context: FlannelContext) -> dict[str, int]:
    ipv6 = context.config is not None and context.config.ipv6 is not None
    return {IPV4_FORWARDING: 1, **({IPV6_FORWARDING: 1} if ipv6 else {})}


def directories(wanted: t.Iterable[FileItem]) -> list[FileItem]:
    folders = dict.fromkeys(posixpath.dirname(item["path"]) for item in wanted)
    return [FileItem(path=path, state="directory") for path in folders]


def unwanted(context: FlannelContext) -> list[FileItem]:
    """What another release, or the package's own unit, has left."""
    package = context.platform.package
    paths = [*(package.leftovers if package else ())]
    paths += [] if context.settings.changes_subnet_at_runtime else WATCH_FILES
    return [FileItem(path=path, state="absent") for path in paths]
