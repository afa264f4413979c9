# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a member whose turn has failed can have its former programs and settings back. No I/O.

etcd cannot start with the data of a cluster that runs a newer minor version. The cluster takes the new version when its last member has it:
until then the other members say the old one (`/version` at their peer URLs).
"""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_release import minor_of

Mapping = t.Mapping[str, t.Any]


class WayBack(t.TypedDict):
    """`reason` says why there is no way back."""

    possible: bool
    reason: str


def way_back(plan: Mapping, version: str, answers: t.Sequence[Mapping] = ()) -> WayBack:
    """`plan` is the plan of etcd for this host, `version` that of the etcd that ran before, `answers` are those of the other members."""
    before, wanted = minor_of(version), minor_of(plan["version"])
    if before is None:
        return _none("the version that ran before is not known")
    if before == wanted:
        return WayBack(possible=True, reason="")
    found = [minor for minor in map(_cluster_version, answers) if minor is not None]
    if not found:
        return _none(f"no other member says whether the cluster still accepts etcd {version}")
    if max(found) > before:
        return _none("the cluster runs {}.{} already".format(*max(found)) + f", whose data etcd {version} cannot read")
    return WayBack(possible=True, reason="")


def _none(reason: str) -> WayBack:
    return WayBack(possible=False, reason=reason)


def _cluster_version(answer: Mapping) -> tuple[int, int] | None:
    found = answer.get("json")
    return minor_of(str(found.get("etcdcluster") or "")) if isinstance(found, dict) else None
