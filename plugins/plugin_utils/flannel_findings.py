# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the network's configuration, the flags and the release mean for this host. No I/O."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config import problems
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_context import FlannelContext
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_flags import flag_problems
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_settings import FlannelSettings
from ansible_collections.overlay.flannel.plugins.plugin_utils.network_overlaps import network_conflicts

FILTERS_LOGS = 253  # the first systemd with LogFilterPatterns
RELEASE_NUMBER = re.compile(r"[0-9]+[.][0-9]+[.][0-9]+")


def findings(context: FlannelContext) -> list[Finding]:
    """Only for settings that the checks have passed."""
    wanted = context.settings
    found = flag_problems(wanted.options, wanted.release)
    if not wanted.network:
        return found
    of_network = problems(wanted.network, wanted.release, len(wanted.hosts))
    return [*of_network, *network_conflicts(context.facts, wanted.network), *found]


def advice(wanted: FlannelSettings, systemd_version: int) -> t.Iterator[str]:
    """What works, but has a risk."""
    release, version = wanted.release, wanted.parsed
    if wanted.etcd_password and version >= (0, 15) and systemd_version < FILTERS_LOGS:
        yield (
            "flannel 0.15 and newer writes flannel_etcd_password in clear into the journal when it starts, and this systemd cannot leave"
            " that line out (253 and newer can); client certificates have no such flaw"
        )
    if wanted.secure_endpoints and not wanted.etcd_client_cert and not wanted.reads_v2:
        yield "without flannel_etcd_client_cert flannel trusts only the CAs of the system's store"
    if wanted.reads_v2:
        yield (
            f"flannel {release} reads only etcd's API v2, which etcd 3.4 and 3.5 serve only if it is enabled, and 3.6 not at all"
        )
    if (0, 18) <= version < (0, 21):
        yield f"flannel {release} panics when etcd or its lease is lost; 0.28.10 does not"
    if (0, 21) <= version < (0, 28, 10):
        yield (
            f"flannel {release} can lose its peers or itself when a lease is malformed or etcd compacts its history; 0.28.10 does not"
        )


def other_release(context: FlannelContext) -> t.Iterator[str]:
    """Only for a host whose programs are as wanted: before an upgrade the old release runs."""
    running = (context.facts.get("flannel") or {}).get("version") or ""
    if RELEASE_NUMBER.fullmatch(running) and running != context.settings.release:
        yield (
            f"flanneld says that it is {running}, flannel_version = {context.settings.version}."
            " Fix: set flannel_version to the release that is installed, because rules and flags depend on it"
        )
