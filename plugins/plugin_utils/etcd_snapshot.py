# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A snapshot of etcd on the controller: whether it is whole, and what is known of it. Reads the file once, in blocks."""

from __future__ import annotations

import hashlib
import json
import os
import re
import typing as t

SUM = 32  # etcdctl ends a snapshot with the sha256 of all before it
BLOCK = 1 << 20
NOTHING: t.Mapping[str, t.Any] = {}


class Snapshot(t.TypedDict):
    """`about` is what backup.yml and the timer have noted beside it (empty: somebody has made it by hand). `problem` is why it cannot be used."""

    path: str
    size: int
    sha256: str
    written: float
    has_config: bool
    about: t.Mapping[str, t.Any]
    problem: str


def read_snapshot(path: str, prefix: str) -> Snapshot:
    """`has_config` is whether flannel's configuration of that prefix is in it."""
    full = os.path.abspath(os.path.expanduser(path))
    found = Snapshot(path=full, size=0, sha256="", written=0.0, has_config=False, about=NOTHING, problem="")
    try:
        state = os.stat(full)
        with open(full, "rb") as file:
            whole, inner, last, has_config = _digests(file, state.st_size, f"{prefix.rstrip('/')}/config".encode())
    except OSError as error:
        found["problem"] = f"it cannot be read: {error.strerror}"
        return found
    found["size"], found["written"] = state.st_size, state.st_mtime
    found["sha256"], found["has_config"] = whole, has_config
    noted = _read(f"{full}.sha256")[:64]
    if state.st_size <= SUM or inner != last.hex():
        found["problem"] = (
            "it is damaged, or no snapshot: its last 32 bytes are not the sha256 of the rest (etcdctl snapshot save writes them)"
        )
    elif noted and noted != whole:
        found["problem"] = f"it is damaged, or another one: {full}.sha256 has {noted}, and the file {whole}"
    else:
        found["about"], found["problem"] = _about(f"{full}.json", whole)
    return found


def _digests(file: t.BinaryIO, size: int, wanted: bytes) -> tuple[str, str, bytes, bool]:
    """The sha256 of the file, that of the file without its last bytes, these, and whether the text is in it."""
    whole, inner, rest, seen, there = hashlib.sha256(), hashlib.sha256(), max(0, size - SUM), b"", False
    last = b""
    while True:
        block = file.read(BLOCK)
        if not block:
            return whole.hexdigest(), inner.hexdigest(), last, there
        whole.update(block)
        inner.update(block[:rest])
        last += block[rest:]
        rest = max(0, rest - len(block))
        there = there or wanted in seen + block
        seen = block[-len(wanted) :]


def _about(path: str, whole: str) -> tuple[t.Mapping[str, t.Any], str]:
    text = _read(path)
    if not text:
        return NOTHING, ""
    try:
        found = json.loads(text)
    except ValueError:
        return NOTHING, f"{path} is damaged: it is no JSON"
    if not is_about(found):
        return NOTHING, f"{path} is damaged: it lacks what backup.yml writes"
    if found["sha256"] != whole:
        return NOTHING, f"it is damaged, or another one: {path} has the sha256 {found['sha256']}, and the file {whole}"
    return found, ""


def is_about(found: t.Any) -> bool:
    """Of the shape that overlay-etcd-backup writes."""
    if not isinstance(found, dict):
        return False
    texts = [found.get(name) for name in ("sha256", "prefix", "cluster_id", "etcd_version", "time")]
    members, time = found.get("members"), found.get("time")
    return (
        all(isinstance(text, str) for text in texts)
        and isinstance(found.get("revision"), int)
        and isinstance(members, list)
        and all(isinstance(one, dict) and isinstance(one.get("peerURLs"), list) for one in members)
        and bool(re.fullmatch(r"\d{8}T\d{6}Z", str(time)))
    )


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(BLOCK)
    except OSError:
        return ""
