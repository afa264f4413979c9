# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a program of the host for a bounded time, in one language."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import typing as t

NOT_THERE = 127
TOO_SLOW = 124
ADMIN_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclasses.dataclass(frozen=True)
class Output:
    code: int
    out: str = ""
    error: str = ""


Runner = t.Callable[[t.Sequence[str]], Output]


def run(argv: t.Sequence[str], timeout: float = 10.0) -> Output:
    """Never raises: a missing program is code 127, one that takes too long is ended and code 124."""
    path = os.environ.get("PATH", "") + ":" + ADMIN_PATH
    env = dict(os.environ, LC_ALL="C", PATH=path.lstrip(":"))
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, env=env, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        return Output(TOO_SLOW, error=f"{argv[0]} gave no answer within {timeout:g} s")
    except OSError as error:
        return Output(NOT_THERE, error=f"{argv[0]}: {error.strerror}")
    return Output(done.returncode, text(done.stdout), text(done.stderr))


def text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
