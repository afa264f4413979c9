# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and directories that have to be on a host: what is there, and how it differs."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import OverlayError

Attributes = t.Dict[str, t.Any]  # as AnsibleModule.set_fs_attributes_if_different takes them


class Wanted(t.NamedTuple):
    """`content` is None where only owner and mode are set, or where a dry run does not know it yet."""

    path: str
    is_directory: bool
    content: t.Optional[bytes]
    attributes: Attributes
    secret: bool


class Seen(t.NamedTuple):
    """`content` is None for what is no file."""

    exists: bool
    is_directory: bool
    content: t.Optional[bytes]


def read(path: str) -> Seen:
    if os.path.isfile(path):
        with open(path, "rb") as file:
            return Seen(True, False, file.read())
    return Seen(os.path.lexists(path), os.path.isdir(path), None)


def has_to_write(wanted: Wanted, seen: Seen) -> bool:
    """Whether its content is another one, or it is not there. OverlayError where something else stands at its place."""
    if seen.exists and seen.is_directory != wanted.is_directory:
        kind, other = ("directory", "no directory") if wanted.is_directory else ("file", "a directory")
        raise OverlayError(
            f"{wanted.path} is {other}: expected: a {kind}. Nothing was changed. Fix: move it away, then run again"
        )
    return not seen.exists or (wanted.content is not None and wanted.content != seen.content)


def content_difference(wanted: Wanted, seen: Seen) -> dict[str, t.Any]:
    if wanted.secret or wanted.content is None:
        return {"before_header": wanted.path, "after_header": wanted.path, "before": "", "after": "(not shown)\n"}
    before, after = (text.decode("utf-8", "replace") for text in (seen.content or b"", wanted.content))
    return {"before_header": wanted.path, "after_header": wanted.path, "before": before, "after": after}


def make_directory(path: str) -> None:
    """Parents as well; the umask of whoever runs the module does not matter."""
    if not os.path.isdir(path):
        make_directory(os.path.dirname(path))
        os.mkdir(path, 0o700)
        os.chmod(path, 0o755)
