# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each role has put on a host, from the lists by which it puts it there. No I/O.

A file of the role has its mark, or a name with "overlay". Programs and certificates have neither: the role's unit says that they are its own.
"""

from __future__ import annotations

import dataclasses
import posixpath
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils import (
    docker_files,
    docker_host,
    etcd_backup,
    etcd_context,
    etcd_files,
    etcd_pki,
    etcd_rehearsal,
    flannel_files,
    flannel_pki,
    metrics_files,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import part
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_pki import with_pki
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_settings import EtcdSettings
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_context import UNIT as FLANNELD_UNIT
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_context import flannel_context
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_reloads import SERVICES
from ansible_collections.overlay.flannel.plugins.plugin_utils.ownership import has_mark
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Controller, FileItem, HostFacts

Settings = t.Mapping[str, t.Any]
OURS = "overlay"  # in the name of a file that needs no mark
# Folders that every host has: they stay, also where they are empty.
SYSTEM = (
    "/etc/modules-load.d",
    "/etc/profile.d",
    "/etc/sysctl.d",
    "/etc/systemd/network",
    "/etc/systemd/system",
    "/run",
    "/usr/local/bin",
    "/usr/local/sbin",
)
REPAIR_STATE = tuple(f"/run/overlay-flannel-repair.{name}" for name in ("state", "state.new", "tried", "said"))
# By the start of docker with another address of docker0: it is there where a run was killed during that.
OWN_BRIDGE = "/run/systemd/system/docker.service.d/90-overlay-remove.conf"
# Made while the components run. They have no mark: their names, or for /run/flannel the unit, say whose they are.
STATE: t.Mapping[str, t.Sequence[str]] = {
    # Not the folder above: backups may be in it.
    "etcd": (
        etcd_context.KEPT,
        etcd_rehearsal.FOLDER,
        "/var/lib/overlay-etcd/restore",
        "/var/lib/overlay-etcd/survivor",
        etcd_context.RESTORE_PROGRESS,
    ),
    "flannel": (posixpath.dirname(flannel_files.DOCKER_FILE), *REPAIR_STATE, *(one.loaded for one in SERVICES)),
    "docker": (
        posixpath.dirname(docker_files.LAST_OPTIONS),
        "/var/lib/overlay-docker",
        docker_files.LOST_FILE,
        "/run/overlay-docker-peers.lock",
        "/run/overlay-docker-refresh.chains",
        "/run/overlay-docker-rules.lock",
        "/run/overlay-docker.hold",
    ),
    "metrics": (),
}
# Those that run the daemons of a role, whose files may be a package's
DAEMONS: t.Mapping[str, t.Sequence[str]] = {
    "etcd": (etcd_context.UNIT,),
    "flannel": (FLANNELD_UNIT,),
    "docker": (),
    "metrics": (),
}
UNIT_FILES = "/etc/systemd/system/"
# In the order in which they are stopped: first what starts others
KINDS = (".timer", ".path", ".socket", ".service")


@dataclasses.dataclass(frozen=True)
class Owned:
    """What a role may have put there. `unit` says whose `programs`, `certificates` and `state` without a name of ours are; it goes last.

    `state` is what is known of this host alone, beside STATE.
    """

    role: str
    unit: str
    files: t.Sequence[str]
    programs: t.Sequence[str]
    certificates: t.Sequence[str]
    directories: t.Sequence[str]
    state: t.Sequence[str] = ()

    @property
    def every_file(self) -> list[str]:
        """In the order in which they are removed."""
        found = [*self.certificates, *self.programs, *(path for path in self.files if path != self.unit)]
        return list(dict.fromkeys([*found, self.unit]))


def nothing_rendered(name: str, **variables: t.Any) -> str:
    """In place of the templates: only the paths matter here."""
    return ""


def owned_by(role: str, settings: Settings, facts: HostFacts, controller: Controller) -> Owned:
    return OWNERS[role](settings, facts, controller)


def _of_etcd(settings: Settings, facts: HostFacts, controller: Controller) -> Owned:
    context = etcd_context.EtcdContext(with_pki(EtcdSettings(**settings)), facts, controller)
    items = etcd_files.wanted_items(context, "", nothing_rendered)
    files = [item["path"] for item in items if item.get("state") != "directory" and "src" not in item]
    extra = [etcd_context.INITIAL_ENVIRONMENT, etcd_context.MARK, etcd_context.DROP_IN, etcd_context.UNIT_FILE]
    folders = [item["path"] for item in items if item.get("state") == "directory"]
    return Owned(
        role="etcd",
        unit=etcd_context.UNIT_FILE,
        files=[*files, etcd_pki.PROFILE, etcd_backup.SCRIPT, *etcd_backup.UNIT_FILES, *extra],
        programs=[*etcd_context.PROGRAMS.values()],
        certificates=issued(items, etcd_pki.FOLDER),
        directories=without_system(
            [*(path for path in folders if path != context.settings.data_dir), posixpath.dirname(etcd_context.KEPT)],
            files,
        ),
    )


def _of_flannel(settings: Settings, facts: HostFacts, controller: Controller) -> Owned:
    context = flannel_context(settings, facts, controller)
    items = flannel_files.files(context, nothing_rendered)
    certificates = issued(flannel_pki.items(context.settings, controller.host), flannel_pki.FOLDER)
    files = [*(item["path"] for item in items), *flannel_files.WATCH_FILES, flannel_files.MODULE_FILE]
    folders = [item["path"] for item in flannel_files.directories(items)]
    previous = f"{flannel_files.FLANNELD}.previous"
    return Owned(
        role="flannel",
        unit=flannel_files.UNIT_FILE,
        files=files,
        programs=[flannel_files.FLANNELD, flannel_files.MK_DOCKER_OPTS, previous],
        certificates=certificates,
        directories=without_system([*folders, flannel_pki.FOLDER], certificates),
    )


def _of_docker(settings: Settings, facts: HostFacts, controller: Controller) -> Owned:
    files = [path for path in docker_files.OWN_FILES if path != docker_host.DROP_IN]
    return Owned(
        role="docker",
        unit=docker_host.DROP_IN,
        files=files,
        programs=(),
        certificates=(),
        directories=without_system([item["path"] for item in docker_files.directories()], files),
    )


def _of_metrics(settings: Settings, facts: HostFacts, controller: Controller) -> Owned:
    """The folder of the metrics is node_exporter's."""
    metrics = metrics_files.textfile_before(facts)
    return Owned(
        role="metrics",
        unit=metrics_files.UNIT_FILES[0],
        files=metrics_files.OWNED,
        programs=(),
        certificates=(),
        directories=(),
        state=[metrics] if metrics else [],
    )


