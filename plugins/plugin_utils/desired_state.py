# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare what is wanted with the facts of a host. No I/O; runs on the controller."""

from __future__ import annotations

import hashlib
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.types import KINDS, Query
from ansible_collections.overlay.flannel.plugins.plugin_utils import secret_digest

HostFacts = t.Mapping[str, t.Any]
Item = t.Mapping[str, t.Any]
QueryLike = t.Mapping[str, t.Any]
Digest = t.Callable[[str], t.Optional[str]]


def no_digest(path: str) -> str | None:
    return None


def part(facts: HostFacts, name: str) -> t.Mapping[str, t.Any]:
    return facts.get(name) or {}


def pending_files(
    wanted: t.Iterable[Item],
    facts: HostFacts,
    digest_of: Digest = no_digest,
    secret_digest_of: Digest = secret_digest.secret_digest_of,
) -> list[Item]:
    """Those that are not on the host as wanted.

    `digest_of` returns the sha256 of a controller's file, `secret_digest_of` its digest with the key of this run. A private key with
    `certificate` is compared by whether it fits that certificate, and follows it: a new certificate comes with its key.
    """
    items, seen, pairs = list(wanted), part(facts, "files"), part(facts, "key_pairs")
    found = [item["path"] for item in items if not item.get("certificate")]
    differs = {
        item["path"]
        for item in items
        if item["path"] in found and file_differs(item, seen.get(item["path"]) or {}, digest_of, secret_digest_of)
    }
    for item in items:
        if item.get("certificate") and (
            item["certificate"] in differs or key_differs(item, pairs.get(item["path"]) or {})
        ):
            differs.add(item["path"])
    return [item for item in items if item["path"] in differs]


def key_differs(item: Item, seen: Item) -> bool:
    return seen.get("cert") != item["certificate"] or not seen.get("fits") or has_other_owner(item, seen)


def file_differs(item: Item, seen: Item, digest_of: Digest, secret_digest_of: Digest) -> bool:
    """Where host_info has found a secret in a file, it gives its digest, whatever the item says."""
    state = item.get("state", "file")
    if state == "absent":
        return bool(seen.get("exists"))
    if not seen.get("exists") or (state == "directory") != (seen.get("type") == "directory"):
        return True
    keyed = bool(item.get("secret") or seen.get("digest"))
    digest = wanted_digest(item, secret_digest_of if keyed else digest_of, keyed)
    return (bool(digest) and digest != seen.get("digest" if keyed else "sha256")) or has_other_owner(item, seen)


def has_other_owner(item: Item, seen: Item) -> bool:
    """Also another group or mode."""
    wanted = {name: str(item[name]) for name in ("owner", "group") if item.get(name) is not None}
    if item.get("mode") is not None:
        wanted["mode"] = str(item["mode"]).zfill(4)
    return any(seen.get(name) != value for name, value in wanted.items())


def wanted_digest(item: Item, digest_of: Digest, keyed: bool) -> str | None:
    """Of the content, of the controller's file, or as given; None when the content does not matter."""
    if item.get("content") is not None:
        content = str(item["content"]).encode("utf-8", "surrogateescape")
        return secret_digest.secret_digest(content) if keyed else hashlib.sha256(content).hexdigest()
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
    """Whether the facts answer the whole query. The digest of a secret says something only within one run."""
    had = part(facts, "query")
    known = {kind: set(hashable(had.get(kind))) for kind in KINDS}
    known["files"] |= known["contents"]
    if facts.get("digest_key") != secret_digest.NAME and has_secrets(facts, query):
        return False
    return all(set(hashable(query.get(kind))) <= known[kind] for kind in KINDS)


def has_secrets(facts: HostFacts, query: QueryLike) -> bool:
    """Whether a file that is asked for was compared by a digest, or should have been."""
    seen = part(facts, "files")
    wanted = (seen.get(path) or {} for path in query.get("secrets") or [])
    others = (seen.get(path) or {} for kind in ("files", "contents") for path in query.get(kind) or [])
    return any(fact.get("exists") for fact in wanted) or any(fact.get("digest") for fact in others)


def hashable(values: t.Iterable[t.Any] | None) -> dict[t.Any, t.Any]:
    """Each value once, by itself or, where it is a dictionary, by its entries."""
    return {tuple(sorted(one.items())) if isinstance(one, t.Mapping) else one: one for one in values or []}


def union(query: QueryLike, other: QueryLike) -> Query:
    """Both queries as one."""
    found = {kind: list({**hashable(query.get(kind)), **hashable(other.get(kind))}.values()) for kind in KINDS}
    return t.cast(Query, found)
