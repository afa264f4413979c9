# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the files by which systemd-networkd takes interfaces: the first one that matches an interface counts, by its name alone."""

from __future__ import annotations

import os

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.files import read_text
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import NetworkFile

FOLDERS = ("/etc", "/run", "/usr/local/lib", "/usr/lib")  # the first one counts for files of one name
FOLDER = "systemd/network"
ENDING = ".network"
TRUE = ("yes", "true", "on", "1")


def read_network_files(before: str) -> list[NetworkFile]:
    """Those whose names sort before this one. They are read where networkd does not run, too: it may be started later."""
    paths: dict[str, str] = {}
    for folder in FOLDERS:
        directory = os.path.join(folder, FOLDER)
        for name in files_of(directory):
            if name.endswith(ENDING) and name < before:
                paths.setdefault(name, os.path.join(directory, name))
    found = (parse(paths[name], read_text(os.path.realpath(paths[name])) or "") for name in sorted(paths))
    return [one for one in found if one is not None]


def files_of(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return []


def parse(path: str, text: str) -> NetworkFile | None:
    """None for an empty file, which switches another one of its name off."""
    section, unmanaged = "", False
    match: dict[str, str] = {}
    for line in map(str.strip, text.splitlines()):
        name, equals, value = (part.strip() for part in line.partition("="))
        if line.startswith("["):
            section = line.strip("[]")
        elif equals and not line.startswith(("#", ";")) and section == "Match":
            match[name] = f"{match.get(name, '')} {value}".strip()
        elif equals and (section, name) == ("Link", "Unmanaged"):
            unmanaged = value.lower() in TRUE
    return NetworkFile(path=path, match=match, unmanaged=unmanaged) if section else None
