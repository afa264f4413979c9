# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The flags of flanneld: which release knows which, and which ones have a variable of their own. No I/O."""

from __future__ import annotations

import difflib
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import (
    NEWEST_FLANNEL,
    Version,
    parse_version,
)

BOOL, INT, TEXT = "true or false", "a whole number", "one line of text"


class Flag(t.NamedTuple):
    since: Version
    value: str


FLAGS: t.Mapping[str, Flag] = {
    "healthz-ip": Flag((0, 8, 0), TEXT),
    "healthz-port": Flag((0, 8, 0), INT),
    "ip-blackhole-route": Flag((0, 27, 1), BOOL),
    "ip-masq-fully-random-disable": Flag((0, 27, 4), BOOL),
    "iptables-forward-rules": Flag((0, 11, 0), BOOL),
    "iptables-resync": Flag((0, 11, 0), INT),
    "log_backtrace_at": Flag((0,), TEXT),
    "public-ipv6": Flag((0, 15, 0), TEXT),
    "subnet-lease-renew-margin": Flag((0, 7, 0), INT),
    "v": Flag((0,), INT),
    "vmodule": Flag((0,), TEXT),
}

INTERFACE, FIXED, KUBERNETES = (
    "use flannel_interface",
    "remove it: the role decides it",
    "remove it: leases are in etcd",
)
ELSEWHERE: t.Mapping[str, str] = {
    "etcd-cafile": "use flannel_etcd_ca_cert",
    "etcd-certfile": "use flannel_etcd_client_cert",
    "etcd-endpoints": "use flannel_etcd_endpoints",
    "etcd-keyfile": "use flannel_etcd_client_key",
    "etcd-password": "use flannel_etcd_password",
    "etcd-prefix": "use flannel_etcd_prefix",
    "etcd-username": "use flannel_etcd_username",
    "iface": INTERFACE,
    "iface-can-reach": INTERFACE,
    "iface-regex": INTERFACE,
    "ip-masq": "use flannel_ip_masq",
    "public-ip": "use flannel_public_ip",
    "subnet-file": FIXED,
    "version": FIXED,
    "kube-annotation-prefix": KUBERNETES,
    "kube-api-url": KUBERNETES,
    "kube-subnet-mgr": KUBERNETES,
    "kubeconfig-file": KUBERNETES,
    "net-config-path": KUBERNETES,
    "set-node-network-unavailable": KUBERNETES,
}

FORMS = {BOOL: "(?i)true|false", INT: "-?[0-9]+", TEXT: r"[^\x00-\x1f\x7f]+"}


def flag_problems(options: t.Mapping[str, t.Any], flannel_version: str = "") -> list[Finding]:
    """flanneld ignores a variable that it does not know silently, so every name is checked here."""
    version = parse_version(flannel_version or NEWEST_FLANNEL)
    found = (_problem(str(name), value, version) for name, value in options.items())
    return [problem for problem in found if problem]


def _problem(name: str, value: t.Any, version: Version) -> Finding | None:
    if name in ELSEWHERE:
        return _finding(name, value, "flags that have no variable of their own", ELSEWHERE[name])
    if name not in FLAGS:
        near = difflib.get_close_matches(name.lstrip("-").replace("_", "-"), list(FLAGS), 1)
        fix = f"did you mean {near[0]}?" if near else "remove it"
        return _finding(name, value, "one of " + ", ".join(FLAGS), fix)
    flag = FLAGS[name]
    if flag.since > version:
        since = ".".join(map(str, flag.since))
        return _finding(
            name, value, f"flags of flannel {_text(version)}; this one came with {since}", f"remove it, or use {since}"
        )
    if not re.fullmatch(FORMS[flag.value], str(value)):
        return _finding(name, value, flag.value, f"give {name} {flag.value}")
    return None


def _text(version: Version) -> str:
    return ".".join(map(str, version))


def _finding(name: str, value: t.Any, expected: str, fix: str) -> Finding:
    shown = "***" if "password" in name else value
    return Finding(code="bad_flannel_option", seen=f"flannel_options: {name} = {shown}", expected=expected, fix=fix)
