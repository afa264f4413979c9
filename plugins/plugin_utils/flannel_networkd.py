# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role flannel refuses of systemd-networkd's files: one that takes flannel's and docker's devices before ours leaves them alone. No I/O."""

from __future__ import annotations

import fnmatch
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import BACKENDS
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_context import FlannelContext
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal

OURS = "10-overlay-flannel.network"
VTEP = next(backend.device.kind for backend in BACKENDS.values() if backend.device and backend.device.is_vtep)
# Names with what networkd calls their Type and Kind
DEVICES = (
    ("flannel.1", (VTEP, "ether"), VTEP),
    ("docker0", ("bridge", "ether"), "bridge"),
    ("veth0", ("ether",), "veth"),
)


def refuse_network_files(context: FlannelContext) -> t.Iterator[Refusal]:
    for file in context.facts.get("network_files") or []:
        taken = [name for name, types, kind in DEVICES if takes(file["match"], name, types, kind)]
        if taken and not file["unmanaged"]:
            words = " ".join(f"{name}={value}" for name, value in file["match"].items())
            yield Refusal(
                file["path"],
                f"[Match] {words or 'nothing'}",
                f"a file that does not match {', '.join(taken)}, or whose name sorts behind {OURS}:"
                " systemd-networkd would take away their addresses and flannel's routes",
                "rename it (90-...), or match the names of the host's own interfaces (Name=en* eth*), then networkctl reload",
            )


def takes(match: t.Mapping[str, str], name: str, types: t.Collection[str], kind: str) -> bool:
    """A file with any other condition is meant for certain interfaces."""
    ways = {
        "Name": lambda text: matches(text, [name]),
        "Type": lambda text: matches(text, types),
        "Kind": lambda text: matches(text, [kind]),
    }
    return all(condition in ways and ways[condition](text) for condition, text in match.items())


def matches(text: str, values: t.Collection[str]) -> bool:
    """Patterns, separated by blanks; a leading exclamation mark turns all of them round."""
    turned = text.startswith("!")
    patterns = text.lstrip("!").split()
    found = any(fnmatch.fnmatchcase(value, pattern) for value in values for pattern in patterns)
    return found != turned
