# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases of etcd: what their numbers mean, where their archives are, which programs they have. No I/O."""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_settings import EtcdSettings
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Release

Minor = t.Tuple[int, int]

# From the releases' own SHA256SUMS
CHECKSUMS: t.Mapping[str, str] = {
    "3.6.14-amd64": "sha256:ffe840ff9295808e88cce2794a18a5ac87f12a5203c8314d0bf6aa119b41bac5",
    "3.6.14-arm64": "sha256:fa1b80565ee6fc2df1ae6f57a508b221f3ecc7d591c317c581cd8281b0842b3e",
    "3.5.33-amd64": "sha256:5025b5b24d81a9616b6e284ccd439b9a3df055ef8fdcdc142af3ec8f6a3b3c95",
    "3.5.33-arm64": "sha256:0764c5c0acef155f4bfa0487791cc5776adef66315bf16ec0653883bfd463a90",
}
FIX = (
    "correct etcd_archive_url or etcd_archive_checksum, or bring the programs to the controller"
    " and set etcd_install_method: file, etcd_file_dir"
)


def minor_of(version: str) -> Minor | None:
    """Major and minor number; None where only the distribution knows."""
    found = re.match(r"([0-9]+)[.]([0-9]+)", version)
    return (int(found.group(1)), int(found.group(2))) if found else None


def is_etcd_2(minor: Minor | None) -> bool:
    return minor is not None and minor < (3, 0)


def newer_than_3_4(minor: Minor | None) -> bool:
    """An unknown release counts as new."""
    return minor is None or minor >= (3, 5)


def program_names(minor: Minor | None) -> list[str]:
    return ["etcd", "etcdctl", *(["etcdutl"] if newer_than_3_4(minor) else [])]


def is_unsupported(architecture: str, minor: Minor | None) -> bool:
    """etcd starts on other architectures than these only if its environment names them."""
    supported = ["amd64", "ppc64le", *(["arm64", "s390x"] if newer_than_3_4(minor) else [])]
    return architecture not in supported


def flannel_needs_v2(flannel_version: str) -> bool:
    """flannel 0.17 and older reads etcd by the v2 API."""
    found = re.match(r"v?([0-9]+)(?:[.]([0-9]+))?", flannel_version)
    return found is not None and (int(found.group(1)), int(found.group(2) or 0)) < (0, 18)


class Archive(t.NamedTuple):
    """One release's archive for one architecture, and the folder on the controller that keeps what it holds."""

    version: str
    architecture: str
    url: str
    checksum: str
    cache_dir: str

    @property
    def folder(self) -> str:
        name = f"etcd-{self.version}-{self.architecture}-{self.checksum[7:19]}"
        return os.path.join(os.path.expanduser(self.cache_dir), name)


def archive_of(settings: EtcdSettings, architecture: str) -> Archive:
    version = settings.version
    usual = f"https://github.com/etcd-io/etcd/releases/download/v{version}/etcd-v{version}-linux-{architecture}.tar.gz"
    return Archive(
        version=version,
        architecture=architecture,
        url=settings.archive_url or usual,
        checksum=settings.archive_checksum or CHECKSUMS.get(f"{version}-{architecture}", ""),
        cache_dir=settings.cache_dir,
    )


def release_of(archive: Archive, programs: t.Sequence[str]) -> Release:
    return Release(
        variable="etcd_archive_url",
        url=archive.url,
        checksum=archive.checksum[len("sha256:") :],
        metadata_url="",
        metadata_file="",
        folder=archive.folder,
        strip=True,
        programs=list(programs),
        fix=FIX,
    )
