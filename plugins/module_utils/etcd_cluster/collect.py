# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collect the state of etcd from its endpoints, and if wanted from the members that they list."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.certificates import ends_in
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.model import Cluster, Endpoint
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.pages import certificate_ends


class Collector(t.Protocol):
    def __call__(self, connection: Connection, urls: t.Sequence[str], seconds: float) -> list[Endpoint]:
        """Reads each URL separately, all at once, within the time. One that does not answer has a cause."""


def read_cluster(connection: Connection, collect: Collector, whole: bool, seconds: float) -> Cluster:
    """`whole`: also the members that no endpoint spoke for, by the client URLs that they advertise."""
    deadline = time.monotonic() + seconds
    endpoints = collect(connection, connection.endpoints, seconds / 2 if whole else seconds)
    found = unreached_urls(Cluster(endpoints)) if whole else []
    if found:
        more = collect(connection, found, max(deadline - time.monotonic(), 0.1))
        endpoints = endpoints + [dataclasses.replace(endpoint, given=False) for endpoint in more]
    peers = certificate_ends(connection, peer_urls(Cluster(endpoints)), max(deadline - time.monotonic(), 0.1))
    return Cluster(endpoints, file_ends(connection), peers)


def peer_urls(cluster: Cluster) -> list[str]:
    """Those with TLS."""
    urls = [url for member in cluster.members for url in member.peer_urls]
    return [url for url in dict.fromkeys(urls) if url.startswith("https://")]


def unreached_urls(cluster: Cluster) -> list[str]:
    """Client URLs of the members that have not answered, without those that were queried already."""
    queried = {endpoint.url for endpoint in cluster.endpoints}
    silent = [member for member in cluster.members if not cluster.answers_of(member)]
    urls = [url for member in silent for url in member.client_urls if url not in queried]
    return [url for url in dict.fromkeys(urls) if url.startswith(("http://", "https://"))]


def file_ends(connection: Connection) -> dict[str, float]:
    """The certificate to show stands first in its file; of several authorities the one that lasts longest counts."""
    ends = {}
    for path, choose in ((connection.ca_cert, max), (connection.client_cert, _first)):
        found = _ends(path) if path else []
        if found:
            ends[path] = choose(found)
    return ends


def _first(ends: t.Sequence[float]) -> float:
    return ends[0]


def _ends(path: str) -> list[float]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return ends_in(file.read())
    except ValueError:  # odd, but OpenSSL has taken it
        return []
