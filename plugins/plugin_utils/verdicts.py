# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which verdicts the preflight has found, and which hosts have to be checked on the host. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.pending_hosts import pending_hosts

Variables = t.Mapping[str, t.Any]
HostVars = t.Mapping[str, Variables]
PREFLIGHT, VERDICT, REPORT, IMAGE = (
    "overlay_preflight",
    "overlay_verdict",
    "overlay_verify_report",
    "overlay_verify_image",
)


def unverified_hosts(names: t.Iterable[str], hostvars: HostVars, changed: bool = False) -> list[str]:
    """Those without a verdict of the preflight, and those whose containers will ping.

    Where the run may have `changed` hosts, and any host had something left to do, these are all of them: a verdict is about the others, too.
    """
    variables = {name: hostvars.get(name, {}) for name in names}
    if changed and pending_hosts(variables, variables):
        return list(variables)
    verdicts = {name: (found.get(PREFLIGHT) or {}).get("verdict") for name, found in variables.items()}
    return [name for name, found in variables.items() if not verdicts[name] or found.get(IMAGE)]


def host_verdicts(names: t.Iterable[str], hostvars: HostVars, checked: t.Collection[str]) -> dict[str, t.Any]:
    """The verdict that was found on the host, where it was `checked` now, else that of the preflight.

    A playbook that runs site.yml more than once has the verdicts of earlier runs, too, and empty results of those that were skipped.
    """
    return {
        name: hostvars[name][VERDICT] if name in checked else hostvars[name][PREFLIGHT]["verdict"] for name in names
    }


def unhealthy_hosts(names: t.Iterable[str], hostvars: HostVars) -> list[str]:
    """Those that the report fails. One task makes the report, for all hosts of its play."""
    names = list(names)
    reports = (hostvars.get(name, {}).get(REPORT) for name in names)
    failures: t.Mapping[str, str] = next((report["failures"] for report in reports if report), {})
    return [name for name in names if name in failures]


def hosts_with(names: t.Iterable[str], hostvars: HostVars, variable: str) -> list[str]:
    """Those that have a value of this variable. ansible-core 2.16 cannot extract a variable that one host lacks."""
    return [name for name in names if hostvars.get(name, {}).get(variable)]
