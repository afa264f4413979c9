# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run programs within a deadline, several at once.

Unlike run_command this can keep variables from the program, ends it when its time is over, and never logs what it runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import MissingLibraryError

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
        """Each command has that many seconds; the answers come in the order of the commands."""


class Concurrency(t.NamedTuple):
    """How many run side by side, and whether no further one is started after one that failed."""

    at_once: int = AT_ONCE
    until_failure: bool = False


def run_commands(
    commands: t.Sequence[Command], environment: Environment, stdin: str, seconds: float, at_once: int = AT_ONCE
) -> list[Finished]:
    """An answer of each command."""
    return asyncio.run(_run_all(commands, environment, stdin.encode("utf-8"), seconds, Concurrency(at_once)))


def run_until_failure(
    commands: t.Sequence[Command], environment: Environment, stdin: str, seconds: float
) -> list[Finished]:
    """No further command is started after one that failed: the answers are those of the ones that were."""
    return asyncio.run(_run_all(commands, environment, stdin.encode("utf-8"), seconds, Concurrency(until_failure=True)))


async def _run_all(
    commands: t.Sequence[Command], environment: Environment, stdin: bytes, seconds: float, concurrency: Concurrency
) -> list[Finished]:
    places = asyncio.Semaphore(concurrency.at_once)
    failed = asyncio.Event()

    async def one(command: Command) -> Finished | None:
        async with places:
            if failed.is_set():
                return None
            done = await _run(command, environment, stdin, seconds)
            if done.code and concurrency.until_failure:
                failed.set()
            return done

    return [done for done in await asyncio.gather(*(one(command) for command in commands)) if done]


async def _run(command: Command, environment: Environment, stdin: bytes, seconds: float) -> Finished:
    # UTF-8 as etcd wants it, whatever the locale of the caller.
    words = [word.encode("utf-8") for word in command]
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *words, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        )
    except OSError as error:
        raise _not_there(command[0], error) from None
    try:
        stdout, stderr = await asyncio.wait_for(process.communicate(stdin), seconds)
    except asyncio.TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # with what it may have started
        await process.wait()
        return Finished(-1, "", f"{command[0]} did not end within {seconds:.0f} s")
    return Finished(process.returncode or 0, stdout.decode("utf-8", "replace"), stderr.decode("utf-8", "replace"))


def _not_there(program: str, error: OSError) -> MissingLibraryError:
    return MissingLibraryError(
        f"etcdctl = {program}: {error.strerror}. Allowed: a program on the host that runs the module."
        " Fix: install it (etcd-client on Debian), set etcdctl to its path, or run the module on an etcd host"
    )
