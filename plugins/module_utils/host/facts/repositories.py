# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the package sources of apt: `*.list` with one entry a line, `*.sources` with one a paragraph."""

from __future__ import annotations

import glob
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.redaction import redact
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.files import read_text
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Repository

PATTERNS = ("/etc/apt/sources.list", "/etc/apt/sources.list.d/*.list", "/etc/apt/sources.list.d/*.sources")
LINE = re.compile(r"\s*deb\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)(?P<components>[^#]*)")
OFF = ("no", "false", "off", "disable", "0")


def entry(path: str, uri: str, suite: str, components: t.Sequence[str], signed_by: str) -> Repository:
    return Repository(
        file=path,
        uri=redact(uri).rstrip("/"),
        suite=suite,
        components=list(components),
        signed_by=signed_by,
    )


def of_lines(path: str, text: str) -> t.Iterator[Repository]:
    for line in text.splitlines():
        found = LINE.match(line)
        if found:
            options = dict(word.partition("=")[::2] for word in (found.group("options") or "").split())
            components = found.group("components").split()
            yield entry(path, found.group("uri"), found.group("suite"), components, options.get("signed-by", ""))


def fields_of(paragraph: str) -> dict[str, str]:
    """A line that begins with a blank continues the field before it."""
    fields: dict[str, str] = {}
    name = ""
    for line in paragraph.splitlines():
        if line.startswith("#"):
            continue
        if line[:1] in (" ", "\t"):
            fields[name] = f"{fields.get(name, '')} {line.strip()}".strip()
        else:
            name, _sign, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields


def of_paragraphs(path: str, text: str) -> t.Iterator[Repository]:
    """A key that is part of the file is not returned, only that there is one."""
    for paragraph in re.split(r"\n[ \t]*\n", text):
        fields = fields_of(paragraph)
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "").lower() in OFF:
            continue
        signed_by = "(in the file)" if "BEGIN PGP" in fields.get("signed-by", "") else fields.get("signed-by", "")
        components = fields.get("components", "").split()
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield entry(path, uri, suite, components, signed_by)


def read_repositories(manager: str) -> list[Repository]:
    """Of apt only: others accept a repository that they have twice."""
    found: list[Repository] = []
    for path in [path for pattern in PATTERNS for path in sorted(glob.glob(pattern))] if manager == "apt" else []:
        text = read_text(path) or ""
        found += of_paragraphs(path, text) if path.endswith(".sources") else of_lines(path, text)
    return found
