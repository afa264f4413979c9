# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How restore.yml brings a cluster of etcd back from a snapshot, or why it does not. No I/O.

The members' own settings on their hosts count, because these start the etcd that is there: name, data directory, URLs.
`overlay-etcd-restore state` reads them, and how far an earlier run has come.
"""

from __future__ import annotations

import calendar
import dataclasses
import re
import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import escaped
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_release import Minor, minor_of
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_snapshot import Snapshot

REHEARSED = (3, 5)  # the first release of which overlay-etcd-rehearsal sees that it serves
ROOM = 3  # times the snapshot: a copy, the restored data, and room to work
TLS = ("--cert=", "--key=", "--cacert=")
VARIABLE = "overlay_restore_snapshot"
BUMP = 1_000_000_000

Mapping = t.Mapping[str, t.Any]


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
    refusals = [*_file_refusals(snapshot, wish)] or [*_member_refusals(members, snapshot, wish)]
    refusals = refusals or [*_cluster_refusals(snapshot, members, wish)]
    left = [one for one in members if one["switched"] != "yes"]
    tried = [one.host for one in left if (one.minor or (0, 0)) >= REHEARSED]
    return RestorePlan(
        refusals=[escaped(text) for text in refusals],
        lines=[] if refusals else [escaped(text) for text in _lines(snapshot, members, wish)],
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
        yield _refusal(VARIABLE, f"{path}, of the prefix {other}", f"one of the prefix {wish.prefix} (overlay_prefix)", fix)
    elif not snapshot["has_config"]:
        allowed = f"one that holds {wish.prefix.rstrip('/')}/config, flannel's configuration of this overlay (overlay_prefix)"
        yield _refusal(VARIABLE, path, allowed, "take a snapshot of this overlay")


def _member_refusals(members: t.Sequence[Member], snapshot: Snapshot, wish: Wish) -> t.Iterator[str]:
    absent = [name for name in wish.members if name not in wish.present]
    if absent or not wish.members:
        allowed = "every host of group etcd, because a member that is left out goes on with the old data"
        fix = "run without --limit; remove hosts that are gone from group etcd"
        yield _refusal("members in this run", ", ".join(wish.present) or "none", f"{allowed} (missing: {', '.join(absent)})", fix)
    for one in members:
        yield from _one_member_refusals(one, snapshot)
    for name in ("name", "peer_url"):
        values = [one[name] for one in members if one[name]]
        if len(set(values)) < len(values):
            yield _refusal(f"{name} of the members", ", ".join(values), "a different one for each", "run site.yml, which writes /etc/etcd/overlay.env")


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
        yield _refusal("etcdutl", "not there", "etcdutl, or etcdctl of 3.4, beside etcd", "run site.yml, which installs it", one.host)
    yield from _release_refusals(one, str(snapshot["about"].get("etcd_version") or ""))
    needed, free = ROOM * snapshot["size"], int(one["free"]) if one["free"].isdigit() else None
    if free is not None and free < needed:
        seen = f"{_size(free)} free in {one['data_dir']}"
        yield _refusal("room", seen, f"{_size(needed)}, {ROOM} times the snapshot", "make room there", one.host)


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


def _lines(snapshot: Snapshot, members: t.Sequence[Member], wish: Wish) -> t.Iterator[str]:
    about = snapshot["about"]
    made = calendar.timegm(time.strptime(about["time"], "%Y%m%dT%H%M%SZ")) if about else snapshot["written"]
    stamp = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(made))
    what = f"revision {about['revision']}, etcd {about['etcd_version']}, cluster {about['cluster_id']}" if about else "made by hand"
    yield f"Snapshot: {snapshot['path']}: {stamp} ({_ago(wish.now - made)} ago), {what}, {_size(snapshot['size'])}, sha256 {snapshot['sha256']}"
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
    kept = f"its data stay as {one['data_dir']}.before-restore-TIME" if one["data"] else f"{one['data_dir']} holds no data"
    return f"{one['peer_url']}, etcd {one['version']}, {one['active']}; {kept}"


def _lost(about: Mapping, members: t.Sequence[Member], stamp: str) -> str:
    if any(one["switched"] == "yes" for one in members):
        return f"what was written after {stamp}; a run that was stopped has begun with this restore"
    now = [int(one["revision"]) for one in members if one["revision"].isdigit()]
    if about and now and max(now) >= about["revision"]:
        number = max(now) - about["revision"]
        return f"what was written after {stamp}: {number} revisions" if number else f"nothing: nothing was written after {stamp}"
    return f"what was written after {stamp}; how much is not known, as no member says its revision, or it is that of another history"


def _size(number: int) -> str:
    return f"{number / (1 << 20):.1f} MiB" if number >= 1 << 20 else f"{number / (1 << 10):.1f} KiB"


def _ago(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes // 1440} d {minutes // 60 % 24} h" if minutes >= 1440 else f"{minutes // 60} h {minutes % 60} min"


# Subnets


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
