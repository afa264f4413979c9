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
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_release import Minor, minor_of

FOLDER = "/var/lib/overlay-etcd/rehearsal"
OLDEST = (3, 5)  # the first release of which the program says in its log that it serves
NO_COPY = 3  # the script's end where there is no room or no time for a copy
# etcd 3.6 writes a snapshot of its log whenever the version of the cluster goes down; older releases cannot be asked for one.
CAN_SNAPSHOT = (3, 6)
# Without its v2 API etcd deletes nothing there. Each write makes a snapshot while snapshot-count is 1, and the log before the last but one is dropped.
WITHOUT_V2 = (
    "run once with the release that runs, etcd_enable_v2: true and etcd_settings: {{snapshot-count: 1}}; delete what is left in v2"
    " (ETCDCTL_API=2 etcdctl rm --recursive KEY), write two keys of v3; then remove both settings and run again"
)
CAUSES = (
    (
        "too many learner members",
        "a member has joined as a learner while an etcd from 3.5.1 to 3.5.25 ran, which has not noted its promotion",
        "set etcd_version to a release of 3.5 from 3.5.26 on, run, and then again with {wanted}",
    ),
    (
        "disallowed v2",
        "its log still holds writes of the v2 API, which etcd keeps until its next snapshot of the log",
        WITHOUT_V2,
    ),
    ("disallowed custom content in v2store", "it still holds keys of the v2 API", WITHOUT_V2),
)
GENERAL = "read what it said; etcd's upgrade guide names what has to be done before"
STOPPED = "set etcd_version to the release that wrote the data, run, and then again with {wanted}; where no release serves the data, set etcd_rehearse: false"

Mapping = t.Mapping[str, t.Any]


class Rehearsal(t.TypedDict, total=False):
    """`program` is on the controller, `folder` the place for it on the host; `data` and `wal` are what is copied.

    `seconds` is the time for one try. `running` is a release, empty where the member does not run; `wanted` is a minor release.
    """

    program: str
    folder: str
    data: str
    wal: str
    seconds: int
    running: str
    wanted: str


def rehearsal_of(context: EtcdContext, program_differs: bool) -> Rehearsal:
    """Empty where the member does not change to another minor release, or a package would bring it. A member that does not run
    does not say which release wrote its data: it tries each program that it does not have yet."""
    settings, wanted = context.settings, context.minor
    if settings.by_package or not settings.rehearse or wanted is None or wanted < OLDEST:
        return Rehearsal()
    if not (_changes_release(context, wanted) if context.lives else _has_unread_data(context) and program_differs):
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


def _changes_release(context: EtcdContext, wanted: Minor) -> bool:
    running = minor_of(context.member["version"])
    return running is not None and running >= (3, 0) and running != wanted


def _has_unread_data(context: EtcdContext) -> bool:
    return context.member["data"] and not context.unfinished


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
    why, fix = known[0] if known else ("", GENERAL if rehearsal["running"] else STOPPED)
    wrote = f"written by etcd {rehearsal['running']}" if rehearsal["running"] else "whose etcd does not run"
    return (
        f"{host}: etcd_version = {rehearsal['wanted']}: it does not serve a copy of this member's data, {wrote}"
        f"{': ' if why else ''}{why}. Nothing was changed. Fix: {fix.format(wanted=rehearsal['wanted'])}. It said: {said}"
    )
