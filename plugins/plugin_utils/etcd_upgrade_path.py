# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The releases between the etcd that runs and the one that is wanted: one of each minor version (etcd's upgrade guides). No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_context import EtcdContext
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_release import CHECKSUMS, Minor, minor_of
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal

Number = t.Tuple[int, ...]

# These releases do not note that a learner was promoted, and 3.6 counts it as a learner. A later one of 3.5 puts it right.
FORGETS_PROMOTIONS = ((3, 5, 1), (3, 5, 26))
VARIABLE = "etcd_upgrade_path"


class Step(t.TypedDict):
    """The variables of the role with which one release is installed."""

    etcd_version: str
    etcd_install_method: str
    etcd_file_dir: str
    etcd_archive_url: str
    etcd_archive_checksum: str


def upgrade_steps(context: EtcdContext) -> tuple[list[Step], list[Refusal]]:
    """What has to run before the wanted release, and what is missing for it.

    Nothing where the wanted release is the next one or a package, or where no member runs.
    """
    steps, refusals = [], []
    for minor, lowest in _between(context):
        step = _given(context, minor, lowest) or _known(context, minor, lowest)
        if step is None:
            refusals.append(_missing(context, minor, lowest))
        else:
            steps.append(step)
    return steps, refusals


def way_of(context: EtcdContext, steps: t.Sequence[Step]) -> list[str]:
    """From the release that runs to the wanted one; one of them where both are the same, and nothing where neither is known."""
    settings = context.settings
    wanted = context.minor_text if settings.by_package else settings.version
    way = [running_release(context), *(step["etcd_version"] for step in steps), wanted]
    return [release for release in dict.fromkeys(way) if release]


def running_release(context: EtcdContext) -> str:
    """Of the oldest member that runs; empty where none does."""
    return min((member["version"] for member in context.members if member["version"]), key=number_of, default="")


def number_of(version: str) -> Number:
    return tuple(int(part) for part in version.partition("-")[0].split(".") if part.isdigit())


def _between(context: EtcdContext) -> t.Iterator[tuple[Minor, Number]]:
    """Each minor version with its oldest release that will do."""
    running, wanted = number_of(running_release(context)), context.minor
    if context.settings.by_package or wanted is None or len(running) < 2 or running[0] != wanted[0]:
        return
    if FORGETS_PROMOTIONS[0] <= running < FORGETS_PROMOTIONS[1] and wanted > (3, 5):
        yield (3, 5), FORGETS_PROMOTIONS[1]
    for minor in range(running[1] + 1, wanted[1]):
        yield (wanted[0], minor), (FORGETS_PROMOTIONS[1] if (wanted[0], minor) == (3, 5) else ())


def _given(context: EtcdContext, minor: Minor, lowest: Number) -> Step | None:
    """The newest one of the user."""
    found = [
        given
        for given in context.settings.upgrade_path
        if minor_of(str(given["etcd_version"])) == minor and number_of(str(given["etcd_version"])) >= lowest
    ]
    if not found:
        return None
    return _step(max(found, key=lambda given: number_of(str(given["etcd_version"]))))


def _known(context: EtcdContext, minor: Minor, lowest: Number) -> Step | None:
    """The newest one of which the collection knows the archive's checksum, where archives come from their usual place."""
    settings, architecture = context.settings, context.platform["architecture"]
    if settings.install_method != "archive" or settings.archive_url:
        return None
    names = [name.partition("-") for name in CHECKSUMS]
    versions = [version for version, _dash, built_for in names if built_for == architecture]
    found = [version for version in versions if minor_of(version) == minor and number_of(version) >= lowest]
    if not found:
        return None
    return _step({"etcd_version": max(found, key=number_of)})


def _step(given: t.Mapping[str, t.Any]) -> Step:
    folder = str(given.get("etcd_file_dir") or "")
    return Step(
        etcd_version=str(given["etcd_version"]),
        etcd_install_method="file" if folder else "archive",
        etcd_file_dir=folder,
        etcd_archive_url=str(given.get("etcd_archive_url") or ""),
        etcd_archive_checksum=str(given.get("etcd_archive_checksum") or ""),
    )


def _missing(context: EtcdContext, minor: Minor, lowest: Number) -> Refusal:
    text = "{}.{}".format(*minor)
    oldest = f" from {'.'.join(map(str, lowest))} on" if lowest else ""
    names = ", ".join(str(given["etcd_version"]) for given in context.settings.upgrade_path)
    return Refusal(
        VARIABLE,
        f"[{names}]" if names else "(empty)",
        f"a release of {text}{oldest}, because the cluster runs {running_release(context)} and etcd skips no minor version",
        f"add {{etcd_version: {text}.N, etcd_file_dir: FOLDER}} with the folder of its programs on the controller,"
        " or {etcd_version, etcd_archive_checksum}",
    )
