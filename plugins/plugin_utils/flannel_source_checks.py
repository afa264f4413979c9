# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to hold for flannel's release, package and programs. No I/O."""

from __future__ import annotations

import posixpath
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import part
from ansible_collections.overlay.flannel.plugins.plugin_utils.download_urls import has_user, user_in_url
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_context import FlannelContext
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_release import ARCHITECTURES
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal

OLDEST = (0, 7, 1)
SHA256 = re.compile(r"[0-9a-f]{64}")


def source_refusals(context: FlannelContext) -> t.Iterator[Refusal]:
    wanted = context.settings
    if not wanted.is_release:
        yield Refusal("flannel_version", wanted.version, "a release such as 0.28.10", "name the release")
    elif wanted.parsed < OLDEST:
        fix = "flannel_version: 0.28.10 (0.17.0 or older for etcd's v2 API)"
        yield Refusal("flannel_version", wanted.version, "0.7.1 or newer", fix)
    by_method = {"package": package_refusals, "file": folder_refusals, "archive": archive_refusals}
    if wanted.install_method in by_method:
        yield from by_method[wanted.install_method](context)


def package_refusals(context: FlannelContext) -> t.Iterator[Refusal]:
    wanted, package = context.settings, context.platform.package
    if package is None:
        platform = context.facts["platform"]
        choices = "archive (flannel_archive_checksum), file (flannel_file_dir on the controller)"
        fix = "use one of these; this distribution has no suitable package of flannel"
        allowed = f"on {platform['id']} {platform['version']}: {choices}"
        yield Refusal("flannel_install_method", wanted.install_method, allowed, fix)
        return
    if wanted.release != package.version:
        allowed = f"{package.version}, the version of the package"
        yield Refusal("flannel_version", wanted.version, allowed, f"set flannel_version to {package.version}")
    installed = re.sub(r"^[0-9]+:", "", part(context.facts, "packages").get(package.name) or "")
    if installed and not re.fullmatch(re.escape(package.version) + "([-+~].*)?", installed):
        value = f"package ({package.name} {installed} is installed)"
        allowed = f"{package.version}, with whose settings and unit the role works"
        fix = f"install {package.name}-{package.version} there, or remove what is installed"
        yield Refusal("flannel_install_method", value, allowed, fix)


def folder_refusals(context: FlannelContext) -> t.Iterator[Refusal]:
    folder, missing = context.settings.file_dir, context.source.missing()
    if not folder or missing:
        allowed = "a folder on the controller with flanneld and mk-docker-opts.sh; missing there: " + ", ".join(missing)
        fix = "copy both there from flannel's release archive"
        yield Refusal("flannel_file_dir", folder, allowed, fix)


def archive_refusals(context: FlannelContext) -> t.Iterator[Refusal]:
    """A checksum that still has to be learned is refused by the role `_release` where it cannot be learned."""
    wanted, source = context.settings, context.source
    if has_user(wanted.archive_url):
        yield user_in_url("flannel_archive_url", wanted.archive_url)
        return
    if not wanted.archive_url and source.architecture not in ARCHITECTURES:
        allowed = f"an archive for {source.architecture}; flannel {wanted.release} has none for it"
        fix = "set flannel_archive_url and flannel_archive_checksum, or flannel_install_method to file"
        yield Refusal("flannel_archive_url", wanted.archive_url, allowed, fix)
    elif not source.checksum and wanted.is_release and not source.has_to_learn:
        allowed = f"the sha256 of {posixpath.basename(source.url)}"
        if source.learns_checksum:
            allowed += f", which {source.metadata_url} does not have: none in {source.metadata_file} (delete the file to download it again)"
        fix = f"download {source.url} from a source that you trust, and set it to the output of sha256sum; or set flannel_install_method to file"
        yield Refusal("flannel_archive_checksum", wanted.archive_checksum, allowed, fix)
    if source.checksum and not SHA256.fullmatch(source.checksum):
        allowed = "64 hexadecimal digits in lower case, with or without sha256: in front"
        fix = "set it to the output of sha256sum for the archive"
        yield Refusal("flannel_archive_checksum", wanted.archive_checksum, allowed, fix)
