# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to call etcdctl, and what its complaints mean. Secrets go through the environment only."""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import search_path
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection

_NOT_FOR_ETCDCTL = re.compile(rb"ETCDCTL_|(?i:https?|all|no)_(?i:proxy)\Z")
# etcdctl's part of the time; the rest is for finding out why it failed.
_SHARE = 0.75

# What stands in etcdctl's answer -> cause, fix. With one of the first ones nothing was written.
_REFUSALS = (
    (
        "permission denied",
        "{who} may not do this",
        "grant the user's role readwrite on the prefix: etcdctl role grant-permission",
    ),
    ("invalid user ID or password", "wrong username or password", "check username and password"),
    (
        "password was given for no password user",
        "{who} has no password",
        "use a client certificate of this common name instead of username and password",
    ),
    ("user name is empty", "etcd needs a user, and none was given", "set username and password"),
    (
        "database space exceeded",
        "etcd is full (alarm NOSPACE)",
        "compact and defragment it, then: etcdctl alarm disarm",
    ),
    ("code = Unimplemented", "what answers does not serve the v3 API", "check the endpoints; etcd 2 has no v3 API"),
    (r"open (\S+): (.+)", "{match}", "check ca_cert, client_cert and client_key on this host"),
    (r"x509: .*?(?=[\"\\]|$)", "TLS: {match}", "check ca_cert and the names in etcd's certificate"),
    (r"tls: .*?(?=[\"\\]|$)", "TLS: {match}", "check ca_cert, client_cert and client_key"),
    (
        "unknown flag|not defined|No help topic|unknown command",
        "this etcdctl is too old",
        "use the etcdctl of etcd 3.3 or newer",
    ),
)

_SILENCES = (
    ("no leader", "the cluster has no leader", "bring back the majority of its members"),
    ("request timed out", "the cluster does not agree in time", "bring back the majority of its members"),
)


def not_etcd(etcdctl: str, stdout: str) -> tuple[str, str]:
    """Cause and fix where etcdctl succeeds, but does not print the answer of etcd."""
    shown = next(iter(stdout.splitlines()), "")[:60]
    fix = "use the etcdctl of etcd 3.3 or newer; this one is older, or a wrapper that prints more than etcdctl"
    return f"{etcdctl} did not print etcd's answer, but: {shown}", fix


class Cause(t.NamedTuple):
    cause: str
    fix: str
    declined: bool  # nothing was written


def known_cause(stderr: str, username: str) -> Cause | None:
    """Cause and fix of what etcdctl complains about; None for what is not in the tables."""
    who = f"user {username}" if username else "an unknown user"
    for pattern, cause, fix in _REFUSALS + _SILENCES:
        match = re.search(pattern, stderr)
        if match:
            return Cause(cause.format(who=who, match=match.group(0)), fix, (pattern, cause, fix) in _REFUSALS)
    return None


def command_line(connection: Connection, words: t.Sequence[str]) -> list[str]:
    milliseconds = int(connection.timeout * 1000 * _SHARE)
    files = (("cacert", connection.ca_cert), ("cert", connection.client_cert), ("key", connection.client_key))
    return [
        connection.etcdctl,
        "--endpoints=" + ",".join(connection.endpoints),
        f"--dial-timeout={milliseconds}ms",
        f"--command-timeout={milliseconds}ms",
        "--write-out=json",
        *(f"--{name}={path}" for name, path in files if path),
        *words,
    ]


def environment(connection: Connection) -> dict[bytes, bytes]:
    """The caller's, without proxies: etcd is inside. etcdctl ends at once on a variable of its own that repeats an option."""
    clean = {name: value for name, value in os.environb.items() if not _NOT_FOR_ETCDCTL.match(name)}
    clean[b"ETCDCTL_API"] = b"3"
    clean[b"PATH"] = os.fsencode(search_path())  # by which etcdctl itself is found
    if connection.username:
        clean[b"ETCDCTL_USER"] = f"{connection.username}:{connection.password}".encode()
    return clean


def quoted(text: str) -> str:
    """As Go's quoted strings, which is what etcdctl reads in transactions."""
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    code = ord(char)
    if char in '"\\':
        return "\\" + char
    if 0x20 <= code < 0x7F:
        return char
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def last_line(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.strip()]
    return lines[-1].replace("Error: ", "", 1) if lines else "it failed without a message"
