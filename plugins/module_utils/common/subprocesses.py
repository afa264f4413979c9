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
MISSING = 127
UNENDED = -99
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


def bounded(seconds: float = SECONDS) -> HostRunner:
    """Runs programs with the caller's environment, in English.

    The runner raises SlowHostError: without it, what is missing because of a time-out would count as not there.
    """
    environment = {**os.environb, b"LC_ALL": b"C", b"PATH": os.fsencode(search_path())}

    def run(argv: Command) -> Output:
        try:
            done = _run(argv, environment, b"", seconds)
        except OSError as error:
            return Output(MISSING, "", f"{argv[0]}: {error.strerror}")
        if done.code == UNENDED:
            raise SlowHostError(argv, seconds)
        return Output(done.code, done.stdout, done.stderr)

    return run


class Finished(t.NamedTuple):
    code: int  # UNENDED: it did not end in time
    stdout: str
    stderr: str


class BatchRunner(t.Protocol):
    """Passes only the given variables on, ends programs in time, and never logs what it runs."""

    def __call__(
        self, commands: t.Sequence[Command], environment: Environment, stdin: str, seconds: float
    ) -> list[Finished]:
        """Each command has that many seconds; the results are in the order of the commands."""


def run_commands(
    commands: t.Sequence[Command], environment: Environment, stdin: str, seconds: float, at_once: int = AT_ONCE
) -> list[Finished]:
    """A result for each command."""

    def one(command: Command) -> Finished:
        return _run_etcdctl(command, environment, stdin, seconds)

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
        done = _run_etcdctl(command, environment, stdin, seconds)
        if done.code:
            failed.set()
        return done

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return [done for done in pool.map(one, commands) if done]


def _run_etcdctl(command: Command, environment: Environment, stdin: str, seconds: float) -> Finished:
    try:
        return _run(command, environment, stdin.encode("utf-8"), seconds)
    except OSError as error:
        raise _not_there(command[0], error) from None


def _run(command: Command, environment: Environment, stdin: bytes, seconds: float) -> Finished:
    """OSError where the program cannot be started.

    Not by run_command of AnsibleModule. It cannot end a program in time or keep it out of the log, its environment is added to the caller's, and
    it waits a second too long whenever a program ends between two of its looks (basic.py of ansible-core 2.16 to 2.21: two calls of poll).
    """
    words = [word.encode("utf-8") for word in command]  # UTF-8 as etcd wants it, whatever the locale of the caller
    pipe = subprocess.PIPE
    with subprocess.Popen(  # pylint: disable=ansible-bad-function
        words, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
    ) as process:
        try:
            stdout, stderr = process.communicate(stdin, seconds)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # with what it may have started
            return Finished(UNENDED, "", f"{command[0]} did not end within {seconds:.0f} s")
    return Finished(process.returncode, stdout.decode("utf-8", "replace"), stderr.decode("utf-8", "replace"))


def _not_there(program: str, error: OSError) -> MissingLibraryError:
    return MissingLibraryError(
        f"etcdctl = {program}: {error.strerror}. Allowed: a program on the host that runs the module."
        " Fix: install it (etcd-client on Debian), set etcdctl to its path, or run the module on an etcd host"
    )
