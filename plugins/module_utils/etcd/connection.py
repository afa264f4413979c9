# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to reach etcd: the options that all modules for etcd share, as one value."""

from __future__ import annotations

import dataclasses
import re
import typing as t
import urllib.parse

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError

ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "endpoints": {"type": "list", "elements": "str", "default": ["http://127.0.0.1:2379"]},
    "prefix": {"type": "str", "default": "/flannel/network"},
    "api": {"type": "str", "choices": ["auto", "v2", "v3"], "default": "auto"},
    "flannel_version": {"type": "str", "default": ""},
    "ca_cert": {"type": "path"},
    "client_cert": {"type": "path"},
    "client_key": {"type": "path"},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "timeout": {"type": "int", "default": 10},
    "etcdctl": {"type": "path", "default": "etcdctl"},
}
TOGETHER = [["client_cert", "client_key"], ["username", "password"]]


@dataclasses.dataclass(frozen=True)
class Connection:
    endpoints: tuple[str, ...]
    ca_cert: str = ""
    client_cert: str = ""
    client_key: str = ""
    username: str = ""
    password: str = dataclasses.field(default="", repr=False)
    timeout: float = 10  # seconds
    etcdctl: str = "etcdctl"


def from_params(params: t.Mapping[str, t.Any]) -> Connection:
    if params["timeout"] < 1:
        raise InputError("timeout", params["timeout"], "1 or more seconds", "leave it out for 10 seconds")
    if not params["endpoints"]:
        raise InputError("endpoints", "[]", "one URL or more", "give the client URLs of etcd")
    if ":" in (params["username"] or "") or (params["password"] and not params["username"]):
        raise InputError("username", repr(params["username"]), "a name without a colon", "give username and password")
    names = ("ca_cert", "client_cert", "client_key", "username", "password")
    for name in ("endpoints", "prefix", "etcdctl", *names):
        _refuse_control_characters(name, params[name] or "")
    return Connection(
        endpoints=tuple(checked_endpoint(url) for url in params["endpoints"]),
        timeout=params["timeout"],
        etcdctl=params["etcdctl"],
        **{name: params[name] or "" for name in names},
    )


def _refuse_control_characters(name: str, value: str | t.Sequence[str]) -> None:
    """No program takes them as argument or variable, and no URL means what it seems to mean with them."""
    if any(ord(char) < 0x20 for text in ([value] if isinstance(value, str) else value) for char in text):
        shown = "(a secret)" if ARGUMENTS[name].get("no_log") else repr(value)
        raise InputError(name, shown, "text without control characters, such as a line's end", f"write {name} anew")


def checked_endpoint(url: str) -> str:
    """The URL without a slash at its end, refused unless it is one of a client port."""
    parts = urllib.parse.urlsplit(url)
    try:
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.path.strip("/") or parts.query or parts.username or "," in url:
        allowed = "http://HOST:PORT or https://HOST:PORT"
        shown = re.sub("^([a-z]*://)?.*@", r"\1(hidden)@", url)
        raise InputError(
            "endpoints", shown, allowed, "write each endpoint as such a URL, for example http://192.0.2.11:2379"
        )
    return url.rstrip("/")
