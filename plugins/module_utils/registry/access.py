# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What flanneld, and who only reads, may do in etcd v3; the options of etcd_users as a value. No I/O."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.auth import (
    ROOT,
    Permission,
    WantedAuth,
    on_key,
    on_prefix,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import Keys

FLANNEL, READER = "flannel", "reader"
ROLES = [{"name": FLANNEL, "access": FLANNEL}, {"name": READER, "access": READER}]
USERS = [{"name": name, "roles": [name]} for name in (ROOT, FLANNEL, READER)]
_NAME = re.compile(r"[A-Za-z0-9_.@][A-Za-z0-9_.@-]{0,63}")


def permissions_of(access: str, keys: Keys) -> list[Permission]:
    """flanneld 0.18 to 0.28 reads and watches the prefix without a slash at its end, so etcd refuses it with one."""
    if access == FLANNEL:
        return [on_key("read", keys.config), on_prefix("readwrite", keys.leases)]
    return [on_prefix("read", keys.folder)]


def wanted_auth(params: t.Mapping[str, t.Any], keys: Keys) -> WantedAuth:
    _require_names("users", [one["name"] for one in params["users"]])
    _require_names("roles", [one["name"] for one in params["roles"]])
    for one in params["roles"]:
        if one["name"] == ROOT:
            fix = "leave it out: etcd has this role, and it may do everything"
            raise InputError("roles", ROOT, "other names than root", fix)
    return WantedAuth(
        users={one["name"]: tuple(dict.fromkeys(one["roles"])) for one in params["users"]},
        roles={one["name"]: tuple(permissions_of(one["access"], keys)) for one in params["roles"]},
        enable=params["auth"],
    )


def _require_names(option: str, names: t.Sequence[str]) -> None:
    for place, name in enumerate(names):
        if not _NAME.fullmatch(name):
            allowed = (
                "1 to 64 letters, digits, dots, underscores, @ and dashes, as a certificate's common name can have"
            )
            raise InputError(option, repr(name), allowed, "choose another name")
        if name in names[:place]:
            raise InputError(option, repr(name), "each name once", "give all of it in one entry")
