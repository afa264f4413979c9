# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of etcd by its v3 API without etcdctl: reads only."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.grpc_client import GrpcClient, first_answer
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.protobuf import Fields, data, number
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import Entry

RANGE = "etcdserverpb.KV/Range"
TIME_TO_LIVE = "etcdserverpb.Lease/LeaseTimeToLive"


class ReadOnlyStore:
    """A Reader."""

    api = "v3"

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, key: str) -> Entry | None:
        return next(iter(self._entries(data(1, key.encode("utf-8")))), None)

    def list_prefix(self, prefix: str) -> list[Entry]:
        start = prefix.encode("utf-8")
        return self._entries(data(1, start) + data(2, after(start)))

    def ttls(self, entries: t.Sequence[Entry]) -> dict[str, int | None]:
        """0 for a lease that ended meanwhile."""
        ids = sorted({entry.lease for entry in entries if entry.lease})
        if not ids:
            return dict.fromkeys((entry.key for entry in entries), None)
        left = dict(zip(ids, first_answer(self._connection, lambda client: [time_to_live(client, one) for one in ids])))
        return {entry.key: left.get(entry.lease) for entry in entries}

    def alarms(self) -> list[str]:
        """The exporter has them from the members (collect_grpc.py)."""
        return []

    def _entries(self, request: bytes) -> list[Entry]:
        answer = first_answer(self._connection, lambda client: client.call(RANGE, request))
        return [entry_of(one) for one in answer.messages(2)]


def time_to_live(client: GrpcClient, lease: int) -> int:
    return max(client.call(TIME_TO_LIVE, number(1, lease)).number(3), 0)


def entry_of(found: Fields) -> Entry:
    """Odd bytes are read as by etcdctl (store_v3.py)."""
    key, value = found.content(1).decode("utf-8", "backslashreplace"), found.content(5).decode("utf-8", "replace")
    return Entry(key, value, found.number(3), found.number(6))


def after(prefix: bytes) -> bytes:
    """The first key after all that begin with the prefix; a zero byte means the end of all keys."""
    shorter = prefix.rstrip(b"\xff")
    return shorter[:-1] + bytes([shorter[-1] + 1]) if shorter else b"\x00"
