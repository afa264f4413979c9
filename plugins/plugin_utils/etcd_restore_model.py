# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a restore of etcd is decided from: what the command and the inventory say, and what the members have. No I/O.

The members' own settings on their hosts count, because these start the etcd that is there: name, data directory, URLs.
`overlay-etcd-restore state` reads them, and how far an earlier run has come.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_release import Minor, minor_of


@dataclasses.dataclass(frozen=True)
class Wish:
    """What the inventory and the command say. `members` are all of group etcd, `flannel` all of group flannel, `present` those in this run."""

    prefix: str
    members: t.Sequence[str]
    present: t.Sequence[str]
    flannel: t.Sequence[str] = ()
    token: str = "overlay-etcd"
    other_cluster: bool = False
    etcdctl: t.Sequence[str] = ()
    now: float = 0.0


@dataclasses.dataclass(frozen=True)
class Member:
    """One member as `overlay-etcd-restore state` has printed it."""

    host: str
    state: t.Mapping[str, str]

    @classmethod
    def of(cls, host: str, text: str) -> Member:
        pairs = (line.partition(" ") for line in text.splitlines())
        return cls(host, {name: value.strip() for name, _space, value in pairs})

    def __getitem__(self, name: str) -> str:
        return self.state.get(name, "")

    @property
    def minor(self) -> Minor | None:
        return minor_of(self["version"])

    @property
    def ids(self) -> list[str]:
        """Of the clusters of which it has been a member, as far as that is known."""
        return [name for name in [self["cluster_id"], *self["known"].split()] if name]


def size_text(number: int) -> str:
    return f"{number / (1 << 20):.1f} MiB" if number >= 1 << 20 else f"{number / (1 << 10):.1f} KiB"
