# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stored texts as data, and both sides of a diff."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel import go_json


def document(text: str | None) -> t.Any:
    """What the text holds; the text itself where it is no JSON."""
    if text is None:
        return None
    try:
        return go_json.plain(go_json.parse(text))
    except ValueError:
        return text


def pretty(item: t.Any) -> str:
    """For diffs: one key per line, in a stable order."""
    return "" if item is None else json.dumps(item, indent=2, sort_keys=True) + "\n"
