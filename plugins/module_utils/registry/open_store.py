# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The choice of the API by which to speak to etcd, never by luck."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError, StoreError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.http_client import (
    Answer,
    ask,
    cause_of,
    reach,
    tls_context,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import Store
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store_v2 import StoreV2
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store_v3 import StoreV3
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import flannel_api, parse_version


def open_store(connection: Connection, api: str = "auto", flannel_version: str = "") -> Store:
    require_files(connection)
    reach(connection)
    chosen = api_of(connection, api, flannel_version)
    return StoreV2(connection) if chosen == "v2" else StoreV3(connection)


def api_of(connection: Connection, api: str, flannel_version: str) -> str:
    """`v2` or `v3`; reads it from etcd only if neither option decides it."""
    return choose_api(api, flannel_version, lambda path: ask(connection, path))


def require_files(connection: Connection) -> None:
    names = [name for name in ("ca_cert", "client_cert", "client_key") if getattr(connection, name)]
    for name in names:
        path = getattr(connection, name)
        if not os.access(path, os.R_OK):
            fix = "copy it there, or run the module on a host that has it"
            raise InputError(name, path, "a file that can be read on the host that runs the module", fix)
    if names:
        _require_tls(connection, names)


def _require_tls(connection: Connection, names: list[str]) -> None:
    try:
        tls_context(connection)
    except OSError as error:
        paths = ", ".join(getattr(connection, name) for name in names)
        fix = "check these files, and that certificate and key belong together"
        raise InputError(", ".join(names), paths, f"PEM files ({cause_of(error, 0)})", fix) from None


def choose_api(api: str, flannel_version: str, get: t.Callable[[str], Answer]) -> str:
    """As given; else what this flannel reads; else what the cluster answers, if that is only one."""
    if api != "auto":
        return api
    if flannel_version:
        return flannel_api(flannel_version)
    answered = _answered(get)
    if len(answered) == 1:
        return answered[0]
    raise StoreError(
        f"api = auto: etcd answers {' and '.join(answered)}, and neither API has the other's keys."
        " Allowed: one of them. Fix: set flannel_version to the flannel in use, or api to v2 or v3"
    )


def _answered(get: t.Callable[[str], Answer]) -> list[str]:
    version = parse_version(str(get("/version").document.get("etcdserver", "")), "version of etcd")
    if version >= (3, 6):
        return ["v3"]
    v2 = get("/v2/keys").status != 404
    return (["v2"] if v2 else []) + (["v3"] if version >= (3, 0) else [])
