# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions of installed packages, by dpkg or rpm."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import HostRunner


def read_packages(names: t.Sequence[str], manager: str, run: HostRunner) -> dict[str, str | None]:
    """Versions of the installed ones, by one call."""
    if not names:
        return {}
    lines = dpkg_lines(names, run) if manager == "apt" else rpm_lines(names, run)
    versions = {line[0]: line[1] for line in lines if len(line) == 2}
    return {name: versions.get(name) for name in names}


def dpkg_lines(names: t.Sequence[str], run: HostRunner) -> list[list[str]]:
    done = run(["dpkg-query", "-W", "-f", "${Package}\t${Version}\t${db:Status-Status}\n", *names])
    rows = [line.split("\t") for line in done.out.splitlines()]
    return [row[:2] for row in rows if row[-1] == "installed"]


def rpm_lines(names: t.Sequence[str], run: HostRunner) -> list[list[str]]:
    """A name that is not installed gives a sentence instead of a row: it has no tab."""
    done = run(["rpm", "-q", "--qf", "%{NAME}\t%{VERSION}-%{RELEASE}\n", *names])
    return [line.split("\t") for line in done.out.splitlines()]
