# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd's v3 API through the official etcdctl. Secrets travel by the environment only, or by its input."""

from __future__ import annotations

import json
import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import DeclinedError, StoreError
from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import (
    UNENDED,
    BatchRunner,
    Finished,
    run_until_failure,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd import http_client as etcd_http
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.etcdctl import (
    command_line,
    environment,
    known_cause,
    last_line,
    not_etcd,
)

T = t.TypeVar("T")
Reader = t.Callable[[t.Dict[str, t.Any]], T]
# When etcdctl is ended if it goes on, as a part of the time.
_END = 0.9


class ClientV3:
    def __init__(self, connection: Connection, run: BatchRunner = run_until_failure) -> None:
        self._connection = connection
        self._run = run

    def _call(self, words: list[str], read: Reader[T], stdin: str = "") -> T:
        return self._call_all([words], read, stdin)[0]

    def _call_all(self, questions: t.Sequence[list[str]], read: Reader[T], stdin: str = "") -> list[T]:
        """What `read` makes of each answer. The first question that fails ends them all."""
        answers = self._finish(questions, stdin)
        return [self._read(words[0], done, read) for words, done in zip(questions, answers)]

    def _finish(self, questions: t.Sequence[list[str]], stdin: str = "") -> list[Finished]:
        """What etcdctl printed for each question; an error where one failed."""
        deadline = time.monotonic() + self._connection.timeout
        answers = self._start(questions, stdin)
        for words, done in zip(questions, answers):
            if done.code:
                raise self._failure(words[0], done, deadline - time.monotonic())
        return answers

    def _start(self, questions: t.Sequence[list[str]], stdin: str = "") -> list[Finished]:
        """The same whether it failed or not; a question after the first failure has no result."""
        commands = [command_line(self._connection, words) for words in questions]
        seconds = self._connection.timeout * _END
        return self._run(commands, environment(self._connection), stdin, seconds) if commands else []

    def _read(self, verb: str, done: Finished, read: Reader[T]) -> T:
        try:
            return read(json.loads(done.stdout))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise self._unread(verb, done) from None

    def _unread(self, verb: str, done: Finished) -> StoreError:
        return self._error(verb, *not_etcd(self._connection.etcdctl, done.stdout))

    def _failure(self, verb: str, done: Finished, seconds_left: float) -> StoreError:
        known = known_cause(done.stderr, self._connection.username)
        if known:
            return self._error(verb, known.cause, known.fix, DeclinedError if known.declined else StoreError)
        cause = last_line(done.stderr)
        ended = done.code == UNENDED or "deadline exceeded" in cause
        unreachable = etcd_http.explain(
            self._connection, max(seconds_left, 0.1), self._connection.timeout if ended else 0
        )
        if ended:
            cause = f"no whole answer within {self._connection.timeout} s ({cause})"
        return unreachable or self._error(verb, cause, "check the cluster with: etcdctl endpoint health --cluster")

    def _error(self, verb: str, cause: str, fix: str, kind: type[StoreError] = StoreError) -> StoreError:
        endpoints = ", ".join(self._connection.endpoints)
        return kind(f"etcdctl {verb} at {endpoints}: {cause}. Fix: {fix}", endpoints=endpoints, cause=cause)
