# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exporter: writes the metrics of this host to a file that node_exporter reads. Runs on the host, without Ansible."""

from __future__ import annotations

import fcntl
import json
import os
import sys

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import OverlayError
from ansible_collections.overlay.flannel.plugins.module_utils.metrics.catalogue import CATALOGUE
from ansible_collections.overlay.flannel.plugins.module_utils.metrics.exposition import to_text
from ansible_collections.overlay.flannel.plugins.module_utils.metrics.read import read
from ansible_collections.overlay.flannel.plugins.module_utils.metrics.samples import samples_of

UNREACHABLE = "overlay_etcd_up 0\n"


def main(path: str) -> int:
    """`path` is the file with the settings. Where the host cannot be read, the metrics stay as they are, and get old.

    systemd starts one run at a time; one that somebody starts by hand waits for it.
    """
    try:
        with open(path, encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            settings = json.load(file)
            seen = read(settings)
            say_once(seen.etcd_error, settings["file"])
            write(settings["file"], to_text(CATALOGUE, samples_of(seen)))
    except (OverlayError, OSError) as error:
        sys.stderr.write(f"no metrics were written: {error}\n")
        return 1
    return 0


def say_once(error: str, path: str) -> None:
    """Not each minute: the metric says that it goes on."""
    if not error:
        return
    try:
        with open(path, encoding="utf-8") as file:
            said = UNREACHABLE in file.read()
    except OSError:
        said = False
    if not said:
        sys.stderr.write(f"the metrics are without etcd: {error}\n")


def write(path: str, text: str) -> None:
    """Whole or not at all: node_exporter reads at any moment, and only names that end with .prom."""
    unfinished = f"{path}.new"
    with open(unfinished, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o644)
        file.write(text)
    os.replace(unfinished, path)
