# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate with which flanneld is a user of etcd: from the controller's directory (flannel_pki_dir) to the host. No I/O."""

from __future__ import annotations

import dataclasses

from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_settings import FlannelSettings
from ansible_collections.overlay.flannel.plugins.plugin_utils.pki import AUTHORITY, Pair, items_of
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import FileItem

FOLDER = "/etc/flannel/pki"
CA_CERT = f"{FOLDER}/ca.crt"


def pair(name: str) -> Pair:
    """That of the host `name` in the inventory. flanneld runs as root."""
    return Pair(f"{FOLDER}/client", f"clients/{name}", "root", "0600")


def with_pki(settings: FlannelSettings) -> FlannelSettings:
    """The settings with the paths of the files that the role puts on the host. Files of the user win, and the role puts none there."""
    if not settings.pki_dir:
        return settings
    if settings.certificates:
        return dataclasses.replace(settings, pki_dir="")
    certificate, key = pair("").on_host
    return dataclasses.replace(settings, etcd_ca_cert=CA_CERT, etcd_client_cert=certificate, etcd_client_key=key)


def items(settings: FlannelSettings, name: str) -> list[FileItem]:
    """flanneld reads them only when it starts."""
    found = items_of(settings.pki_dir, {CA_CERT: AUTHORITY}, [pair(name)]) if settings.pki_dir else []
    for item in found:
        item["restarts"] = True
    return found
