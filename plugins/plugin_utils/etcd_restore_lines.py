# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a restore as a person reads it: which snapshot, which members, what is lost, what is interrupted. No I/O."""

from __future__ import annotations

import calendar
import time
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_restore_model import Member, Wish, size_text
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_snapshot import Snapshot

BUMP = 1_000_000_000
Mapping = t.Mapping[str, t.Any]


def lines_of(snapshot: Snapshot, members: t.Sequence[Member], wish: Wish) -> t.Iterator[str]:
    about = snapshot["about"]
    made = calendar.timegm(time.strptime(about["time"], "%Y%m%dT%H%M%SZ")) if about else snapshot["written"]
    stamp = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(made))
    what = (
        f"revision {about['revision']}, etcd {about['etcd_version']}, cluster {about['cluster_id']}"
        if about
        else "made by hand"
    )
    yield f"Snapshot: {snapshot['path']}: {stamp} ({_ago(wish.now - made)} ago), {what}, {size_text(snapshot['size'])}, sha256 {snapshot['sha256']}"
    for one in members:
        yield f"Member {one.host}: {_member_text(one, snapshot)}"
    yield f"Lost: {_lost(about, members, stamp)}"
    if all(one["bumps"] for one in members):
        yield f"Revisions: go on {BUMP} after the snapshot's, so that no client takes the old ones for the new ones"
    else:
        yield "Revisions: go back to the snapshot's (this etcdutl cannot bump them): restart clients of etcd other than flanneld"
    yield (
        f"Interrupted: etcd does not answer, and flanneld is stopped on {', '.join(wish.flannel) or 'no host'}, from the stop until all members are healthy."
        " Devices, routes and containers stay; flanneld is restarted on each of these hosts."
    )


def _member_text(one: Member, snapshot: Snapshot) -> str:
    if one["switched"] == "yes" and one["progress"] == snapshot["sha256"]:
        return f"{one['peer_url']}: has this snapshot's data already, from a run that was stopped"
    kept = (
        f"its data stay as {one['data_dir']}.before-restore-TIME" if one["data"] else f"{one['data_dir']} holds no data"
    )
    return f"{one['peer_url']}, etcd {one['version']}, {one['active']}; {kept}"


def _lost(about: Mapping, members: t.Sequence[Member], stamp: str) -> str:
    if any(one["switched"] == "yes" for one in members):
        return f"what was written after {stamp}; a run that was stopped has begun with this restore"
    now = [int(one["revision"]) for one in members if one["revision"].isdigit()]
    if about and now and max(now) >= about["revision"]:
        number = max(now) - about["revision"]
        return (
            f"what was written after {stamp}: {number} revisions"
            if number
            else f"nothing: nothing was written after {stamp}"
        )
    return f"what was written after {stamp}; how much is not known, as no member says its revision, or it is that of another history"


def _ago(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes // 1440} d {minutes // 60 % 24} h" if minutes >= 1440 else f"{minutes // 60} h {minutes % 60} min"
