# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates and keys of a member of etcd: from the controller's directory (etcd_pki_dir) to the host. No I/O.

Members trust two authorities: one for clients and servers, one for each other. With a single one, a client's certificate would
be accepted at the port for members, where no user is checked.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_settings import TLS_FILES, EtcdSettings
from ansible_collections.overlay.flannel.plugins.plugin_utils.pki import AUTHORITY, PEER_AUTHORITY, Pair, items_of
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import FileItem, Renderer

FOLDER = "/etc/etcd/pki"
SERVED = ("ca.crt", "server.crt", "server.key", "peer-ca.crt", "peer.crt", "peer.key")
# The role's settings -> the files that it puts on a member.
ON_HOST: t.Mapping[str, str] = {name: f"{FOLDER}/{file}" for name, file in zip(TLS_FILES, SERVED)}
PROFILE = "/etc/profile.d/overlay-etcd.sh"
AUTHORITIES = {ON_HOST["ca_cert"]: AUTHORITY, ON_HOST["peer_ca_cert"]: PEER_AUTHORITY}


OPERATOR = Pair(f"{FOLDER}/root", "users/root", "root", "0600")


def pairs(name: str, readers_group: str) -> list[Pair]:
    """Those of the member `name`. Root on a member has all data of etcd anyway, so the operator's key is no further power there."""
    return [
        Pair(f"{FOLDER}/server", f"members/{name}/server", "etcd", "0640"),
        Pair(f"{FOLDER}/peer", f"members/{name}/peer", "etcd", "0640"),
        OPERATOR,
        Pair(f"{FOLDER}/reader", "users/reader", readers_group, "0640"),
    ]


PATHS = (FOLDER, PROFILE, *AUTHORITIES, *(path for pair in pairs("", "") for path in pair.on_host))

# What the profile sets. etcdctl 3 refuses an option that is also in its environment.
ETCDCTL = tuple(
    f"ETCDCTL_{name}"
    for name in ("API", "ENDPOINTS", "ENDPOINT", "CACERT", "CERT", "KEY", "CA_FILE", "CERT_FILE", "KEY_FILE")
)


def as_operator(settings: EtcdSettings) -> str:
    """For a shell of root on a member, before `etcdctl`: the environment of a login shell has the reader's certificate."""
    certificate, key = OPERATOR.on_host
    return f"ETCDCTL_CERT={certificate} ETCDCTL_KEY={key} " if settings.pki_dir else ""


def with_pki(settings: EtcdSettings) -> EtcdSettings:
    """The settings with the paths of the files that the role puts on the host. Files of the user win, and the role puts none there."""
    if not settings.pki_dir:
        return settings
    if settings.tls_files:
        return dataclasses.replace(settings, pki_dir="")
    places: dict[str, t.Any] = dict(ON_HOST)
    return dataclasses.replace(settings, **places)


def items(settings: EtcdSettings, name: str, is_etcd_2: bool) -> list[FileItem]:
    """etcd 2 reads its certificates only when it starts, etcd 3 at each handshake. Who reads the authorities is checked by their age."""
    found = items_of(settings.pki_dir, AUTHORITIES, pairs(name, settings.readers_group))
    served = {path for pair in pairs(name, "")[:2] for path in pair.on_host}
    for item in found:
        if is_etcd_2 and item["path"] in served:
            item["restarts"] = True
    return found


def profile(settings: EtcdSettings, api: int, render: Renderer) -> FileItem:
    """etcdctl without options, for root and for the group of readers; `api` is 2 where flannel's keys are in the v2 API."""
    content = render("profile.sh.j2", folder=FOLDER, port=settings.client_port, api=api)
    return FileItem(path=PROFILE, content=content, mode="0644")
