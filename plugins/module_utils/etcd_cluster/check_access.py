# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check who may use an etcd cluster: whether its client URLs are https, and whether authentication is enabled."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding, listed
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.http_client import address_of
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.model import Cluster


def check_access(cluster: Cluster) -> list[Finding]:
    return [*_plain(cluster), *_auth_off(cluster)]


def _plain(cluster: Cluster) -> t.Iterator[Finding]:
    """A loopback address cannot be reached from the network."""
    plain = [url for url in cluster.client_urls if url.startswith("http:") and not _is_own(address_of(url)[0])]
    if plain:
        danger = (
            "anybody on the network can read the passwords and keys that are sent"
            if cluster.auth
            else "anybody on the network can read and write all keys, and so change what flanneld does on every host as root"
        )
        yield Finding(
            code="client_http",
            seen=f"clients use etcd by http at {listed(plain)}: {danger}",
            expected="https with client certificates, and users",
            fix="set overlay_etcd_tls to true and run site.yml, or start etcd with --cert-file, --key-file, --trusted-ca-file"
            " and --client-cert-auth",
        )


def _is_own(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _auth_off(cluster: Cluster) -> t.Iterator[Finding]:
    if cluster.auth is False and any(url.startswith("https:") for url in cluster.client_urls):
        yield Finding(
            code="auth_off",
            seen="authentication is off: every client certificate may read and write all keys",
            expected="users, of which flannel may only touch its own keys",
            fix="make the users and enable authentication: overlay.flannel.etcd_users",
        )
