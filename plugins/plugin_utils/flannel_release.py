# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the programs of flannel come from: the release archive, its checksum, the folder on the controller. No I/O."""

from __future__ import annotations

import json
import posixpath
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_settings import FlannelSettings
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Controller, Release

PROGRAMS = ["flanneld", "mk-docker-opts.sh"]
ARCHITECTURES = ("amd64", "arm", "arm64", "mips64le", "ppc64le", "riscv64", "s390x")
DOWNLOADS = "https://github.com/flannel-io/flannel/releases/download"
# flannel publishes no checksums beside its archives; GitHub has those of files that were uploaded since June 2025.
METADATA = "https://api.github.com/repos/flannel-io/flannel/releases/tags"
DIGITS_IN_NAMES = 12


class FlannelSource:
    """The source of the programs for one host; paths are those of the controller."""

    def __init__(self, settings: FlannelSettings, architecture: str, controller: Controller) -> None:
        self.settings = settings
        self.architecture = architecture
        self.controller = controller
        self.by_archive = settings.install_method == "archive"
        self.archive = f"flannel-v{settings.release}-linux-{architecture}.tar.gz"
        self.url = settings.archive_url or f"{DOWNLOADS}/v{settings.release}/{self.archive}"
        self.learns_checksum = self.by_archive and not (settings.archive_checksum or settings.archive_url)
        self.metadata_url = f"{METADATA}/v{settings.release}"
        self.metadata_file = posixpath.join(settings.cache_dir, f"flannel-{settings.release}.json")
        self.metadata = controller.read(self.metadata_file) if self.learns_checksum and settings.is_release else None
        self.checksum = _digits(settings.archive_checksum or checksum_in(self.metadata or "", self.archive))

    @property
    def has_to_learn(self) -> bool:
        """What was learned once holds: an archive that is replaced afterwards is refused."""
        return self.learns_checksum and self.metadata is None

    @property
    def folder(self) -> str:
        if not self.by_archive:
            return self.settings.file_dir
        name = f"flannel-{self.settings.release}-{self.architecture}-{self.checksum[:DIGITS_IN_NAMES]}"
        return posixpath.join(self.settings.cache_dir, name)

    def path(self, program: str) -> str:
        return f"{self.folder}/{program}"

    def missing(self) -> list[str]:
        return [name for name in PROGRAMS if self.controller.digest(self.path(name)) is None]

    def release(self) -> Release:
        """What the role `_release` needs to know."""
        return Release(
            variable="flannel_archive_url",
            url=self.url,
            checksum=self.checksum,
            metadata_url=self.metadata_url if self.has_to_learn else "",
            metadata_file=self.metadata_file if self.has_to_learn else "",
            folder=self.folder,
            strip=False,
            programs=PROGRAMS,
            fix="correct flannel_archive_url or flannel_archive_checksum, or bring the programs to the controller"
            " and set flannel_install_method to file and flannel_file_dir",
        )


def _digits(checksum: str) -> str:
    return checksum[len("sha256:") :] if checksum.startswith("sha256:") else checksum


def checksum_in(metadata: str, archive: str) -> str:
    """GitHub's digest of the archive; empty where there is none, also in the page of a proxy or a captive portal."""
    try:
        release = json.loads(metadata)
    except ValueError:
        return ""
    assets: t.Any = release.get("assets") if isinstance(release, dict) else None
    for asset in assets if isinstance(assets, list) else []:
        if isinstance(asset, dict) and asset.get("name") == archive:
            return str(asset.get("digest") or "")
    return ""
