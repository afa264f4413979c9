# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts of a play have something left to do. No I/O."""

from __future__ import annotations

import typing as t

Variables = t.Mapping[str, t.Any]


def pending_hosts(
    names: t.Iterable[str],
    hostvars: t.Mapping[str, Variables],
    parts: t.Collection[str] | None = None,
    result: str = "overlay_preflight",
) -> list[str]:
    """Those whose result of `preflight` has something in one of these parts of `remaining`, by default in any; a host without a result has nothing."""
    found = {name: remaining(hostvars.get(name, {}), result) for name in names}
    return [name for name, left in found.items() if any(left.get(part) for part in (left if parts is None else parts))]


def remaining(variables: Variables, result: str) -> t.Mapping[str, t.Any]:
    return (variables.get(result) or {}).get("remaining") or {}
