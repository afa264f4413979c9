# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What in docker's unit keeps docker from its next start, or takes back what our drop-in sets. No I/O."""

from __future__ import annotations

import posixpath
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_host import DROP_IN, UNIT, DockerHost
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal

OURS = posixpath.basename(DROP_IN)


def refuse_unit(host: DockerHost) -> t.Iterator[Refusal]:
    yield from refuse_missing_files(host)
    yield from refuse_later_drop_ins(host)


def refuse_missing_files(host: DockerHost) -> t.Iterator[Refusal]:
    """flannel writes the file of the options: whether it has is another question."""
    missing = [path for path in host.unit.get("missing_files") or [] if path != host.settings.options_file]
    if missing:
        yield Refusal(
            f"EnvironmentFile of {UNIT}",
            ", ".join(missing),
            "files that are there, because docker does not start without them",
            f"restore the file, or remove its line from the unit or drop-in that has it (systemctl cat {UNIT})",
        )


def refuse_later_drop_ins(host: DockerHost) -> t.Iterator[Refusal]:
    """systemd reads drop-ins by the order of their names, in whatever folder they are."""
    for name, lost in taken_back(host).items():
        path = host.unit["resets"][name]
        yield Refusal(
            path,
            f"{name}= (empty)",
            f"no drop-in behind {OURS} that empties {name}, because it takes back {lost}",
            f"remove the empty {name}= from it, or give it a name that sorts before {OURS}",
        )


def taken_back(host: DockerHost) -> dict[str, str]:
    """The settings of ours that another drop-in empties after us, and what is lost with each. One that has the setting again loses nothing."""
    later = {name for name, path in (host.unit.get("resets") or {}).items() if posixpath.basename(path) > OURS}
    options, settings = host.settings.options_file, host.settings
    takes_key = host.command_takes_key or host.command != host.vendor_command  # another command is refused by itself
    has_file = options in (host.unit.get("environment_files") or [])
    lost = {
        "EnvironmentFile": "" if has_file else f"flannel's options in {options}",
        "ExecStart": "" if takes_key else f"flannel's options (${settings.options_key})",
        "ExecStartPre": "the rules that let the overlay through docker's firewall",
    }
    return {name: text for name, text in lost.items() if name in later and text}
