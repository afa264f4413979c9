# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read units: one call to systemctl, and the unit files themselves."""

from __future__ import annotations

import glob
import shlex
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.redaction import redact
from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import HostRunner
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import processes
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.files import read_file, read_text
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.systemd_syntax import parse_environment_file
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.unit_drift import Running, Wanted, check
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Unit

PROPERTIES = (
    "Id LoadState ActiveState SubState UnitFileState FragmentPath DropInPaths Type Environment EnvironmentFiles"
    " MainPID Result NRestarts NeedDaemonReload"
).split()
RESETTABLE = ("ExecStart", "ExecStartPre", "EnvironmentFile")
Shown = t.Dict[str, t.List[str]]


def parse_show(text: str) -> list[Shown]:
    """One block of NAME=VALUE lines for each unit; a name may come more than once."""
    blocks: list[Shown] = []
    for block in text.strip("\n").split("\n\n"):
        values: Shown = {}
        for line in block.splitlines():
            name, _sign, value = line.partition("=")
            values.setdefault(name, []).append(value)
        blocks.append(values)
    return blocks


def one(shown: Shown, name: str) -> str:
    return (shown.get(name) or [""])[-1]


def number(shown: Shown, name: str) -> int:
    value = one(shown, name)
    return int(value) if value.isdigit() else 0


def shown_files(shown: Shown) -> list[str]:
    """`/path (ignore_errors=yes)`, one for each file, in order. systemd 219 prints them under the setting's own name."""
    return [value for value in shown.get("EnvironmentFiles") or shown.get("EnvironmentFile") or [] if value]


def environment_files(shown: Shown) -> list[str]:
    return [value.rpartition(" (")[0] or value for value in shown_files(shown)]


def missing_files(shown: Shown) -> list[str]:
    """Environment files without which the unit does not start. A path may be a pattern."""
    needed = [value.rpartition(" (")[0] for value in shown_files(shown) if value.endswith("(ignore_errors=no)")]
    return [path for path in needed if not glob.glob(path)]


def join_lines(text: str) -> list[str]:
    """A backslash at the end joins the next line; comments in between do not count."""
    lines: list[str] = []
    joining = False
    for line in text.splitlines():
        if line.lstrip()[:1] in ("#", ";"):
            continue
        part = line.strip() if not joining else " " + line.strip()
        open_end = part.endswith("\\")
        part = part[:-1] if open_end else part
        lines[len(lines) - joining :] = [lines[-1] + part] if joining else [part]
        joining = open_end
    return lines


def settings(text: str, section: str, name: str) -> list[str]:
    """All values of a setting in the order of the file."""
    here, values = "", []
    for line in join_lines(text):
        if line.startswith("["):
            here = line.strip("[]")
        key, sign, value = line.partition("=")
        if sign and here == section and key.strip() == name:
            values.append(value.strip())
    return values


def resets(texts: t.Mapping[str, str]) -> dict[str, str]:
    """For each setting that a file empties, the last such file: it takes back what the files before it set. By path, in systemd's order."""
    return {name: path for path, text in texts.items() for name in RESETTABLE if "" in settings(text, "Service", name)}


def last_exec_start(texts: t.Iterable[str]) -> str:
    """An empty value takes back those before it."""
    value = ""
    for text in texts:
        value = (settings(text, "Service", "ExecStart") or [value])[-1]
    return value


def file_variables(paths: t.Iterable[str]) -> dict[str, tuple[str, str]]:
    """Value and file of each variable: the last file wins. A path may be a pattern."""
    variables: dict[str, tuple[str, str]] = {}
    for pattern in paths:
        for path in sorted(glob.glob(pattern)):
            found = parse_environment_file(read_text(path) or "")
            variables.update({name: (value, path) for name, value in found.items()})
    return variables


def unit_variables(shown: Shown) -> dict[str, str]:
    """What Environment= sets, as systemctl prints it."""
    text = one(shown, "Environment")
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    return {name: value for name, _sign, value in (word.partition("=") for word in words)}


def unit_fact(name: str, shown: Shown) -> Unit:
    drop_ins = shlex.split(one(shown, "DropInPaths"))
    fragment = read_text(one(shown, "FragmentPath")) or ""
    pid = number(shown, "MainPID")
    texts = {path: read_text(path) or "" for path in drop_ins}
    exec_start = last_exec_start([fragment, *texts.values()])
    unit = Unit(
        load_state=one(shown, "LoadState"),
        active_state=one(shown, "ActiveState"),
        sub_state=one(shown, "SubState"),
        unit_file_state=one(shown, "UnitFileState"),
        fragment_path=one(shown, "FragmentPath"),
        drop_in_paths=drop_ins,
        exec_start=redact(exec_start),
        fragment_exec_start=redact(last_exec_start([fragment])),
        environment_files=environment_files(shown),
        missing_files=missing_files(shown),
        resets=resets(texts),
        main_pid=pid,
        started=processes.started(pid) if pid else None,
        result=one(shown, "Result"),
        restarts=number(shown, "NRestarts"),
        need_daemon_reload=one(shown, "NeedDaemonReload") == "yes",
        drift=[],
    )
    unit["drift"] = check(wanted(name, unit, shown, exec_start), running(unit, exec_start)) if pid else []
    return unit


def wanted(name: str, unit: Unit, shown: Shown, exec_start: str) -> Wanted:
    """`exec_start` as it is: in the unit's facts secrets are hidden."""
    paths = [path for path in [unit["fragment_path"], *unit["drop_in_paths"]] if path]
    return Wanted(
        unit=name,
        kind=one(shown, "Type"),
        exec_start=exec_start,
        need_daemon_reload=unit["need_daemon_reload"],
        in_unit=unit_variables(shown),
        in_files=file_variables(unit["environment_files"]),
        written={path: read_file(path).get("mtime", 0.0) for path in paths},
    )


def running(unit: Unit, exec_start: str) -> Running:
    pid = unit["main_pid"]
    exe = processes.executable(pid)
    words = exec_start.lstrip("@-:+!|").split()
    return Running(
        argv=processes.arguments(pid),
        environment=processes.environment(pid),
        executable=exe,
        same_as_command=processes.same_file(pid, words[0]) if words else True,
        started=unit["started"],
    )


def read_units(names: t.Sequence[str], run: HostRunner) -> dict[str, Unit]:
    """Empty where systemd does not run."""
    if not names:
        return {}
    done = run(["systemctl", "show", "--no-pager", "-p", ",".join(PROPERTIES), "--", *names])
    blocks = parse_show(done.out) if done.code == 0 else []
    return {name: unit_fact(name, shown) for name, shown in zip(names, blocks) if one(shown, "LoadState")}
