# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another minor release is tried on a copy of each member's data, before anything of a member is changed. No I/O.

What a release cannot read is not told by versions alone. etcd 3.7 ends where the log holds what 3.5 wrote, and etcd 3.6 where the log
holds writes of the v2 API, or where a member joined as a learner while an early 3.5 ran (etcd's upgrade guides to 3.6, and runs of all of them).
"""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_context import EtcdContext
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_release import minor_of

FOLDER = "/var/lib/overlay-etcd/rehearsal"
OLDEST = (3, 5)  # the first release of which the program says in its log that it serves
NO_COPY = 3  # the script's end where there is no room or no time for a copy
# etcd 3.6 writes a snapshot of its log whenever the version of the cluster goes down; older releases cannot be asked for one.
CAN_SNAPSHOT = (3, 6)
CAUSES = (
    (
        "too many learner members",
        "a member has joined as a learner while an etcd from 3.5.1 to 3.5.25 ran, which has not noted its promotion",
        "set etcd_version to a release of 3.5 from 3.5.26 on, run, and then again with {wanted}",
    ),
    (
        "disallowed v2",
        "its log still holds writes of the v2 API, which etcd keeps until its next snapshot of the log",
        "delete what is left in v2 (ETCDCTL_API=2 etcdctl rm --recursive KEY), run once with etcd_settings: {{snapshot-count: 1}},"
        " write two keys of v3, remove the setting, and run again",
    ),
)

Mapping = t.Mapping[str, t.Any]


class Rehearsal(t.TypedDict, total=False):
    """`program` is on the controller, `folder` the place for it on the host; `data` and `wal` are what is copied.

    `seconds` is the time for one try. `running` and `wanted` are minor releases.
    """

    program: str
    folder: str
    data: str
    wal: str
    seconds: int
    running: str
    wanted: str


def rehearsal_of(context: EtcdContext) -> Rehearsal:
    """Empty where the member does not change to another minor release, or a package would bring it."""
    settings, running, wanted = context.settings, minor_of(context.member["version"]), context.minor
    if settings.by_package or not settings.rehearse or not context.lives or running is None or wanted is None:
        return Rehearsal()
    if running == wanted or min(running, wanted) < (3, 0) or wanted < OLDEST:
        return Rehearsal()
    return Rehearsal(
        program=f"{context.source}/etcd",
        folder=FOLDER,
        data=settings.data_dir,
        wal=settings.extra.get("ETCD_WAL_DIR", ""),
        seconds=settings.start_timeout,
        running=context.member["version"],
        wanted=context.minor_text,
    )


def may_help(rehearsals: t.Sequence[Mapping], results: t.Sequence[Mapping]) -> bool:
    """Whether a snapshot of the log is worth a try: somewhere the release does not serve, and all members run one that writes it when asked."""
    running = {minor_of(rehearsal["running"]) for rehearsal in rehearsals if rehearsal}
    newer = [
        rehearsal for rehearsal in rehearsals if rehearsal and (minor_of(rehearsal["wanted"]) or ()) > CAN_SNAPSHOT
    ]
    return bool(newer) and running == {CAN_SNAPSHOT} and any(result.get("rc") == 1 for result in results)


def refusal(host: str, rehearsal: Mapping, results: t.Sequence[Mapping]) -> str:
    """A sentence where the last try on this host has failed; else empty."""
    tries = [result for result in results if "rc" in result]
    if not tries or tries[-1]["rc"] == 0:
        return ""
    last = tries[-1]
    said = (last.get("stdout") or last.get("stderr") or last.get("msg") or "").strip()
    if last["rc"] == NO_COPY:
        fix = "make room, or raise etcd_start_timeout; or, after a backup (etcdctl snapshot save), set etcd_rehearse: false"
        return f"{host}: etcd_version = {rehearsal['wanted']}: it cannot be tried on a copy of this member's data: {said}. Fix: {fix}."
    known = [(why, fix) for text, why, fix in CAUSES if text in said]
    why, fix = known[0] if known else ("", "read what it said; etcd's upgrade guide names what has to be done before")
    return (
        f"{host}: etcd_version = {rehearsal['wanted']}: it does not serve a copy of this member's data, written by etcd {rehearsal['running']}"
        f"{': ' if why else ''}{why}. Nothing was changed. Fix: {fix.format(wanted=rehearsal['wanted'])}. It said: {said}"
    )
