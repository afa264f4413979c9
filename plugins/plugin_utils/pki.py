# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the roles put on hosts from the controller's directory of certificates. No I/O.

docs/certificates.md has the layout of that directory; overlay.flannel.certificates makes it.
"""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.certificates import parse_pem
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Controller, FileItem, HostFacts, Refusal

AUTHORITY, PEER_AUTHORITY = (
    "trust.crt",
    "peer-trust.crt",
)  # what hosts trust: while an authority is replaced, the old and the new one
OWN = re.compile(r"/etc/(etcd|flannel)/pki/(?!(peer-)?ca[.]crt).*[.]crt")
DAY = 24 * 60 * 60


class Pair(t.NamedTuple):
    """A certificate and its key: `host` and `controller` are their paths without .crt and .key, the latter relative to the directory."""

    host: str
    controller: str
    key_group: str
    key_mode: str

    @property
    def on_host(self) -> tuple[str, str]:
        return f"{self.host}.crt", f"{self.host}.key"

    @property
    def on_controller(self) -> tuple[str, str]:
        return f"{self.controller}.crt", f"{self.controller}.key"


def items_of(folder: str, authorities: t.Mapping[str, str], pairs: t.Iterable[Pair]) -> list[FileItem]:
    """`authorities` maps paths on the host to files in `folder`."""
    folder = os.path.expanduser(folder)
    found = [
        FileItem(path=path, src=f"{folder}/{name}", mode="0644", owner="root") for path, name in authorities.items()
    ]
    for pair in pairs:
        (certificate, key), (public, private) = pair.on_host, pair.on_controller
        rights = {"mode": pair.key_mode, "owner": "root", "group": pair.key_group}
        found += [
            FileItem(path=certificate, src=f"{folder}/{public}", mode="0644", owner="root"),
            FileItem(path=key, src=f"{folder}/{private}", certificate=certificate, **rights),  # type: ignore[typeddict-item]
        ]
    return found


def missing_sources(items: t.Iterable[FileItem], controller: Controller) -> list[str]:
    """Files of the controller that it does not have yet."""
    return [item["src"] for item in items if "src" in item and controller.digest(item["src"]) is None]


def is_foreign(facts: HostFacts, path: str, text: str | None) -> bool:
    """Whether the host trusts authorities, none of which is among those of the controller (`text`, in PEM).

    The directory is then another one than that of the runs before: with it every connection to etcd would fail.
    """
    there = {one["serial"] for one in (facts.get("certificates") or {}).get(path) or []}
    return bool(there) and not there & {one.serial for one in parse_pem(text or "")}


def foreign_authority(variable: str, folder: str, path: str) -> Refusal:
    return Refusal(
        f"{variable} (overlay_pki_dir)",
        f"{folder}, whose {AUTHORITY} has none of the authorities in {path} on this host",
        "the directory with the authority that has issued the certificates of this fleet",
        f"set overlay_pki_dir to that directory, or restore it from a backup; only for a host that was away while the authority was replaced:"
        f" rm -r {os.path.dirname(path)} there; then run again",
    )


def ending(facts: HostFacts, now: float, days: int) -> list[str]:
    """Certificates from the controller on the host that end within so many days. Authorities are replaced by a rotation only."""
    found: t.Mapping[str, t.Any] = facts.get("certificates") or {}
    ends = {path: one[0]["not_after"] for path, one in found.items() if one and OWN.fullmatch(path)}
    return [path for path, end in ends.items() if end - now < days * DAY]
