# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a snapshot from being restored, told before anything is changed. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_release import minor_of
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_restore_model import Member, Wish, size_text
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_snapshot import Snapshot

ROOM = 3  # times the snapshot: a copy, the restored data, and room to work
VARIABLE = "overlay_restore_snapshot"


def refusals(snapshot: Snapshot, members: t.Sequence[Member], wish: Wish) -> list[str]:
    """Complete sentences, of the first kind that there is: those after it depend on it."""
    return (
        [*_file_refusals(snapshot, wish)]
        or [*_member_refusals(members, snapshot, wish)]
        or [*_cluster_refusals(snapshot, members, wish)]
    )


def _refusal(variable: str, value: object, allowed: str, fix: str, host: str = "") -> str:
    return f"{host + ': ' if host else ''}{variable} = {value}: allowed: {allowed}. Fix: {fix}. Nothing was changed."


def _file_refusals(snapshot: Snapshot, wish: Wish) -> t.Iterator[str]:
    path, about = snapshot["path"], snapshot["about"]
    if snapshot["problem"]:
        yield _refusal(
            VARIABLE,
            path,
            f"a whole snapshot of etcd 3: {snapshot['problem']}",
            "take another one (backup.yml brings the .db, .db.sha256 and .db.json), or copy this one anew",
        )
        return
    other = about.get("prefix", wish.prefix)
    if other.rstrip("/") != wish.prefix.rstrip("/"):
        fix = f"take a snapshot of this overlay; or set overlay_prefix: {other}, if flannel's keys are to be there"
        yield _refusal(
            VARIABLE, f"{path}, of the prefix {other}", f"one of the prefix {wish.prefix} (overlay_prefix)", fix
        )
    elif not snapshot["has_config"]:
        allowed = (
            f"one that holds {wish.prefix.rstrip('/')}/config, flannel's configuration of this overlay (overlay_prefix)"
        )
        yield _refusal(VARIABLE, path, allowed, "take a snapshot of this overlay")


def _member_refusals(members: t.Sequence[Member], snapshot: Snapshot, wish: Wish) -> t.Iterator[str]:
    absent = [name for name in wish.members if name not in wish.present]
    if absent or not wish.members:
        allowed = "every host of group etcd, because a member that is left out goes on with the old data"
        fix = "run without --limit; remove hosts that are gone from group etcd"
        yield _refusal(
            "members in this run", ", ".join(wish.present) or "none", f"{allowed} (missing: {', '.join(absent)})", fix
        )
    for one in members:
        yield from _one_member_refusals(one, snapshot)
    for name in ("name", "peer_url"):
        values = [one[name] for one in members if one[name]]
        if len(set(values)) < len(values):
            yield _refusal(
                f"{name} of the members",
                ", ".join(values),
                "a different one for each",
                "run site.yml, which writes /etc/etcd/overlay.env",
            )


def _one_member_refusals(one: Member, snapshot: Snapshot) -> t.Iterator[str]:
    missing = [name for name in ("name", "data_dir", "peer_url", "client_url", "guard", "version") if not one[name]]
    if missing:
        yield _refusal(
            "etcd",
            f"not installed by the role ({', '.join(missing)} not found)",
            "an etcd that the role etcd has installed",
            "run site.yml first; on a host without data it founds an empty cluster, which this playbook replaces"
            " with overlay_restore_other_cluster=true",
            one.host,
        )
        return
    if one["v2"] == "true":
        allowed = "an etcd without the v2 API, whose keys no snapshot holds"
        yield _refusal("etcd_enable_v2", "true", allowed, "restore a copy of the data directory by hand", one.host)
    if one["wal_dir"]:
        fix = "restore it by hand (etcdutl snapshot restore --wal-dir), or take wal-dir out of etcd_settings first"
        yield _refusal("wal-dir in etcd_settings", one["wal_dir"], "the log in the data directory", fix, one.host)
    if not one["tool"]:
        yield _refusal(
            "etcdutl",
            "not there",
            "etcdutl, or etcdctl of 3.4, beside etcd",
            "run site.yml, which installs it",
            one.host,
        )
    yield from _release_refusals(one, str(snapshot["about"].get("etcd_version") or ""))
    needed, free = ROOM * snapshot["size"], int(one["free"]) if one["free"].isdigit() else None
    if free is not None and free < needed:
        seen = f"{size_text(free)} free in {one['data_dir']}"
        yield _refusal("room", seen, f"{size_text(needed)}, {ROOM} times the snapshot", "make room there", one.host)


def _release_refusals(one: Member, written: str) -> t.Iterator[str]:
    """etcd reads what an older release wrote, and skips versions in that; not the other way round."""
    wrote = minor_of(written)
    if wrote is None or one.minor is None or one.minor >= wrote:
        return
    yield _refusal(
        "etcd_version",
        f"{one['version']} on this member, with a snapshot of {written}",
        f"etcd {'{}.{}'.format(*wrote)} or newer: an older one cannot read the snapshot",
        f"run site.yml with etcd_version: {written} first, or take an older snapshot",
        one.host,
    )


def _cluster_refusals(snapshot: Snapshot, members: t.Sequence[Member], wish: Wish) -> t.Iterator[str]:
    if wish.other_cluster or any(one["progress"] == snapshot["sha256"] for one in members):
        return
    about, known = snapshot["about"], sorted({name for one in members for name in one.ids})
    fix = "take a snapshot of this cluster; or, to have that of another one here, run again with -e overlay_restore_other_cluster=true"
    if not about:
        allowed = f"one with {snapshot['path']}.json beside it, which says of which cluster it is"
        yield _refusal(VARIABLE, f"{snapshot['path']}, made by hand", allowed, fix)
        return
    seen = f"{snapshot['path']}, of the cluster {about['cluster_id']}"
    if known and about["cluster_id"] not in known:
        yield _refusal(VARIABLE, seen, f"one of this cluster ({', '.join(known)})", fix)
    # All data may be gone, and with them the cluster's id.
    places = {url for one in about["members"] for url in one["peerURLs"]}
    if not known and not places & {one["peer_url"] for one in members}:
        urls = ", ".join(sorted(places))
        yield _refusal(VARIABLE, f"{seen}, with members at {urls}", "one of these members", fix)
