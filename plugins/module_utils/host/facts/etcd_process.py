# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By which URL clients reach the etcd that runs on this host: what the process itself was told."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.processes import arguments, environment
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Process

VARIABLE, FLAG = "ETCD_ADVERTISE_CLIENT_URLS", "advertise-client-urls"


def client_urls(process: Process | None) -> list[str]:
    """Empty where no etcd runs, and where it got its URLs in another way, such as a configuration file."""
    if process is None:
        return []
    given = in_arguments(arguments(process["pid"])) or (environment(process["pid"]) or {}).get(VARIABLE, "")
    return [url.strip() for url in given.split(",") if url.strip()]


def in_arguments(argv: t.Sequence[str]) -> str:
    """The value of the flag, written with one or two dashes, as one argument or as two. An argument wins over a variable."""
    for argument, following in zip(argv, [*argv[1:], ""]):
        name, sign, value = argument.lstrip("-").partition("=")
        if argument.startswith("-") and name == FLAG:
            return value if sign else following
    return ""
