# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which running flanneld has no lease, from what the fleet's facts say of etcd. No I/O."""

from __future__ import annotations

import typing as t

Facts = t.Mapping[str, t.Any]


def flanneld_without_lease(facts: Facts, address: str, registry: Facts | None, members: t.Sequence[Facts]) -> int:
    """The process id of this host's flanneld, if etcd has no lease of its address; 0 if it has one, or if that is not known.

    `registry` is what was read from etcd, `members` are the members of etcd in this run: without any data a new cluster is founded,
    which has no lease of anybody.
    """
    process = (facts.get("processes") or {}).get("flanneld")
    if not process or not address:
        return 0
    if registry and "leases" in registry:
        lost = address not in {lease["public_ip"] for lease in registry["leases"]}
    else:
        lost = bool(members) and not any(member["data"] for member in members)
    return int(process["pid"]) if lost else 0