OWNERS: t.Mapping[str, t.Callable[[Settings, HostFacts, Controller], Owned]] = {
    "etcd": _of_etcd,
    "flannel": _of_flannel,
    "docker": _of_docker,
    "metrics": _of_metrics,
}


def issued(items: t.Iterable[FileItem], folder: str) -> list[str]:
    """Certificates and keys that the role copies from the controller; those of the user are elsewhere."""
    return [item["path"] for item in items if "src" in item and item["path"].startswith(f"{folder}/")]


def without_system(folders: t.Iterable[str], files: t.Iterable[str]) -> list[str]:
    """With the folders above them and those of the files, the innermost first; none that every host has."""
    found = list(dict.fromkeys([*folders, *map(posixpath.dirname, files)]))
    found += [posixpath.dirname(path) for path in found]
    known = (*SYSTEM, "/etc", "/etc/systemd", "/usr/local", "/var/lib", "/")
    return sorted(
        (path for path in dict.fromkeys(found) if path not in known), key=lambda path: (-path.count("/"), path)
    )


def is_owner(owned: Owned, facts: HostFacts) -> bool:
    """Whether the role's own unit, or its drop-in, is there."""
    drop_in = part(facts, "files").get(etcd_context.DROP_IN if owned.role == "etcd" else owned.unit) or {}
    return has_mark(facts, owned.unit, owned.role) or bool(drop_in.get("exists") and drop_in.get("mark") == owned.role)


def is_ours(owned: Owned, facts: HostFacts, path: str) -> bool:
    if path in owned.programs or path in owned.certificates:
        return is_owner(owned, facts)
    return OURS in posixpath.basename(path) or has_mark(facts, path, owned.role)


def exists(facts: HostFacts, path: str) -> bool:
    return bool((part(facts, "files").get(path) or {}).get("exists"))


def removed_files(owned: Owned, facts: HostFacts) -> list[str]:
    return [path for path in owned.every_file if exists(facts, path) and is_ours(owned, facts, path)]


def left_files(owned: Owned, facts: HostFacts) -> list[str]:
    """Of somebody else, at paths of the role. A masked unit is nobody's file."""
    seen = part(facts, "files")
    there = [path for path in owned.every_file if exists(facts, path) and not is_ours(owned, facts, path)]
    return [path for path in there if (seen[path].get("target") or "") != "/dev/null"]


def own_units(owned: Owned, facts: HostFacts) -> list[str]:
    """The role's own units whose files are there, in the order in which they are stopped; its daemon is the last."""
    found = [path[len(UNIT_FILES) :] for path in removed_files(owned, facts) if path.startswith(UNIT_FILES)]
    units = [name for kind in KINDS for name in found if name.endswith(kind) and "/" not in name]
    return [name for name in units if name not in DAEMONS[owned.role]]


def removed_state(owned: Owned, facts: HostFacts) -> list[str]:
    """Also what is not there yet: until its unit stops, a script may make it."""
    return [path for path in (*STATE[owned.role], *owned.state) if f"/{OURS}-" in path or is_owner(owned, facts)]


def queried(settings: t.Mapping[str, Settings]) -> list[str]:
    """Paths beside those that the plans of the roles ask for."""
    own = [OWN_BRIDGE, *(path for paths in STATE.values() for path in paths)]
    data = [settings["etcd"][name] for name in ("data_dir",) if settings.get("etcd")]
    previous = f"{flannel_files.FLANNELD}.previous"
    return [*own, previous, *(f"{path}/member" for path in data)]
