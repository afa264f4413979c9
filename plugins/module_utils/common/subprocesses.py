# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run programs for a bounded time: one on a host as facts are read, or several at once as etcdctl is."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import os
import signal
import subprocess
import threading
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import MissingLibraryError, SlowHostError

ADMIN_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SECONDS = 30
TIMED_OUT = (124, 137)  # timeout(1): ended by SIGTERM, or by SIGKILL
AT_ONCE = 8

Command = t.Sequence[str]
Environment = t.Mapping[bytes, bytes]


def search_path() -> str:
    """The caller's PATH, then the usual folders: that of sudo has no /usr/local on EL, that of a user no sbin."""
    return ":".join(filter(None, [os.environ.get("PATH"), ADMIN_PATH]))


@dataclasses.dataclass(frozen=True)
class Output:
    """What a program of the host printed. The code of a missing program is 127."""

    code: int
    out: str = ""
    error: str = ""


HostRunner = t.Callable[[Command], Output]
RunCommand = t.Callable[..., t.Tuple[int, str, str]]


def bounded(run_command: RunCommand, seconds: int = SECONDS) -> HostRunner:
    """`run_command` is that of AnsibleModule, which has no time limit of its own.

    The runner raises SlowHostError: without it, what is missing because of a time-out would count as not there.
    """
    environment = {"LC_ALL": "C", "PATH": search_path()}

    def run(argv: Command) -> Output:
        limited = ["timeout", "-k", "1", str(seconds), *argv]
        done = Output(*run_command(limited, environ_update=environment))
        if done.code in TIMED_OUT:
            raise SlowHostError(argv, seconds)
        return done

    return run


class Finished(t.NamedTuple):
    code: int  # -1: it did not end in time
    stdout: str
    stderr: str


class BatchRunner(t.Protocol):
    """Unlike run_command it passes only the given variables on, ends programs in time, and never logs what it runs."""

    def __call__(
        self, commands: t.Sequence[Command], environment: Environment, stdin: str, seconds: float
    ) -> list[Finished]:
        """Each command has that many seconds; the results are in the order of the commands."""


def run_commands(
    commands: t.Sequence[Command], environment: Environment, stdin: str, seconds: float, at_once: int = AT_ONCE
) -> list[Finished]:
    """A result for each command."""

    def one(command: Command) -> Finished:
        return _run(command, environment, stdin.encode("utf-8"), seconds)

    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(one, commands))


def run_until_failure(
    commands: t.Sequence[Command], environment: Environment, stdin: str, seconds: float
) -> list[Finished]:
    """After a command that failed no further one is started, and has no result."""
    failed = threading.Event()

    def one(command: Command) -> Finished | None:
        if failed.is_set():
            return None
        done = _run(command, environment, stdin.encode("utf-8"), seconds)
        if done.code:
            failed.set()
        return done

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return [done for done in pool.map(one, commands) if done]


def _run(command: Command, environment: Environment, stdin: bytes, seconds: float) -> Finished:
    # UTF-8 as etcd wants it, whatever the locale of the caller.
    words = [word.encode("utf-8") for word in command]
    pipe = subprocess.PIPE
    try:
        # run_command can neither end a program in time nor keep it out of the log, and its environment is added to the caller's.
        process = subprocess.Popen(  # pylint: disable=ansible-bad-function
            words, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        )
    except OSError as error:
        raise _not_there(command[0], error) from None
    with process:
        try:
            stdout, stderr = process.communicate(stdin, seconds)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # with what it may have started
            return Finished(-1, "", f"{command[0]} did not end within {seconds:.0f} s")
    return Finished(process.returncode, stdout.decode("utf-8", "replace"), stderr.decode("utf-8", "replace"))


def _not_there(program: str, error: OSError) -> MissingLibraryError:
    return MissingLibraryError(
        f"etcdctl = {program}: {error.strerror}. Allowed: a program on the host that runs the module."
        " Fix: install it (etcd-client on Debian), set etcdctl to its path, or run the module on an etcd host"
    )
