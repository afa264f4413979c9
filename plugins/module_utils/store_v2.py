# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd's v2 API through python-etcd, for flannel 0.17 and older."""

from __future__ import annotations

import importlib
import traceback
import typing as t
import urllib.parse

from . import store_probe
from .connection import Connection
from .errors import ConflictError, MissingLibraryError, StoreError
from .store import Entry


def _library() -> tuple[t.Any, str]:
    try:
        return importlib.import_module("etcd"), ""
    except ImportError:
        return None, traceback.format_exc()


etcd, ETCD_IMPORT_ERROR = _library()

_SHARE = 0.75


class StoreV2:
    api = "v2"

    def __init__(self, connection: Connection) -> None:
        require_library()
        self._connection = connection
        self._client = _client(connection)

    def get(self, key: str) -> Entry | None:
        return next((entry for entry in self._read(key) if entry.key == key), None)

    def below(self, prefix: str) -> list[Entry]:
        folder = prefix.rpartition("/")[0] or "/"
        return [entry for entry in self._read(folder) if entry.key.startswith(prefix)]

    def put(self, key: str, value: str, revision: int, ttl: int = 0) -> int:
        condition = {"prevIndex": revision} if revision else {"prevExist": False}
        return int(self._call(lambda: self._client.write(key, value, ttl=ttl or None, **condition), key).modifiedIndex)

    def delete(self, key: str, revision: int) -> None:
        self._call(lambda: self._client.delete(key, prevIndex=revision), key)

    def ttls(self, entries: t.Sequence[Entry]) -> dict[str, int | None]:
        return {entry.key: entry.ttl for entry in entries}

    def _read(self, key: str) -> list[Entry]:
        try:
            result = self._call(lambda: self._client.read(key, recursive=True, quorum=True), key)
        except _AbsentError:
            return []
        leaves = [node for node in result.leaves if not node.dir]
        return sorted(Entry(node.key, node.value or "", node.modifiedIndex, 0, node.ttl) for node in leaves)

    def _call(self, question: t.Callable[[], t.Any], key: str) -> t.Any:
        try:
            return question()
        except etcd.EtcdKeyNotFound:
            raise _AbsentError(key) from None
        except (etcd.EtcdCompareFailed, etcd.EtcdAlreadyExist):
            raise ConflictError(
                f"{key}: another writer was faster, nothing was written. Fix: run it again", key=key
            ) from None
        except etcd.EtcdException as error:
            raise self._failure(error, key) from None

    def _failure(self, error: Exception, key: str) -> StoreError:
        endpoints = ", ".join(self._connection.endpoints)
        if isinstance(error, etcd.EtcdConnectionFailed):
            known = store_probe.explain(self._connection, self._connection.timeout * (1 - _SHARE))
            return known or store_probe.unreachable([f"{endpoints}: {error}"])
        cause, fix = _cause(error)
        return StoreError(f"{key} at {endpoints}: {cause}. Fix: {fix}", endpoints=endpoints, cause=cause)


class _AbsentError(ConflictError):
    """Where a key is wanted, its absence means that another writer deleted it."""

    def __init__(self, key: str) -> None:
        super().__init__(f"{key}: another writer deleted it, nothing was written. Fix: run it again", key=key)


def _cause(error: Exception) -> tuple[str, str]:
    if isinstance(error, etcd.EtcdInsufficientPermissions):
        return "this user may not do it", "check username and password, and the role's rights on the prefix"
    if "404 page not found" in str(error):
        return "etcd's v2 API is switched off", "start etcd 3.4 or 3.5 with --enable-v2, or use flannel 0.18 or newer"
    return str(error), "check the cluster with: etcdctl cluster-health"


def require_library() -> None:
    if etcd is None:
        from ansible.module_utils.basic import missing_required_lib

        reason = "for etcd's v2 API, which flannel 0.17 and older reads"
        raise MissingLibraryError(
            missing_required_lib("python-etcd", reason=reason), exception=ETCD_IMPORT_ERROR, library="python-etcd"
        )


def _client(connection: Connection) -> t.Any:
    parts = [urllib.parse.urlsplit(url) for url in connection.endpoints]
    client = etcd.Client(
        host=tuple(store_probe.address_of(url) for url in connection.endpoints),
        protocol=parts[0].scheme,
        read_timeout=connection.timeout * _SHARE / len(parts),
        allow_reconnect=True,
        use_proxies=True,  # only the endpoints that were given: what members advertise may not be reachable from here
        username=connection.username or None,
        password=connection.password or None,
    )
    # Trying again is done by endpoint; urllib3's own repetitions would multiply the time.
    client.http.connection_pool_kw["retries"] = False
    if parts[0].scheme == "https":
        client.http.connection_pool_kw["ssl_context"] = store_probe.tls_context(connection)
    return client
