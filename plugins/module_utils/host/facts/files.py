# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read files and kernel settings."""

from __future__ import annotations

import grp
import hashlib
import os
import pwd
import re
import stat
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.keyed_digest import keyed_digest
from ansible_collections.overlay.flannel.plugins.module_utils.common.redaction import redact
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import FileFact

CONTENT_LIMIT = 256 * 1024
BLOCK = 1024 * 1024
# The comment that each role of this collection writes into its files, from the first version on
MARK = re.compile(rb"^[#;].*\boverlay[.]flannel[.](etcd|flannel|docker|metrics)\b", re.MULTILINE)
HEAD = 1024


def read_text(path: str) -> str | None:
    """None when there is nothing that can be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as source:
            return source.read()
    except OSError:
        return None


def sha256(path: str) -> str | None:
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as source:
            for block in iter(lambda: source.read(BLOCK), b""):
                digest.update(block)
    except OSError:
        return None
    return digest.hexdigest()


def digest_of_secret(path: str, key: str) -> str | None:
    """None without a key: a checksum that anybody can compute would confirm guesses of the secret."""
    try:
        with open(path, "rb") as source:
            return keyed_digest(key, source.read(CONTENT_LIMIT)) if key else None
    except OSError:
        return None


def mark(path: str) -> str:
    """The role of this collection that has written the file; empty for a file of somebody else."""
    try:
        with open(path, "rb") as source:
            found = MARK.search(source.read(HEAD))
    except OSError:
        return ""
    return found.group(1).decode("ascii") if found else ""


def owner_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def kind_of(mode: int) -> str:
    if stat.S_ISREG(mode):
        return "file"
    return "directory" if stat.S_ISDIR(mode) else "other"


def read_file(path: str) -> FileFact:
    """A link is described by what it points to, with type `link` and its target."""
    try:
        is_link = os.path.islink(path)
        status = os.stat(path)
    except OSError:
        return dangling(path) if os.path.islink(path) else FileFact(exists=False)
    fact = FileFact(
        exists=True,
        type=kind_of(status.st_mode),
        sha256=sha256(path) if stat.S_ISREG(status.st_mode) else None,
        size=status.st_size,
        mode=f"{stat.S_IMODE(status.st_mode):04o}",
        owner=owner_name(status.st_uid),
        group=group_name(status.st_gid),
        mtime=status.st_mtime,
        mark=mark(path) if stat.S_ISREG(status.st_mode) else "",
    )
    if is_link:
        fact.update({"type": "link", "target": os.readlink(path)})
    return fact


def dangling(path: str) -> FileFact:
    return FileFact(exists=True, type="link", target=os.readlink(path), sha256=None)


def content_of(path: str, fact: FileFact) -> str | None:
    """Nothing for what is no text, or too long to travel."""
    if fact.get("sha256") is None or fact["size"] > CONTENT_LIMIT:
        return None
    try:
        with open(path, "rb") as source:
            return source.read().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def read_secret(path: str, key: str) -> FileFact:
    """Without sha256 and size, which say something about the content."""
    fact = read_file(path)
    is_file = fact.pop("sha256", None) is not None
    fact.pop("size", None)
    if fact["exists"]:
        fact["digest"] = digest_of_secret(path, key) if is_file else None
    return fact


def read_files(
    paths: t.Iterable[str], contents: t.Collection[str], secrets: t.Collection[str] = (), key: str = ""
) -> dict[str, FileFact]:
    """A path of `secrets` is treated as a secret, wherever else it is named."""
    facts: dict[str, FileFact] = {path: read_secret(path, key) for path in secrets}
    for path in dict.fromkeys([*paths, *contents]):
        if path in facts:
            continue
        facts[path] = read_file(path)
        if path in contents:
            facts[path] = with_content(path, facts[path], key)
    return facts


def with_content(path: str, fact: FileFact, key: str) -> FileFact:
    """A file of the user may hold a secret: it is hidden, and then the file has a digest instead of a checksum."""
    content = content_of(path, fact)
    shown = None if content is None else redact(content)
    found = fact if shown == content else read_secret(path, key)
    found["content"] = shown
    return found


def sysctl_path(name: str) -> str:
    """As sysctl(8): the first separator decides which one stands for a directory."""
    swap = str.maketrans("./", "/.")
    first = next((sign for sign in name if sign in "./"), "/")
    return "/proc/sys/" + (name.translate(swap) if first == "." else name)


def read_sysctls(names: t.Iterable[str]) -> dict[str, str | None]:
    found = {name: read_text(sysctl_path(name)) for name in names}
    return {name: None if value is None else " ".join(value.split()) for name, value in found.items()}
