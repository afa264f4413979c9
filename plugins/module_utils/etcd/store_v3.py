# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd's v3 API through the official etcdctl. Secrets travel by the environment only."""

from __future__ import annotations

import base64
import contextlib
import json
import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import (
    ConflictError,
    DeclinedError,
    StoreError,
    maybe_written,
)
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
    quoted,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import Entry

T = t.TypeVar("T")
Reader = t.Callable[[t.Dict[str, t.Any]], T]
# When etcdctl is ended if it goes on, as a part of the time.
_END = 0.9


class StoreV3:
    api = "v3"

    def __init__(self, connection: Connection, run: BatchRunner = run_until_failure) -> None:
        self._connection = connection
        self._run = run

    def get(self, key: str) -> Entry | None:
        return next(iter(self._entries(["get", "--", key])), None)

    def list_prefix(self, prefix: str) -> list[Entry]:
        return self._entries(["get", "--prefix", "--", prefix])

    def put(self, key: str, value: str, revision: int, ttl: int = 0) -> int:
        lease = self._grant(ttl) if ttl else ""
        option = f"--lease={lease} " if lease else ""
        try:
            return self._swap(key, revision, f"put {option}-- {quoted(key)} {quoted(value)}")
        except StoreError:
            self._revoke(lease)
            raise

    def _grant(self, ttl: int) -> str:
        """Like flannel: a lease of etcd for each key."""
        return self._call(["lease", "grant", str(ttl)], lambda answer: f"{answer['ID']:x}")

    def _revoke(self, lease: str) -> None:
        """Should the put have reached etcd all the same, its key goes too; should this fail, the lease ends by itself."""
        if lease:
            with contextlib.suppress(StoreError):
                self._call(["lease", "revoke", lease], bool)

    def delete(self, key: str, revision: int) -> None:
        self._swap(key, revision, f"del -- {quoted(key)}")

    def ttls(self, entries: t.Sequence[Entry]) -> dict[str, int | None]:
        """etcdctl reports one lease at a time; 0 for a lease that ended meanwhile."""
        ids = sorted({entry.lease for entry in entries if entry.lease})
        questions = [["lease", "timetolive", f"{number:x}"] for number in ids]
        left = dict(zip(ids, self._call_all(questions, lambda answer: max(int(answer["ttl"]), 0))))
        return {entry.key: left.get(entry.lease) for entry in entries}

    def _entries(self, words: list[str]) -> list[Entry]:
        return self._call(words, lambda answer: [_entry(kv) for kv in answer.get("kvs") or []])

    def _swap(self, key: str, revision: int, request: str) -> int:
        """The new revision."""
        try:
            done, new = self._call(["txn"], _outcome, f'mod({quoted(key)}) = "{revision}"\n\n{request}\n\n\n')
        except DeclinedError:
            raise
        except StoreError as error:
            raise maybe_written(error) from None
        if not done:
            raise ConflictError(f"{key}: another writer was faster, nothing was written. Fix: run it again", key=key)
        return new

    def _call(self, words: list[str], read: Reader[T], stdin: str = "") -> T:
        return self._call_all([words], read, stdin)[0]

    def _call_all(self, questions: t.Sequence[list[str]], read: Reader[T], stdin: str = "") -> list[T]:
        """What `read` makes of each answer. The first question that fails ends them all."""
        seconds = self._connection.timeout
        commands = [command_line(self._connection, words) for words in questions]
        started = time.monotonic()
        answers = self._run(commands, environment(self._connection), stdin, seconds * _END) if commands else []
        for words, done in zip(questions, answers):
            if done.code:
                raise self._failure(words[0], done, started + seconds - time.monotonic())
        return [self._read(words[0], done, read) for words, done in zip(questions, answers)]

    def _read(self, verb: str, done: Finished, read: Reader[T]) -> T:
        try:
            return read(json.loads(done.stdout))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise self._error(verb, *not_etcd(self._connection.etcdctl, done.stdout)) from None

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


def _entry(kv: dict[str, t.Any]) -> Entry:
    """Odd bytes of a key stay visible and different from each other; those of a value are read as Go's JSON reader does."""
    key, value = _text(kv["key"], "backslashreplace"), _text(kv.get("value", ""), "replace")
    return Entry(key, value, int(kv["mod_revision"]), int(kv.get("lease", 0)))


def _outcome(answer: dict[str, t.Any]) -> tuple[bool, int]:
    return bool(answer.get("succeeded")), int(answer["header"]["revision"])


def _text(encoded: str, errors: str) -> str:
    return base64.b64decode(encoded).decode("utf-8", errors)
