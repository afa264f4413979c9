# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions of flannel and etcd, and what follows from them."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError

Version = t.Tuple[int, ...]

NEWEST_V2_FLANNEL = "0.17.0"
NEWEST_FLANNEL = "0.28.10"
_FORM = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?(?:[-+~].*)?")


def parse_version(text: str, name: str = "flannel_version") -> Version:
    """`v0.28.10`, `0.20.2-k3s1.23` and `3.4` are versions; `latest` is none."""
    match = _FORM.fullmatch(text.strip())
    if not match:
        raise InputError(name, repr(text), "a release such as 0.28.10", f"give {name} the release that is installed")
    return tuple(int(part or 0) for part in match.groups())


def rules_for(flannel_version: str, api: str) -> str:
    """Whose rules to use: those of the version given, else of the newest that reads this API."""
    return flannel_version or (NEWEST_V2_FLANNEL if api == "v2" else NEWEST_FLANNEL)


def flannel_api(flannel_version: str) -> str:
    """The etcd API that this flannel reads; there is neither a switch nor a fallback in flannel."""
    return "v2" if parse_version(flannel_version) < (0, 18) else "v3"


def outlives_compaction(flannel_version: str) -> bool:
    """Whether flanneld goes on when etcd drops its old revisions; one that is not known counts as the newest.

    From 0.18 to 0.28.8 it asks without end for the revision at which it has begun, as soon as it has to connect anew (flannel's issues
    #2470 and #2524). Older ones use the v2 API, which has no compaction.
    """
    try:
        return not (0, 18) <= parse_version(flannel_version) < (0, 28, 9)
    except InputError:
        return True
