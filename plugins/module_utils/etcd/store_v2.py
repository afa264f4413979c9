# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd's v2 API through python-etcd, for flannel 0.17 and older."""

from __future__ import annotations

import importlib
import traceback
import typing as t
import urllib.parse

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import (
    ConflictError,
    DeclinedError,
    MissingLibraryError,
    StoreError,
    maybe_written,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd import http_client as etcd_http
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.http_client import with_deadline
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import Entry

_SHARE = 0.75
_RAFT = 300  # etcd's code for what its members did not agree about in time


class StoreV2:
    api = "v2"

    def __init__(self, connection: Connection) -> None:
        self._etcd = library()
        self._connection = connection
        self._endpoints = ", ".join(connection.endpoints)
        self._client = _client(self._etcd, connection)

    def get(self, key: str) -> Entry | None:
        return next((entry for entry in self._read(key) if entry.key == key), None)

    def list_prefix(self, prefix: str) -> list[Entry]:
        folder = prefix.rpartition("/")[0] or "/"
        return [entry for entry in self._read(folder) if entry.key.startswith(prefix)]

    def put(self, key: str, value: str, revision: int, ttl: int = 0) -> int:
        condition = {"prevIndex": revision} if revision else {"prevExist": False}
        written = self._change(lambda: self._client.write(_path(key), value, ttl=ttl or None, **condition), key)
        return int(written.modifiedIndex)

    def delete(self, key: str, revision: int) -> None:
        self._change(lambda: self._client.delete(_path(key), prevIndex=revision), key)

    def ttls(self, entries: t.Sequence[Entry]) -> dict[str, int | None]:
        return {entry.key: entry.ttl for entry in entries}

    def alarms(self) -> list[str]:
        return []

    def _read(self, key: str) -> list[Entry]:
        try:
            result = self._call(lambda: self._client.read(_path(key), recursive=True, quorum=True), key)
        except _AbsentError:
            return []
        leaves = [node for node in result.leaves if not node.dir]
        return sorted(Entry(node.key, node.value or "", node.modifiedIndex, 0, node.ttl) for node in leaves)

    def _change(self, question: t.Callable[[], t.Any], key: str) -> t.Any:
        """python-etcd turns from a silent endpoint to the next, also where the silent one may have done it already."""
        endpoint = self._client.base_uri
        try:
            return self._call(question, key)
        except ConflictError as error:
            raise (error if self._client.base_uri == endpoint else maybe_written(error)) from None
        except DeclinedError:
            raise
        except StoreError as error:
            raise maybe_written(error) from None

    def _call(self, question: t.Callable[[], t.Any], key: str) -> t.Any:
        try:
            return with_deadline(self._connection.timeout * _SHARE, question)
        except self._etcd.EtcdKeyNotFound:
            raise _AbsentError(key) from None
        except (self._etcd.EtcdCompareFailed, self._etcd.EtcdAlreadyExist):
            raise ConflictError(
                f"{key}: another writer was faster, nothing was written. Fix: run it again", key=key
            ) from None
        except (self._etcd.EtcdConnectionFailed, OSError) as error:
            raise self._no_answer(error, key) from None
        except (self._etcd.EtcdException, ValueError) as error:
            raise self._refusal(error, key) from None

    def _no_answer(self, error: Exception, key: str) -> StoreError:
        known = etcd_http.explain(self._connection, self._connection.timeout * (1 - _SHARE))
        reason = getattr(error, "cause", None) or error
        return known or etcd_http.unreachable([f"{self._endpoints}: no whole answer about {key} ({reason})"])

    def _refusal(self, error: Exception, key: str) -> StoreError:
        cause, fix = self._cause(error)
        code = (getattr(error, "payload", None) or {}).get("errorCode", _RAFT)
        kind = StoreError if code == _RAFT else DeclinedError
        return kind(f"{key} at {self._endpoints}: {cause}. Fix: {fix}", endpoints=self._endpoints, cause=cause)

    def _cause(self, error: Exception) -> tuple[str, str]:
        if isinstance(error, self._etcd.EtcdInsufficientPermissions):
            return "this user may not do it", "check username and password, and the role's rights on the prefix"
        if "404 page not found" in str(error):
            return (
                "etcd's v2 API is switched off",
                "start etcd 3.4 or 3.5 with --enable-v2, or use flannel 0.18 or newer",
            )
        return str(error), "check the cluster with: etcdctl cluster-health"


class _AbsentError(ConflictError):
    """Where a key is wanted, its absence means that another writer deleted it."""

    def __init__(self, key: str) -> None:
        super().__init__(f"{key}: another writer deleted it, nothing was written. Fix: run it again", key=key)


def library() -> t.Any:
    """python-etcd, loaded only where it is needed: that takes longer than all else that a module does."""
    try:
        return importlib.import_module("etcd")
    except ImportError:
        from ansible.module_utils.basic import missing_required_lib

        reason = "for etcd's v2 API, which flannel 0.17 and older reads"
        raise MissingLibraryError(
            missing_required_lib("python-etcd", reason=reason), exception=traceback.format_exc(), library="python-etcd"
        ) from None


def _path(key: str) -> str:
    """As it stands in the URL; python-etcd would hand it over as it is."""
    return urllib.parse.quote(key)


def _header(text: str) -> str | None:
    """python-etcd writes credentials as Latin-1, etcd reads them as UTF-8."""
    return text.encode("utf-8").decode("latin-1") or None


def _client(etcd: t.Any, connection: Connection) -> t.Any:
    parts = [urllib.parse.urlsplit(url) for url in connection.endpoints]
    client = etcd.Client(
        host=tuple(etcd_http.address_of(url) for url in connection.endpoints),
        protocol=parts[0].scheme,
        read_timeout=connection.timeout * _SHARE / len(parts),
        allow_reconnect=True,
        use_proxies=True,  # only the endpoints that were given: what members advertise may not be reachable from here
        username=_header(connection.username),
        password=_header(connection.password),
    )
    # Trying again is done by endpoint; urllib3's own repetitions would multiply the time.
    client.http.connection_pool_kw["retries"] = False
    if parts[0].scheme == "https":
        # urllib3 compares the name itself then; before 2.0 it gives ssl no name where the URL has an address.
        context = etcd_http.tls_context(connection)
        context.check_hostname = False
        client.http.connection_pool_kw["ssl_context"] = context
    return client
