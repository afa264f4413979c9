# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups of etcd by a timer (etcd_backup): its files and what is refused. No I/O."""

from __future__ import annotations

import dataclasses
import json
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_context import RESTORE_PROGRESS, EtcdContext
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_settings import EtcdSettings
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import FileItem, Refusal, Renderer

NAME = "overlay-etcd-backup"
SCRIPT = f"/usr/local/sbin/{NAME}"
TIMER = f"{NAME}.timer"
SERVICE = f"{NAME}.service"
UNIT_FILES = (f"/etc/systemd/system/{SERVICE}", f"/etc/systemd/system/{TIMER}")
DEFAULTS: t.Mapping[str, t.Any] = {"schedule": "daily", "keep": 7, "dir": "/var/lib/overlay-etcd/backup"}
SECONDS = 600  # for one snapshot

Mapping = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Wanted:
    """`etcd_backup` with its defaults."""

    schedule: str
    keep: t.Any
    dir: str

    @classmethod
    def of(cls, given: Mapping) -> Wanted:
        found = {**DEFAULTS, **{name: value for name, value in given.items() if name in DEFAULTS}}
        return cls(str(found["schedule"]), found["keep"], str(found["dir"]))


def queried(given: t.Any) -> tuple[list[str], list[str]]:
    """Paths and times of which the plan has to know more."""
    paths = [SCRIPT, *UNIT_FILES]
    if not isinstance(given, t.Mapping) or not given:
        return paths, []
    wanted = Wanted.of(given)
    return [*paths, wanted.dir], [wanted.schedule]


def refusals(context: EtcdContext) -> t.Iterator[Refusal]:
    """Only where a timer is wanted."""
    given = context.settings.backup
    if not given:
        return
    unknown = [str(name) for name in given if name not in DEFAULTS]
    if unknown:
        yield Refusal("etcd_backup", ", ".join(unknown), ", ".join(DEFAULTS), "remove the other names")
    wanted = Wanted.of(given)
    yield from _release_refusals(context)
    yield from _value_refusals(wanted, context)
    yield from _dir_refusals(wanted, context)


def _release_refusals(context: EtcdContext) -> t.Iterator[Refusal]:
    reason = no_snapshot(context.is_etcd_2, context.needs_v2)
    if reason:
        yield Refusal("etcd_backup", f"set, with etcd {context.minor_text}", reason, "leave etcd_backup out")


def no_snapshot(is_etcd_2: bool, uses_v2: bool) -> str:
    """Why a snapshot would not have flannel's keys; empty where it has them."""
    if is_etcd_2:
        return "etcd 3.4 or newer: etcd 2.3 has no snapshots (etcdctl backup copies its data directory)"
    if uses_v2:
        return "flannel 0.18 or newer, without the v2 API: a snapshot of etcd 3 does not hold the keys of v2, in which older releases have their leases"
    return ""


def _value_refusals(wanted: Wanted, context: EtcdContext) -> t.Iterator[Refusal]:
    problem = (context.facts.get("calendars") or {}).get(wanted.schedule) or ""
    if not re.fullmatch(r'[^\n"\\%\[]+', wanted.schedule):
        problem = "it has a character that no time has"
    if problem:
        allowed = f"a time as OnCalendar= of a systemd timer takes it, such as daily or *-*-* 03:30 ({problem})"
        yield Refusal(
            "etcd_backup.schedule", wanted.schedule, allowed, "try it with systemd-analyze calendar on the host"
        )
    if isinstance(wanted.keep, bool) or not re.fullmatch(r"[0-9]+", str(wanted.keep)) or int(wanted.keep) < 1:
        yield Refusal("etcd_backup.keep", wanted.keep, "a number from 1 on", "leave it out (7)")


def _dir_refusals(wanted: Wanted, context: EtcdContext) -> t.Iterator[Refusal]:
    problem = dir_problem(wanted.dir, context.settings)
    if problem:
        yield Refusal("etcd_backup.dir", wanted.dir, problem, f"leave it out ({DEFAULTS['dir']})")
        return
    there = context.file(wanted.dir)
    if there.get("exists") and (there.get("type"), there.get("owner"), there.get("mode")) != (
        "directory",
        "root",
        "0700",
    ):
        seen = f"{wanted.dir} ({there.get('type')} of {there.get('owner')}, mode {there.get('mode')})"
        allowed = "a directory of root with mode 0700, or none yet: a snapshot holds all keys of etcd"
        yield Refusal("etcd_backup.dir", seen, allowed, f"choose another one, or leave it out ({DEFAULTS['dir']})")


def dir_problem(path: str, settings: EtcdSettings) -> str:
    """What would be allowed where this is not; empty where it is."""
    if not re.fullmatch(r'/[^\s"%$\\]+/[^\s"%$\\/]+', path) or ".." in path.split("/"):
        return "an absolute path of two or more parts, without blanks, quotes, dollar and percent signs"
    inside = [
        path.startswith(f"{own}/") or path == own
        for own in (settings.data_dir, settings.extra.get("ETCD_WAL_DIR"))
        if own
    ]
    return (
        f"a directory outside of etcd's own ({settings.data_dir}), with which it would be lost" if any(inside) else ""
    )


def items(context: EtcdContext, etcdctl: t.Sequence[str], render: Renderer) -> list[FileItem]:
    """The program, its unit and its timer, or none of them. Backups that are there stay in any case."""
    if not context.settings.backup:
        return [FileItem(path=path, state="absent") for path in (*UNIT_FILES, SCRIPT)]
    wanted = Wanted.of(context.settings.backup)
    words = [SCRIPT, wanted.dir, str(wanted.keep), str(SECONDS), context.settings.flannel_prefix, *etcdctl]
    command = " ".join(quoted(word) for word in [*words, f"--endpoints={context.member['client_url']}"])
    service = render(
        f"{SERVICE}.j2",
        command=command,
        dir=wanted.dir,
        seconds=2 * SECONDS,
        restore_progress=RESTORE_PROGRESS,
        member=quoted(f"MEMBER={context.member['name']}"),
    )
    return [
        FileItem(path=SCRIPT, content=render(NAME), mode="0755"),
        FileItem(path=UNIT_FILES[0], content=service, mode="0644"),
        FileItem(path=UNIT_FILES[1], content=render(f"{TIMER}.j2", schedule=wanted.schedule), mode="0644"),
    ]


def members_text(members: t.Iterable[Mapping]) -> str:
    """As it stands in the description of a snapshot, where etcd itself does not list them."""
    return ",".join(json.dumps({"name": one["name"], "peerURLs": [one["peer_url"]]}) for one in members)


def quoted(word: str) -> str:
    """As a word of a unit file."""
    if re.fullmatch(r"[A-Za-z0-9_./:=,@+*-]+", word):
        return word
    escaped = re.sub(r'(["\\])', r"\\\1", word).replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def timer_state(context: EtcdContext) -> str:
    """`started` or `stopped` where the timer is not so; empty where it is as wanted."""
    unit: Mapping = (context.facts.get("units") or {}).get(TIMER) or {}
    runs = unit.get("active_state") == "active"
    if not context.settings.backup:
        return "stopped" if runs or context.file(UNIT_FILES[1]).get("exists") else ""
    wanted = runs and unit.get("unit_file_state") == "enabled" and not unit.get("need_daemon_reload")
    return "" if wanted else "started"
