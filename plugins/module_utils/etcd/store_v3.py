# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of etcd by its v3 API."""

from __future__ import annotations

import base64
import contextlib
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import (
    ConflictError,
    DeclinedError,
    StoreError,
    maybe_written,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.alarms import alarm_kind
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.client_v3 import ClientV3
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.etcdctl import quoted
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import Entry


class StoreV3(ClientV3):
    api = "v3"

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

    def alarms(self) -> list[str]:
        return self._call(
            ["alarm", "list"], lambda answer: sorted({alarm_kind(one["alarm"]) for one in answer.get("alarms") or []})
        )

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


def _entry(kv: dict[str, t.Any]) -> Entry:
    """Odd bytes of a key stay visible and different from each other; those of a value are read as Go's JSON reader does."""
    key, value = _text(kv["key"], "backslashreplace"), _text(kv.get("value", ""), "replace")
    return Entry(key, value, int(kv["mod_revision"]), int(kv.get("lease", 0)))


def _outcome(answer: dict[str, t.Any]) -> tuple[bool, int]:
    return bool(answer.get("succeeded")), int(answer["header"]["revision"])


def _text(encoded: str, errors: str) -> str:
    return base64.b64decode(encoded).decode("utf-8", errors)
