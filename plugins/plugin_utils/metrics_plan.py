# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of the role metrics: an exporter for Prometheus, or nothing of it. No I/O."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Query
from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import part, pending_files
from ansible_collections.overlay.flannel.plugins.plugin_utils.metrics_files import (
    OWNED,
    SCRIPT,
    SERVICE,
    SETTINGS_FILE,
    TIMER,
    UNIT_FILES,
    directories,
    files,
    textfile_before,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.metrics_settings import MetricsSettings
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import (
    Controller,
    FileItem,
    HostFacts,
    Plan,
    Refusal,
    Renderer,
)

QUERY_SETTINGS = ("enabled", "dir", "python")
SWITCH = "enabled"
ROOT = pathlib.Path(__file__).resolve().parents[2]
SHORTEST, LONGEST = 15, 3600
# As it stands in a unit file, where a space or a percent sign has a meaning
PATH = re.compile(r"(/[A-Za-z0-9._+@-]+)+")


@dataclasses.dataclass
class MetricsPlan(Plan):
    """`stop` says that timer and service have to end before `unwanted` goes: a run meanwhile would write it anew.

    `start` says why the timer is (re)started and one run is made now.
    """

    stop: bool = False
    start: list[str] = dataclasses.field(default_factory=list)

    texts = (*Plan.texts, "start")


def query(settings: t.Mapping[str, t.Any]) -> Query:
    """Few questions where the switch is off: most fleets have no exporter."""
    enabled = bool(settings["enabled"])
    paths = [settings["dir"], settings["python"]] if enabled else []
    return Query(
        files=[path for path in (SCRIPT, *UNIT_FILES, *paths) if str(path).startswith("/")],
        contents=[SETTINGS_FILE],
        secrets=[],
        certificates=[],
        key_pairs=[],
        units=[TIMER, SERVICE] if enabled else [],
        packages=[],
        sysctls=[],
        ports=[],
        calendars=[],
    )


def plan(settings: t.Mapping[str, t.Any], facts: HostFacts, controller: Controller, render: Renderer) -> MetricsPlan:
    wanted = MetricsSettings(**settings)
    if not wanted.enabled:
        return without(facts)
    found = MetricsPlan(refusals=[one.to_text(controller.host) for one in refusals(wanted, facts)])
    if not found.refusals:
        compare(found, wanted, facts, files(wanted, facts, version_of(controller), render))
        found.warnings = [f"{controller.host}: {text}" for text in warnings(wanted)]
    return found


def without(facts: HostFacts) -> MetricsPlan:
    """The settings go last: they say where the metrics are, for a run after one that was killed."""
    there = [path for path in OWNED if exists(facts, path)]
    before = textfile_before(facts)
    paths = [*([before] if before else []), *sorted(there, key=lambda path: path == SETTINGS_FILE)]
    return MetricsPlan(
        unwanted=[FileItem(path=path, state="absent") for path in paths],
        stop=any(path in UNIT_FILES for path in there),
        remaining=[f"{path} is not wanted" for path in there],
    )


def refusals(settings: MetricsSettings, facts: HostFacts) -> t.Iterator[Refusal]:
    if not SHORTEST <= settings.interval <= LONGEST:
        yield Refusal(
            "metrics_interval (overlay_metrics_interval in the inventory)",
            settings.interval,
            f"{SHORTEST} to {LONGEST} seconds",
            "leave it out for 60",
        )
    if not PATH.fullmatch(settings.dir) or ".." in settings.dir.split("/"):
        yield Refusal(
            "metrics_dir (overlay_metrics_dir in the inventory)",
            settings.dir,
            "an absolute path of letters, digits and . _ + @ -",
            "give the folder that node_exporter has as --collector.textfile.directory",
        )
    if not PATH.fullmatch(settings.python) or not exists(facts, settings.python):
        yield Refusal(
            "metrics_python",
            settings.python,
            "the path of a Python 3.8 or newer on this host",
            "install python3, or set metrics_python for this host",
        )
    if facts["platform"]["init"] != "systemd":
        yield Refusal(
            "metrics_enabled (overlay_metrics in the inventory)",
            "true",
            "a host with systemd, whose timer starts the exporter",
            "set overlay_metrics: false for this host",
        )


def warnings(settings: MetricsSettings) -> list[str]:
    if settings.reads_etcd:
        return []
    return [
        "the metrics are without leases, peers and etcd: the exporter reads etcd's API v3 (flannel 0.18 or newer),"
        " by certificate or without a user. Fix: use certificates instead of overlay_etcd_username, or leave it as it is."
    ]


def compare(found: MetricsPlan, settings: MetricsSettings, facts: HostFacts, wanted: list[FileItem]) -> None:
    found.directories = t.cast("list[FileItem]", pending_files(directories(settings), facts))
    found.files = t.cast("list[FileItem]", pending_files(wanted, facts))
    before = textfile_before(facts)
    moved = bool(before) and before != settings.textfile
    found.unwanted, found.stop = [FileItem(path=before, state="absent")] if moved else [], moved
    names = [item["path"] for item in [*found.directories, *found.files]]
    found.start = [*(f"{name} changes" for name in names), *not_running(facts)]
    found.remaining = [*(f"{name} is not as it should be" for name in names), *not_running(facts)]


def not_running(facts: HostFacts) -> list[str]:
    """A service that is not active is between two runs."""
    units = part(facts, "units")
    timer, service = units.get(TIMER) or {}, units.get(SERVICE) or {}
    found = []
    if timer.get("active_state") != "active" or timer.get("unit_file_state") != "enabled":
        found.append(f"{TIMER} is not active and enabled")
    if service.get("active_state") == "failed":
        found.append(f"{SERVICE} failed")
    return found


def exists(facts: HostFacts, path: str) -> bool:
    return bool((part(facts, "files").get(path) or {}).get("exists"))


def version_of(controller: Controller) -> str:
    """Of this collection: an installed one has a manifest, a checkout galaxy.yml."""
    manifest = controller.read(str(ROOT / "MANIFEST.json"))
    if manifest:
        return str(json.loads(manifest)["collection_info"]["version"])
    match = re.search(r"^version: *(\S+)", controller.read(str(ROOT / "galaxy.yml")) or "", re.MULTILINE)
    return match.group(1) if match else ""
