# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd's v3 API through the official etcdctl. Secrets travel by the environment only."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import (
    ConflictError,
    DeclinedError,
    StoreError,
    maybe_written,
)
from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import (
    BatchRunner,
    Finished,
    run_until_failure,
    search_path,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd import http as store_probe
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import Entry

T = t.TypeVar("T")
Reader = t.Callable[[t.Dict[str, t.Any]], T]

# etcdctl's part of the time, and when it is ended if it goes on; the rest is for finding out why it failed.
_SHARE = 0.75
_END = 0.9

# What stands in etcdctl's answer -> cause, fix. With one of the first ones nothing was written.
_REFUSALS = (
    (
        "permission denied",
        "{who} may not do this",
        "grant the user's role readwrite on the prefix: etcdctl role grant-permission",
    ),
    ("invalid user ID or password", "wrong username or password", "check username and password"),
    ("user name is empty", "etcd wants a user, and none was given", "set username and password"),
    (
        "database space exceeded",
        "etcd is full (alarm NOSPACE)",
        "compact and defragment it, then: etcdctl alarm disarm",
    ),
    ("code = Unimplemented", "something answers that is no etcd v3", "check the endpoints; etcd 2 has no v3 API"),
    (r"open (\S+): (.+)", "{match}", "check ca_cert, client_cert and client_key on this host"),
    (r"x509: .*?(?=[\"\\]|$)", "TLS: {match}", "check ca_cert and the names in etcd's certificate"),
    (r"tls: .*?(?=[\"\\]|$)", "TLS: {match}", "check ca_cert, client_cert and client_key"),
    (
        "unknown flag|not defined|No help topic|unknown command",
        "this etcdctl is too old",
        "use the etcdctl of etcd 3.3 or newer",
    ),
)
_SILENCES = (
    ("no leader", "the cluster has no leader", "bring back the majority of its members"),
    ("request timed out", "the cluster does not agree in time", "bring back the majority of its members"),
)


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
        """etcdctl tells about one lease at a time; 0 for one that ended meanwhile."""
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
        unreachable = store_probe.explain(self._connection, max(seconds_left, 0.1))
        cause = last_line(done.stderr)
        if done.code == -1 or "deadline exceeded" in cause:
            cause = f"no whole answer within {self._connection.timeout} s ({cause})"
        return unreachable or self._error(verb, cause, "check the cluster with: etcdctl endpoint health --cluster")

    def _error(self, verb: str, cause: str, fix: str, kind: type[StoreError] = StoreError) -> StoreError:
        endpoints = ", ".join(self._connection.endpoints)
        return kind(f"etcdctl {verb} at {endpoints}: {cause}. Fix: {fix}", endpoints=endpoints, cause=cause)


def not_etcd(etcdctl: str, stdout: str) -> tuple[str, str]:
    """Cause and fix where etcdctl says that all is well, but prints something else than asked for."""
    shown = next(iter(stdout.splitlines()), "")[:60]
    fix = "use the etcdctl of etcd 3.3 or newer; this one is older, or a wrapper that prints more than etcdctl"
    return f"{etcdctl} did not print etcd's answer, but: {shown}", fix


class Cause(t.NamedTuple):
    cause: str
    fix: str
    declined: bool  # nothing was written


def known_cause(stderr: str, username: str) -> Cause | None:
    """Cause and fix of what etcdctl complains about; None for what is not in the tables."""
    who = f"user {username}" if username else "an unknown user"
    for pattern, cause, fix in _REFUSALS + _SILENCES:
        match = re.search(pattern, stderr)
        if match:
            return Cause(cause.format(who=who, match=match.group(0)), fix, (pattern, cause, fix) in _REFUSALS)
    return None


def command_line(connection: Connection, words: t.Sequence[str]) -> list[str]:
    milliseconds = int(connection.timeout * 1000 * _SHARE)
    files = (("cacert", connection.ca_cert), ("cert", connection.client_cert), ("key", connection.client_key))
    return [
        connection.etcdctl,
        "--endpoints=" + ",".join(connection.endpoints),
        f"--dial-timeout={milliseconds}ms",
        f"--command-timeout={milliseconds}ms",
        "--write-out=json",
        *(f"--{name}={path}" for name, path in files if path),
        *words,
    ]


def environment(connection: Connection) -> dict[bytes, bytes]:
    """etcdctl ends at once on a variable of its own that repeats an option: none of the caller's is passed on."""
    clean = {name: value for name, value in os.environb.items() if not name.startswith(b"ETCDCTL_")}
    clean[b"ETCDCTL_API"] = b"3"
    clean[b"PATH"] = os.fsencode(search_path())  # by which etcdctl itself is found
    if connection.username:
        clean[b"ETCDCTL_USER"] = f"{connection.username}:{connection.password}".encode()
    return clean


def _entry(kv: dict[str, t.Any]) -> Entry:
    """Odd bytes of a key stay visible and different from each other; those of a value are read as Go's JSON reader does."""
    key, value = _text(kv["key"], "backslashreplace"), _text(kv.get("value", ""), "replace")
    return Entry(key, value, int(kv["mod_revision"]), int(kv.get("lease", 0)))


def _outcome(answer: dict[str, t.Any]) -> tuple[bool, int]:
    return bool(answer.get("succeeded")), int(answer["header"]["revision"])


def quoted(text: str) -> str:
    """As Go's quoted strings, which is what etcdctl reads in transactions."""
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    code = ord(char)
    if char in '"\\':
        return "\\" + char
    if 0x20 <= code < 0x7F:
        return char
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _text(encoded: str, errors: str) -> str:
    return base64.b64decode(encoded).decode("utf-8", errors)


def last_line(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.strip()]
    return lines[-1].replace("Error: ", "", 1) if lines else "it failed without a word"
