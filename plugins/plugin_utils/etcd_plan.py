# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of the role etcd. No I/O."""

from __future__ import annotations

import dataclasses
import os
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Query
from ansible_collections.overlay.flannel.plugins.plugin_utils import etcd_backup, etcd_pki, etcd_platforms
from ansible_collections.overlay.flannel.plugins.plugin_utils.address_selection import as_address
from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import (
    is_older_than_files,
    pending_files,
    pending_packages,
    restart_reasons,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_checks import refusals
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_context import (
    DROP_IN,
    ENVIRONMENT,
    GUARD,
    GUARD_DROP_IN,
    INITIAL_ENVIRONMENT,
    KEPT,
    MARK,
    PROGRAMS,
    RESTORE_PROGRESS,
    UNIT,
    UNIT_FILE,
    EtcdContext,
    Member,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_files import environment_of, wanted_items
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_move import (
    known_url,
    peer_scheme_changes,
    second_url,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_ownership_checks import adopted
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_pki import with_pki
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_rehearsal import FOLDER, Rehearsal, rehearsal_of
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_release import release_of
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_settings import TLS_FILES, EtcdSettings
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_upgrade_path import (
    Step,
    upgrade_steps,
    way_of,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.pki import missing_sources
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import (
    Controller,
    FileItem,
    HostFacts,
    Plan,
    Release,
    Renderer,
    TlsFiles,
)

Settings = t.Mapping[str, t.Any]
# What matters at the next start alone. A reload of the units is a matter of its own: a unit file that etcd needs is a reason by itself.
NO_REASON = ["^ETCD_INITIAL_(ADVERTISE|CLUSTER)", f"^{re.escape(GUARD_DROP_IN)}$", f"^{re.escape(UNIT)}$"]
SYSTEMD = "/etc/systemd/system/"
KEPT_PATHS = (*PROGRAMS.values(), UNIT_FILE, DROP_IN, GUARD, GUARD_DROP_IN, ENVIRONMENT)


@dataclasses.dataclass
class EtcdPlan(Plan):
    """`member` is this host's member, `members` and `endpoints` are those of this run, `names` the inventory names of all.

    `version` is the release's major and minor number (empty: only the distribution knows), `learners` whether it has learners.
    `wal_dir` is where its log is, if not in `data_dir`.
    `make_user` says that the system user etcd may be missing. `unit` is etcd's unit and `active`, `enabled` its state; `hanging` means
    that it still waits for the other members with settings that are no longer those in its files. `reload` says that systemd has to read unit files anew.
    `first_start_unknown` says that the role has to find out how this member starts for the first time; `ask_members` are the members that answer it.
    `initial_file` holds the settings of the first start.
    `must_start`, `must_join` and `must_restart` are what the daemon needs. A member that must restart gets everything in its turn;
    until then `kept_paths` are kept in `kept`. `must_move` says that the members' connections have to move to TLS first (etcd_move.py);
    `leaves_http` says that it serves http until now. `move` is the step for which this plan is, `known_url` the URL by which the
    cluster knows the member after it, `second_url` that of the second port. `etcdctl` is the command, without endpoints; `check_members` and
    `check_cluster` are the words that follow it to check the endpoints, or all members that they know.
    `certificates` and `private_keys` differ on the host, `make_group` says that the group of those who may read etcd may be missing.
    `unissued` are files that the controller does not have yet, `subject` is what this member's certificates have to name.
    `operator` is what precedes etcdctl in a shell of root to be the user root of etcd.
    `rehearsal` is how another minor release is tried on a copy of the data first (etcd_rehearsal.py; empty where none is needed).
    `upgrade_steps` are the releases between the one that runs and the wanted one, `upgrade_refusals` what is missing for them, and
    `upgrade_way` is all of it for people (etcd_upgrade_path.py).
    `peer_tls` are the files with which this host asks other members at their peer URLs (empty without TLS).
    `backup_timer` is `started` or `stopped` where the timer of the backups is not so. `backup` is where backup.yml puts a snapshot.
    """

    member: t.Dict[str, t.Any] = dataclasses.field(default_factory=dict)
    members: t.List[t.Dict[str, t.Any]] = dataclasses.field(default_factory=list)
    names: t.List[str] = dataclasses.field(default_factory=list)
    endpoints: t.List[str] = dataclasses.field(default_factory=list)
    version: str = ""
    learners: bool = True
    data_dir: str = ""
    wal_dir: str = ""
    make_user: bool = False
    unit: str = UNIT
    active: bool = False
    enabled: bool = False
    hanging: bool = False
    reload: bool = False
    certificates: t.List[FileItem] = dataclasses.field(default_factory=list)
    private_keys: t.List[FileItem] = dataclasses.field(default_factory=list)
    make_group: bool = False
    unissued: t.List[str] = dataclasses.field(default_factory=list)
    subject: t.Dict[str, t.Any] = dataclasses.field(default_factory=dict)
    operator: str = ""
    rehearsal: Rehearsal = dataclasses.field(default_factory=Rehearsal)
    upgrade_steps: t.List[Step] = dataclasses.field(default_factory=list)
    upgrade_refusals: t.List[str] = dataclasses.field(default_factory=list)
    upgrade_way: t.List[str] = dataclasses.field(default_factory=list)
    peer_tls: t.Dict[str, str] = dataclasses.field(default_factory=dict)
    backup_timer: str = ""
    backup: t.Dict[str, t.Any] = dataclasses.field(default_factory=dict)
    first_start_unknown: bool = False
    ask_members: t.List[t.Dict[str, t.Any]] = dataclasses.field(default_factory=list)
    initial_file: str = INITIAL_ENVIRONMENT
    must_start: bool = False
    must_join: bool = False
    must_restart: bool = False
    must_move: bool = False
    leaves_http: bool = False
    move: str = ""
    known_url: str = ""
    second_url: str = ""
    kept: str = KEPT
    kept_paths: t.List[str] = dataclasses.field(default_factory=lambda: [*KEPT_PATHS])
    etcdctl: t.List[str] = dataclasses.field(default_factory=list)
    check_members: t.List[str] = dataclasses.field(default_factory=list)
    check_cluster: t.List[str] = dataclasses.field(default_factory=list)


QUERY_SETTINGS = ("data_dir", "client_port", "peer_port", "pki_dir", "backup", *TLS_FILES)


def query(settings: Settings) -> Query:
    """Names of all platforms: the query is made before the host's platform is known."""
    data_dir, tls = str(settings["data_dir"]), tls_files(settings)
    folders = [os.path.dirname(path) for path in (ENVIRONMENT, DROP_IN)]
    data = [f"{folder}/member" for folder in (data_dir, *etcd_platforms.DATA)]
    of_backup, calendars = etcd_backup.queried(settings["backup"])
    files = [
        *data,
        data_dir,
        *folders,
        DROP_IN,
        GUARD_DROP_IN,
        GUARD,
        MARK,
        KEPT,
        RESTORE_PROGRESS,
        FOLDER,
        UNIT_FILE,
        *PROGRAMS.values(),
        *tls.certificates,
        *(etcd_pki.FOLDER, etcd_pki.PROFILE),
        *of_backup,
    ]
    return Query(
        files=[path for path in dict.fromkeys(files) if path.startswith("/")],
        contents=[ENVIRONMENT, INITIAL_ENVIRONMENT, *etcd_platforms.ENVIRONMENTS],
        secrets=tls.keys,
        certificates=tls.certificates,
        key_pairs=tls.pairs,
        units=[UNIT, etcd_backup.TIMER],
        packages=list(etcd_platforms.PACKAGES),
        sysctls=[],
        ports=[settings[name] for name in ("client_port", "peer_port") if isinstance(settings[name], int)],
        calendars=calendars,
    )


def tls_files(settings: Settings) -> TlsFiles:
    if settings["pki_dir"]:
        return TlsFiles.of(etcd_pki.AUTHORITIES, [pair.on_host for pair in etcd_pki.pairs("", "")])
    pairs = [(settings["cert"], settings["key"]), (settings["peer_cert"], settings["peer_key"])]
    return TlsFiles.of([settings["ca_cert"], settings["peer_ca_cert"]], pairs)


def member_of(settings: Settings, facts: HostFacts, controller: Controller) -> dict[str, t.Any]:
    """What this host says of itself to the other members."""
    return dict(EtcdContext(with_pki(EtcdSettings(**settings)), facts, controller).member)


def plan(settings: Settings, facts: HostFacts, controller: Controller, render: Renderer) -> EtcdPlan:
    context = EtcdContext(with_pki(EtcdSettings(**settings)), facts, controller)
    environment = environment_of(context, render)
    texts = [refusal.to_text(controller.host) for refusal in refusals(context, environment)]
    found = EtcdPlan(refusals=texts, warnings=warnings_of(context), version=context.minor_text)
    _add_members(found, context)
    _add_commands(found, context)
    found.upgrade_steps, missing = upgrade_steps(context)
    found.upgrade_refusals = [refusal.to_text(controller.host) for refusal in missing]
    found.upgrade_way = way_of(context, found.upgrade_steps)
    if not texts:
        backup = etcd_backup.items(context, found.etcdctl, render)
        _add_differences(found, context, [*wanted_items(context, environment, render), *backup])
        _add_actions(found, context)
    return found


def warnings_of(context: EtcdContext) -> list[str]:
    return [*number_warnings(context), *plain_warnings(context)]


def plain_warnings(context: EtcdContext) -> list[str]:
    """One text for all members, so that Ansible prints it once in a run."""
    if context.settings.cert:
        return []
    return [
        "etcd serves http, without users: whoever reaches its client port (each host of the network, each container) reads the overlay's keys,"
        " and commands flanneld, which is root on every host."
        " Fix: overlay_etcd_tls: true moves the cluster to TLS (docs/certificates.md); for the role alone: etcd_pki_dir or etcd_cert."
    ]


def number_warnings(context: EtcdContext) -> list[str]:
    number = len(context.names)
    if number == 0 or number % 2:
        return []
    return [
        f"etcd_members has {number} members. An even number tolerates no more losses than one member less, and a lost half stops the cluster."
        f" Fix: use an odd number, such as {number + 1}."
    ]


def _add_members(found: EtcdPlan, context: EtcdContext) -> None:
    found.member, found.names, found.data_dir = _plain(context.member), context.names, context.settings.data_dir
    found.wal_dir = context.settings.extra.get("ETCD_WAL_DIR", "")
    found.members = [_plain(member) for member in context.members]
    found.endpoints = [member["client_url"] for member in context.members]
    found.learners = not context.is_etcd_2
    found.backup = dataclasses.asdict(etcd_backup.Wanted.of(context.settings.backup))
    found.backup.update(
        prefix=context.settings.flannel_prefix, seconds=etcd_backup.SECONDS, timer=bool(context.settings.backup)
    )
    found.backup.update(is_etcd_2=context.is_etcd_2, uses_v2=context.needs_v2)
    found.backup.update(members=etcd_backup.members_text(context.members))
    found.leaves_http = context.serves_http and bool(context.settings.cert)
    found.operator = etcd_pki.as_operator(context.settings)
    found.move, found.known_url, found.second_url = context.controller.move, known_url(context), second_url(context)
    names = [name for name in context.controller.names if not as_address(name)]
    found.subject = {"name": context.controller.host, "names": names, "addresses": [context.found["address"]]}
    tls = {"ca": context.settings.peer_ca_cert, "cert": context.settings.peer_cert, "key": context.settings.peer_key}
    found.peer_tls = {name: path for name, path in tls.items() if path}
    found.first_start_unknown = context.starts_for_the_first_time and not context.controller.first_start
    if not context.member["data"]:
        found.ask_members = [_plain(member) for member in context.others if member["data"]]


def _plain(member: Member) -> dict[str, t.Any]:
    return dict(member)


def _add_commands(found: EtcdPlan, context: EtcdContext) -> None:
    settings = context.settings
    direct = ["env", *(f"--unset={name}" for name in etcd_pki.ETCDCTL), "NO_PROXY=*", etcdctl_of(context)]
    certificate, key, authority = (
        ("cert-file", "key-file", "ca-file") if context.is_etcd_2 else ("cert", "key", "cacert")
    )
    own_cert, own_key = etcd_pki.OPERATOR.on_host if settings.pki_dir else (settings.cert, settings.key)
    tls = [f"--{certificate}={own_cert}", f"--{key}={own_key}"] if settings.cert else []
    tls += [f"--{authority}={settings.ca_cert}"] if settings.cert and settings.ca_cert else []
    if context.is_etcd_2:
        found.etcdctl = ["timeout", "20", *direct, "--timeout=2s", "--total-timeout=10s", *tls]
        found.check_members = found.check_cluster = ["cluster-health"]
    else:
        found.etcdctl = [*direct, "--dial-timeout=2s", "--command-timeout=3s", "--write-out=json", *tls]
        found.check_members = ["endpoint", "health"]
        found.check_cluster = ["endpoint", "health", "--cluster"]


def etcdctl_of(context: EtcdContext) -> str:
    """That of the other installation method as long as it is the only one: before its turn a member has nothing new."""
    packages = context.facts.get("packages") or {}
    packaged = any(packages.get(name) for name in context.vendor.packages or etcd_platforms.PACKAGES[:3])
    there = {"/usr/bin/etcdctl": packaged, PROGRAMS["etcdctl"]: bool(context.file(PROGRAMS["etcdctl"]).get("exists"))}
    other, wanted = sorted(there, key=lambda path: path.startswith("/usr/bin/") is context.settings.by_package)
    return other if there[other] and not there[wanted] else wanted


def _add_differences(found: EtcdPlan, context: EtcdContext, wanted: list[FileItem]) -> None:
    pending = t.cast("list[FileItem]", pending_files(wanted, context.facts, context.controller.digest))
    found.restart = restart_reasons(context.facts, UNIT, pending, NO_REASON) + newer_authorities(context)
    if context.lives and not found.restart and context.file(KEPT).get("exists"):  # a run was killed after the proof
        pending.append(FileItem(path=KEPT, state="absent"))
    if context.file(FOLDER).get("exists"):  # a run was killed during a rehearsal
        pending.append(FileItem(path=FOLDER, state="absent"))
    for item in filter(lambda one: one.get("state") == "directory", pending):
        found.directories.append({**item, "group": item["owner"]})
    found.unwanted = [item for item in pending if item.get("state") == "absent"]
    issued = [item for item in pending if item["path"].startswith(f"{etcd_pki.FOLDER}/")]
    found.private_keys = [item for item in issued if item.get("certificate")]
    found.certificates = [item for item in issued if not item.get("certificate")]
    found.make_group = any(item.get("group") == context.settings.readers_group for item in found.private_keys)
    found.unissued = missing_sources([item for item in wanted if item["path"] in etcd_pki.PATHS], context.controller)
    found.programs = [item for item in pending if "src" in item and item not in issued]
    found.files = [item for item in pending if "content" in item]
    found.make_user = not context.settings.by_package and any(item["owner"] == "etcd" for item in found.directories)
    found.release = _wanted_release(found, context)
    found.adopted = adopted(context)
    missing = pending_packages(context.vendor.packages, context.facts) if context.settings.by_package else []
    fixed = context.vendor.fixed_version
    found.packages = [f"{name}-{fixed}" if fixed else name for name in missing]
    stale = any(drift.get("reason") == "daemon_reload" for drift in context.unit.get("drift") or [])
    found.reload = stale or any(item["path"].startswith(SYSTEMD) for item in pending)
    found.remaining = [
        *(f"the package {name} is not installed" for name in missing),
        *(f"{item['path']} is not wanted" for item in found.unwanted),
        *(f"{item['path']} differs" for item in pending if item.get("state") != "absent"),
        *restart_reasons(context.facts, UNIT, (), NO_REASON),
        *newer_authorities(context),
        *([f"systemd has not loaded the unit files of {UNIT}"] if stale else []),
    ]


def _wanted_release(found: EtcdPlan, context: EtcdContext) -> Release:
    """Also where programs differ that the controller has: the role `_release` takes them from the archive anew before they reach a host."""
    if context.settings.install_method != "archive" or not (context.missing_sources or found.programs):
        return Release()
    return release_of(context.archive, context.program_names)


def newer_authorities(context: EtcdContext) -> list[str]:
    """Certificates are read at each handshake, but the authorities only once."""
    paths = (context.settings.ca_cert, context.settings.peer_ca_cert)
    newer = is_older_than_files(context.facts, UNIT, paths, context.controller.now)
    return ["the certificate authorities are newer than the running etcd"] if newer else []


def _add_actions(found: EtcdPlan, context: EtcdContext) -> None:
    found.active = context.unit.get("active_state") == "active"
    found.enabled = context.unit.get("unit_file_state") == "enabled"
    found.hanging = not found.active and bool(context.unit.get("drift"))
    found.must_move = peer_scheme_changes(context) and not context.controller.move
    found.must_join = bool(context.first_start.get("joins"))
    found.must_start = not found.must_join and not (found.active and found.enabled)
    found.rehearsal = rehearsal_of(context, any(item["path"] == PROGRAMS["etcd"] for item in found.programs))
    found.must_restart = not found.must_join and found.active and bool(found.restart)
    found.backup_timer = etcd_backup.timer_state(context)
    found.remaining += [f"{etcd_backup.TIMER} is to be {found.backup_timer}"] if found.backup_timer else []
    found.remaining += [] if found.enabled else [f"{UNIT} is not enabled"]
    if context.unfinished:
        found.remaining.append("this member has been added to the cluster, but is not promoted")
    elif not context.member["data"]:
        found.remaining.append(f"{context.settings.data_dir} holds no data of a member")
