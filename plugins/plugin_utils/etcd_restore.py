# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How restore.yml brings a cluster of etcd back from a snapshot, or why it does not. No I/O."""

from __future__ import annotations

import re
import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import escaped
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_restore_checks import refusals
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_restore_lines import lines_of
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_restore_model import Member, Wish
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_snapshot import Snapshot

REHEARSED = (3, 5)  # the first release of which overlay-etcd-rehearsal sees that it serves
TLS = ("--cert=", "--key=", "--cacert=")


class RestorePlan(t.TypedDict):
    """`refusals` and `lines` are complete sentences. `cluster` is ETCD_INITIAL_CLUSTER, `words` are NAME and peer URL by inventory name,
    `rehearse_on` is the host that starts the release on the restored data first (empty: none), `old_id` the id of the cluster in the snapshot.
    """

    refusals: t.List[str]
    lines: t.List[str]
    sha256: str
    path: str
    token: str
    cluster: str
    words: t.Dict[str, t.List[str]]
    rehearse_on: str
    old_id: str
    etcdctl: t.List[str]
    time: str


def restore_plan(snapshot: Snapshot, states: t.Mapping[str, str], wish: Wish) -> RestorePlan:
    members = [Member.of(name, states[name]) for name in wish.members if name in states]
    about = snapshot["about"]
    found = refusals(snapshot, members, wish)
    left = [one for one in members if one["switched"] != "yes"]
    tried = [one.host for one in left if (one.minor or (0, 0)) >= REHEARSED]
    return RestorePlan(
        refusals=[escaped(text) for text in found],
        lines=[] if found else [escaped(text) for text in lines_of(snapshot, members, wish)],
        sha256=snapshot["sha256"],
        path=snapshot["path"],
        token=f"{wish.token}-{snapshot['sha256'][:12]}",
        cluster=",".join(f"{one['name']}={one['peer_url']}" for one in members),
        words={one.host: [one["name"], one["peer_url"]] for one in members},
        rehearse_on=tried[0] if tried else "",
        old_id=str(about.get("cluster_id") or "unknown"),
        etcdctl=_etcdctl(members, wish),
        time=time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(wish.now)),
    )


def _etcdctl(members: t.Sequence[Member], wish: Wish) -> list[str]:
    """By the scheme with which the members will serve; an http cluster whose data are gone does not say so in other facts."""
    urls = [one["client_url"] for one in members]
    plain = any(url.startswith("http:") for url in urls)
    words = [word for word in wish.etcdctl if not (plain and word.startswith(TLS))]
    return [*words, f"--endpoints={','.join(urls)}"]


def subnet_of(text: str) -> str:
    """FLANNEL_SUBNET of subnet.env."""
    found = re.search(r"(?m)^FLANNEL_SUBNET=(\S+)$", text)
    return found.group(1) if found else ""


def moved_hosts(before: t.Mapping[str, str], after: t.Mapping[str, str]) -> list[str]:
    """A sentence for each host that has another subnet now. Both are texts of subnet.env by inventory name."""
    found = []
    for host, text in before.items():
        had, has = subnet_of(text), subnet_of(after.get(host, ""))
        if had and has != had:
            found.append(f"{host}: had {had} before the restore, and has {has or 'no subnet'} now")
    return found
