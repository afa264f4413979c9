# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare a running process with what its unit would start now. No I/O. Texts hold names, never values of variables."""

from __future__ import annotations

import dataclasses
import os
import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_options import (
    as_words,
    docker_options,
    words,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_state import (
    RunningDocker,
    differences,
    given_options,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.processes import DELETED
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.systemd_syntax import command_of, expand
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import UnitDrift

OURS = ("ETCD_", "FLANNELD_", "DOCKER_OPT", "DOCKER_NETWORK_")
BY_SYSTEMD = ("PATH", "LANG", "HOME", "USER", "LOGNAME", "SHELL", "INVOCATION_ID", "NOTIFY_SOCKET", "RUNTIME_DIRECTORY")
OWN_PROCESS = ("simple", "exec", "notify", "notify-reload", "dbus")
DOCKER_NAMES = ("bip", "mtu", "ip_masq", "ipv6", "fixed_cidr_v6")  # what flannel's options hold
CLOCK_MARGIN = 0.5


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What the files say: `in_files` holds value and file of each variable, `written` when each unit file was written."""

    unit: str
    kind: str
    exec_start: str
    need_daemon_reload: bool
    in_unit: t.Mapping[str, str]
    in_files: t.Mapping[str, t.Tuple[str, str]]
    written: t.Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class Running:
    """What the process is: `environment` is None when it could not be read."""

    argv: t.Sequence[str]
    environment: t.Optional[t.Mapping[str, str]]
    executable: str
    same_as_command: bool
    started: t.Optional[float]


def check(wanted: Wanted, running: Running) -> list[UnitDrift]:
    return [
        *stale_unit_files(wanted, running, time.time()),
        *stale_executable(wanted, running),
        *stale_environment(wanted, running),
        *stale_arguments(wanted, running),
    ]


def entry(reason: str, name: str, file: str, text: str) -> UnitDrift:
    return UnitDrift(reason=reason, name=name, file=file, text=text)


def stale_unit_files(wanted: Wanted, running: Running, now: float) -> list[UnitDrift]:
    """A file from the future (the clock was set back) does not count: it would restart the unit without end."""
    found = []
    if wanted.need_daemon_reload:
        text = f"the unit files of {wanted.unit} are newer than what systemd has loaded"
        found.append(entry("daemon_reload", wanted.unit, "", text))
    for path, when in wanted.written.items():
        if running.started is not None and running.started + CLOCK_MARGIN < when <= now:
            text = f"{path} was written after {wanted.unit} was started"
            found.append(entry("unit_file", path, path, text))
    return found


def stale_executable(wanted: Wanted, running: Running) -> list[UnitDrift]:
    path = running.executable
    if path.endswith(DELETED):
        path = path[: -len(DELETED)]
    elif running.same_as_command or not runs_its_command(wanted, path):
        return []
    return [entry("executable", path, path, f"{path} was replaced after {wanted.unit} was started")]


def runs_its_command(wanted: Wanted, path: str) -> bool:
    """False for a wrapper that has become another program."""
    command = command_of(wanted.exec_start)
    return bool(command) and os.path.basename((command or [""])[0]) == os.path.basename(path)


def stale_environment(wanted: Wanted, running: Running) -> list[UnitDrift]:
    if running.environment is None:
        return []
    found = []
    for name, (value, file) in sorted(wanted.in_files.items()):
        if not same_value(name, value, running):
            text = f"{wanted.unit} was started with another {name} than {file} has now"
            found.append(entry("environment", name, file, text))
    for name, value in sorted(wanted.in_unit.items()):
        if name not in wanted.in_files and running.environment.get(name) != value:
            found.append(
                entry("environment", name, "", f"{wanted.unit} was started with another {name} than its unit sets")
            )
    known = {*wanted.in_files, *wanted.in_unit}
    for name in sorted(set(running.environment) - known):
        if name.startswith(OURS):
            found.append(
                entry("environment", name, "", f"{wanted.unit} was started with {name}, which no file sets any more")
            )
    return found


def same_value(name: str, value: str, running: Running) -> bool:
    """systemd splits docker's options at blanks, so how many there are does not count."""
    given = (running.environment or {}).get(name)
    if given is None or not is_dockerd(running.executable):
        return given == value
    return not differences(words(value), RunningDocker(environment=given_options(running.environment, name)))


def is_dockerd(path: str) -> bool:
    return os.path.basename(path).startswith("dockerd")


def stale_arguments(wanted: Wanted, running: Running) -> list[UnitDrift]:
    """Only where the process is the command of ExecStart itself, has not renamed itself, and its words can be known."""
    path = running.executable[: -len(DELETED)] if running.executable.endswith(DELETED) else running.executable
    command = command_of(wanted.exec_start)
    if (
        command is None
        or running.environment is None
        or wanted.kind not in OWN_PROCESS
        or not runs_its_command(wanted, path)
    ):
        return []
    argv = expand(command, variables(wanted, running))
    if argv is None:
        return []
    if is_dockerd(path):
        return stale_docker_options(wanted.unit, argv, running.argv)
    if list(running.argv) == argv:
        return []
    return [
        entry("arguments", "ExecStart", "", f"{wanted.unit} runs with other arguments than its ExecStart gives now")
    ]


def stale_docker_options(unit: str, argv: t.Sequence[str], now: t.Sequence[str]) -> list[UnitDrift]:
    """Only what the overlay decides: docker must not restart for anything else."""
    wanted, running = overlay_options(argv), overlay_options(now)
    missing = differences(as_words(wanted), RunningDocker(arguments=as_words(running)))
    surplus = differences(as_words(running), RunningDocker(arguments=as_words(wanted)))
    names = dict.fromkeys(difference.name for difference in [*missing, *surplus])
    return [
        entry(
            "arguments",
            name,
            "",
            f"{unit} runs with {name} {running.get(name, 'not set')}, not {wanted.get(name, 'not set')}",
        )
        for name in names
    ]


def overlay_options(argv: t.Sequence[str]) -> dict[str, str]:
    found = docker_options(argv)
    return {name: found[name] for name in DOCKER_NAMES if name in found}


def variables(wanted: Wanted, running: Running) -> dict[str, str]:
    given = running.environment or {}
    own = {name: given[name] for name in BY_SYSTEMD if name in given}
    return {**own, **wanted.in_unit, **{name: value for name, (value, _file) in wanted.in_files.items()}}
