# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a program of the host for a bounded time, in one language."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import SlowHostError
from ansible_collections.overlay.flannel.plugins.module_utils.common.search_path import search_path

SECONDS = 30
TOO_SLOW = (124, 137)  # timeout(1): ended by SIGTERM, or by SIGKILL


@dataclasses.dataclass(frozen=True)
class Output:
    """A program that is missing has code 127."""

    code: int
    out: str = ""
    error: str = ""


Runner = t.Callable[[t.Sequence[str]], Output]
RunCommand = t.Callable[..., t.Tuple[int, str, str]]


def bounded(run_command: RunCommand, seconds: int = SECONDS) -> Runner:
    """`run_command` is that of AnsibleModule; it has no time limit of its own.

    The runner raises SlowHostError: what a program has not told in time would look like what is not there.
    """
    environment = {"LC_ALL": "C", "PATH": search_path()}

    def run(argv: t.Sequence[str]) -> Output:
        limited = ["timeout", "-k", "1", str(seconds), *argv]
        done = Output(*run_command(limited, environ_update=environment))
        if done.code in TOO_SLOW:
            raise SlowHostError(argv, seconds)
        return done

    return run
