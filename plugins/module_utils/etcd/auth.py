# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users, roles and authentication of etcd v3: what etcdctl prints about them, as types. No I/O."""

from __future__ import annotations

import base64
import json
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import RefusedError
from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import Finished

ROOT = "root"  # etcd's own name of the user and of the role that may do everything
_KINDS = {0: "read", 1: "write", 2: "readwrite"}
_ZERO = b"\0"  # as an end: no end
# etcd says this to a caller who may not administrate users; the last one is of "auth status" with a user that is not there.
_DENIED = re.compile("permission denied|user name not found|user name is empty|user not found")
# Another caller did the same between our reading and our step.
_OVERTAKEN = re.compile("name already exists|is not granted|role name not found")
_WRONG_PASSWORD = "authentication failed"


class Permission(t.NamedTuple):
    """On one key, or on the range from `key` to before `end`."""

    kind: str  # read, write or readwrite
    key: bytes
    end: bytes = b""

    @property
    def everything(self) -> bool:
        return self.end == _ZERO and self.key in (b"", _ZERO)

    def __str__(self) -> str:
        key = _shown(self.key)
        if self.everything:
            return f"{self.kind} everything"
        if self.end == _ZERO:
            return f"{self.kind} everything from {key} on"
        if self.end == end_of_prefix(self.key):
            return f"{self.kind} {key}*"
        return f"{self.kind} {key}" + (f" to before {_shown(self.end)}" if self.end else "")

    def range_words(self) -> tuple[list[str], list[str]]:
        """Options and keys for etcdctl. No argument can hold a zero byte, so some ranges have an option instead of their end."""
        if self.everything:
            return ["--prefix=true"], [""]
        if self.end == _ZERO:
            return ["--from-key=true"], [_argument(self.key)]
        if self.end == end_of_prefix(self.key):
            return ["--prefix=true"], [_argument(self.key)]
        return [], [_argument(key) for key in (self.key, self.end) if key]


Roles = t.Mapping[str, t.Sequence[Permission]]


class AuthState(t.NamedTuple):
    """What etcd has: its users with their roles, the permissions of the roles that were read, and the names of all roles."""

    enabled: bool
    users: t.Mapping[str, t.Sequence[str]]
    roles: Roles
    names: t.Sequence[str] = ()


class WantedAuth(t.NamedTuple):
    """Users with their roles, and roles with their permissions. The role root needs no permissions."""

    users: t.Mapping[str, t.Sequence[str]]
    roles: Roles
    enable: bool = True


def on_key(kind: str, key: str) -> Permission:
    return Permission(kind, key.encode("utf-8"))


def on_prefix(kind: str, prefix: str) -> Permission:
    """On all keys that begin so."""
    return Permission(kind, prefix.encode("utf-8"), end_of_prefix(prefix.encode("utf-8")))


def end_of_prefix(prefix: bytes) -> bytes:
    """The first key behind all that begin so, as etcdctl computes it."""
    stem = prefix.rstrip(b"\xff")
    return stem[:-1] + bytes([stem[-1] + 1]) if stem else _ZERO


def enabled_in(done: Finished) -> bool | None:
    """Whether authentication is enabled by `auth status`; None where this etcdctl (3.4) or this etcd does not report it.

    Who may not ask is told so only if it is enabled.
    """
    if done.code:
        return True if denied(done.stderr) or _WRONG_PASSWORD in done.stderr else None
    try:
        reported = json.loads(done.stdout)
        return bool(reported.get("enabled", False)) if "authRevision" in reported or "enabled" in reported else None
    except (ValueError, TypeError, AttributeError):
        return None


def enabled_for_nobody(done: Finished) -> bool | None:
    """The same by a request of a user that is not there, also of etcd 3.4: its password is checked only if authentication is enabled."""
    if not done.code:
        return False
    return True if _WRONG_PASSWORD in done.stderr else None


def denied(stderr: str) -> bool:
    return bool(_DENIED.search(stderr))


def overtaken(stderr: str) -> bool:
    return bool(_OVERTAKEN.search(stderr))


def names_in(answer: t.Mapping[str, t.Any], kind: str) -> list[str]:
    """Of `user list`, `role list`, or the roles in `user get`."""
    _require_header(answer)
    return [str(name) for name in answer.get(kind) or ()]


def permissions_in(answer: t.Mapping[str, t.Any]) -> list[Permission]:
    """Of `role get`."""
    _require_header(answer)
    return sorted(_permission(one) for one in answer.get("perm") or ())


def _require_header(answer: t.Mapping[str, t.Any]) -> None:
    """Empty lists are left out, so other JSON would count as one."""
    if "header" not in answer:
        raise ValueError("not an answer of etcd")


def _permission(one: t.Mapping[str, t.Any]) -> Permission:
    key, end = (base64.b64decode(one.get(name, "")) for name in ("key", "range_end"))
    return Permission(_KINDS[int(one.get("permType", 0))], key, end)


def _shown(key: bytes) -> str:
    return key.decode("utf-8", "backslashreplace")


def _argument(key: bytes) -> str:
    try:
        text = key.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise RefusedError(
            f"a role that is to be narrowed has a permission on the key {_shown(key)!r}, which cannot be given to etcdctl."
            " Fix: delete the role (etcdctl role delete), then run again"
        )
    return text
