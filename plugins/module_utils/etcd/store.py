# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The small protocol to etcd: what its v2 and its v3 API have in common."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import ConflictError


class Entry(t.NamedTuple):
    """A key with its value; `revision` changes with each write of it."""

    key: str
    value: str
    revision: int
    lease: int = 0  # v3: id of the lease that keeps it, 0 for none
    ttl: int | None = None  # v2: seconds left


class Reader(t.Protocol):
    """Every method raises StoreError, naming endpoint, cause and fix, within the time that the connection states."""

    @property
    def api(self) -> str:
        """`v2` or `v3`."""

    def get(self, key: str) -> Entry | None:
        """The entry of this key; None where there is none."""

    def list_prefix(self, prefix: str) -> list[Entry]:
        """All entries whose key begins with the prefix, in the order of their keys."""

    def alarms(self) -> list[str]:
        """Kinds of the alarms that etcd has raised, such as NOSPACE; none in the v2 API."""

    def ttls(self, entries: t.Sequence[Entry]) -> dict[str, int | None]:
        """Seconds that each key has left; None where it stays for ever."""


class Store(Reader, t.Protocol):
    """A Reader that writes as well."""

    def put(self, key: str, value: str, revision: int, ttl: int = 0) -> int:
        """Write if the key still has this revision (0: is not there); ConflictError if not. The new revision.

        The key ends after `ttl` seconds; 0: it stays for ever.
        """

    def delete(self, key: str, revision: int) -> None:
        """Delete if the key still has this revision; ConflictError if not."""


T = t.TypeVar("T")
_ATTEMPTS = 3


def until_no_conflict(attempt: t.Callable[[], T]) -> T:
    """Repeat the attempt where another writer was faster; ConflictError when that happens three times in a row."""
    for _attempt in range(_ATTEMPTS - 1):
        try:
            return attempt()
        except ConflictError:
            continue
    return attempt()
