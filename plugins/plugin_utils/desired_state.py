# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare what is wanted with the facts of a host. No I/O; runs on the controller."""

from __future__ import annotations

import hashlib
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Query

KINDS = ("files", "contents", "units", "packages", "sysctls", "ports")
HostFacts = t.Mapping[str, t.Any]
Item = t.Mapping[str, t.Any]
QueryLike = t.Mapping[str, t.Any]
Digest = t.Callable[[str], t.Optional[str]]


def no_digest(path: str) -> str | None:
    return None


def part(facts: HostFacts, name: str) -> t.Mapping[str, t.Any]:
    return facts.get(name) or {}


def pending_files(wanted: t.Iterable[Item], facts: HostFacts, digest_of: Digest = no_digest) -> list[Item]:
    """Those that are not on the host as wanted. `digest_of` returns the sha256 of a controller's file."""
    seen = part(facts, "files")
    return [item for item in wanted if file_differs(item, seen.get(item["path"]) or {}, digest_of)]


def file_differs(item: Item, seen: Item, digest_of: Digest) -> bool:
    state = item.get("state", "file")
    if state == "absent":
        return bool(seen.get("exists"))
    if not seen.get("exists") or (state == "directory") != (seen.get("type") == "directory"):
        return True
    digest = wanted_digest(item, digest_of)
    wanted = {name: str(item[name]) for name in ("owner", "group") if item.get(name) is not None}
    if item.get("mode") is not None:
        wanted["mode"] = str(item["mode"]).zfill(4)
    other_content = bool(digest) and digest != seen.get("sha256")
    return other_content or any(seen.get(name) != value for name, value in wanted.items())


def wanted_digest(item: Item, digest_of: Digest) -> str | None:
    """Of the content, of the controller's file, or as given; None when the content does not matter."""
    if item.get("content") is not None:
        return hashlib.sha256(str(item["content"]).encode("utf-8", "surrogateescape")).hexdigest()
    if item.get("src") and item.get("secret"):
        return None
    if item.get("src"):
        return digest_of(str(item["src"])) or "no such file"
    return item.get("sha256")


def pending_packages(names: t.Iterable[str], facts: HostFacts) -> list[str]:
    return [name for name in names if part(facts, "packages").get(name) is None]


def setting_text(value: t.Any) -> str:
    return " ".join((str(int(value)) if isinstance(value, bool) else str(value)).split())


def pending_sysctls(wanted: t.Mapping[str, t.Any], facts: HostFacts) -> dict[str, t.Any]:
    """Those that do not have their value now."""
    seen = part(facts, "sysctls")
    return {name: value for name, value in wanted.items() if seen.get(name) != setting_text(value)}


def restart_reasons(
    facts: HostFacts, unit: str, pending: t.Iterable[Item] = (), ignore: t.Iterable[str] = ()
) -> list[str]:
    """Why the unit must be started or restarted, as texts; none means: leave it alone."""
    seen = part(facts, "units").get(unit) or {}
    state = seen.get("active_state") or "not there"
    reasons = [] if state in ("active", "reloading") else [f"{unit} is {state}"]
    patterns = list(ignore)
    for drift in seen.get("drift") or []:
        if not any(re.search(pattern, drift["name"]) for pattern in patterns):
            reasons.append(drift["text"])
    return reasons + [f"{item['path']} changes" for item in pending if item.get("restarts")]


def is_older_than_files(facts: HostFacts, unit: str, paths: t.Iterable[str], now: float) -> bool:
    """Whether one of the files was written after the unit's process was started. A file from the future (the clock was set back) does not count."""
    started = (part(facts, "units").get(unit) or {}).get("started") or 0
    written = [(part(facts, "files").get(path) or {}).get("mtime") or 0 for path in paths if path]
    return bool(started) and any(started < when < now for when in written)


def covers(facts: HostFacts, query: QueryLike) -> bool:
    """Whether the facts answer the whole query."""
    had = part(facts, "query")
    known = {kind: set(had.get(kind) or []) for kind in KINDS}
    known["files"] |= known["contents"]
    return all(set(query.get(kind) or []) <= known[kind] for kind in KINDS)


def union(query: QueryLike, other: QueryLike) -> Query:
    """Both queries as one."""
    found = {kind: list(dict.fromkeys([*(query.get(kind) or []), *(other.get(kind) or [])])) for kind in KINDS}
    return t.cast(Query, found)
