# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where flannel keeps things in etcd."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError


class Keys(t.NamedTuple):
    """Keys below one prefix, joined like flannel does it: doubled slashes and one at the end do not count."""

    prefix: str
    leases: str  # all keys that begin so are leases to flannel

    @property
    def config(self) -> str:
        return self.prefix + "/config"

    @property
    def folder(self) -> str:
        return self.prefix + "/"

    def is_lease(self, key: str) -> bool:
        return key.startswith(self.leases)

    def is_in_place(self, key: str, name: str) -> bool:
        return key == f"{self.prefix}/subnets/{name}"


def keys_below(prefix: str, api: str) -> Keys:
    parts = [part for part in prefix.split("/") if part]
    if not parts:
        fix = "give the prefix that flanneld gets as --etcd-prefix"
        raise InputError("prefix", repr(prefix), "a path such as /flannel/network", fix)
    rooted = prefix.startswith("/") or api == "v2"
    joined = ("/" if rooted else "") + "/".join(parts)
    # By v3 flannel reads siblings such as `subnets_backup/` too.
    return Keys(joined, joined + ("/subnets/" if api == "v2" else "/subnets"))
