# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run programs within a deadline, several at once.

Unlike run_command this can keep variables from the program, ends it when its time is over, and never logs what it runs.
"""

from __future__ import annotations

import concurrent.futures
import os
import signal
import subprocess
import threading
import typing as t

from .errors import MissingLibraryError

AT_ONCE = 8
Command = t.Sequence[str]
Environment = t.Mapping[bytes, bytes]


class Finished(t.NamedTuple):
    code: int  # -1: it did not end in time
    stdout: str
    stderr: str


class Runner(t.Protocol):
    def __call__(
        self, commands: t.Sequence[Command], environment: Environment, stdin: str, seconds: float
    ) -> list[Finished]:
        """Each command has that many seconds; the answers come in the order of the commands.

        After one that failed no further one is started: the answers end with those that were.
        """


def run_commands(commands: t.Sequence[Command], environment: Environment, stdin: str, seconds: float) -> list[Finished]:
    failed = threading.Event()

    def one(command: Command) -> Finished | None:
        if failed.is_set():
            return None
        done = _run(command, environment, stdin, seconds)
        if done.code:
            failed.set()
        return done

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return [done for done in pool.map(one, commands) if done]


def _run(command: Command, environment: Environment, stdin: str, seconds: float) -> Finished:
    # UTF-8 as etcd wants it, whatever the locale of the caller.
    words = [word.encode("utf-8") for word in command]
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(words, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True)
    except OSError as error:
        raise _not_there(command[0], error) from None
    with process:
        try:
            stdout, stderr = process.communicate(stdin.encode("utf-8"), seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # with what it may have started
            return Finished(-1, "", f"{command[0]} did not end within {seconds:.0f} s")
    return Finished(process.returncode, stdout.decode("utf-8", "replace"), stderr.decode("utf-8", "replace"))


def _not_there(program: str, error: OSError) -> MissingLibraryError:
    return MissingLibraryError(
        f"etcdctl = {program}: {error.strerror}. Allowed: a program on the host that runs the module."
        " Fix: install it (etcd-client on Debian), set etcdctl to its path, or run the module on an etcd host"
    )
