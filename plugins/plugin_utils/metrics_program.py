# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exporter as one file for hosts without Ansible: its main module, and every module of module_utils that this imports.

The same sources give the same bytes, whatever Python and zlib the controller has. So the program changes only with them.
"""

from __future__ import annotations

import functools
import pathlib
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Renderer

MODULE_UTILS = pathlib.Path(__file__).resolve().parents[1] / "module_utils"
PREFIX = "ansible_collections.overlay.flannel.plugins.module_utils."
MAIN = "metrics.main"
TEMPLATE = "overlay-metrics.j2"
IMPORT = re.compile(
    r"^[ ]*from " + re.escape(PREFIX.rstrip(".")) + r"[.]([\w.]+) import ([(][^)]*[)]|.*)$", re.MULTILINE
)
NAME = re.compile(r"\b(\w+)(?: as \w+)?")


def program(render: Renderer, python: str) -> str:
    return render(TEMPLATE, first_line=f"#!{python} -E", prefix=PREFIX, main=MAIN, sources=literals())


@functools.lru_cache(maxsize=None)
def literals() -> tuple[tuple[str, str], ...]:
    """Modules by name with their text as Python would write it."""
    return tuple((name, ascii(text)) for name, text in sorted(sources(MAIN).items()))


def sources(main: str) -> dict[str, str]:
    found: dict[str, str] = {}
    names = [main]
    while names:
        name = names.pop()
        if name not in found:
            found[name] = path_of(name).read_text(encoding="utf-8")
            names += imported(found[name])
    return found


def imported(text: str) -> t.Iterator[str]:
    """Also what a function imports when it needs it."""
    for match in IMPORT.finditer(text):
        module, names = match.groups()
        if path_of(module).exists():
            yield module
        else:
            yield from (f"{module}.{name}" for name in NAME.findall(names))


def path_of(name: str) -> pathlib.Path:
    return MODULE_UTILS.joinpath(*name.split(".")).with_suffix(".py")
