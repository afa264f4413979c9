# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a program within a deadline. Unlike run_command it can take variables away and never logs what it runs."""

from __future__ import annotations

import subprocess
import typing as t

from .errors import MissingLibraryError


class Finished(t.NamedTuple):
    code: int  # -1: it did not end in time
    stdout: str
    stderr: str


class Runner(t.Protocol):
    def __call__(
        self, argv: t.Sequence[str], environment: t.Mapping[str, str], stdin: str, seconds: float
    ) -> Finished: ...


def run_program(argv: t.Sequence[str], environment: t.Mapping[str, str], stdin: str, seconds: float) -> Finished:
    try:
        done = subprocess.run(
            list(argv),
            env=dict(environment),
            input=stdin.encode("utf-8"),
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Finished(-1, "", f"{argv[0]} did not end within {seconds:.0f} s")
    except OSError as error:
        raise MissingLibraryError(
            f"etcdctl = {argv[0]}: {error.strerror}. Allowed: a program on this host."
            " Fix: install it (etcd-client on Debian), set etcdctl to its path, or run the module on an etcd host"
        ) from None
    return Finished(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))
