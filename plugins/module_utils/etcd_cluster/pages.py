# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What endpoints of etcd say by plain HTTP, and until when their certificates last; all endpoints at once."""

from __future__ import annotations

import concurrent.futures
import functools
import http.client
import socket
import ssl
import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.certificates import end_of
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.http_client import (
    address_of,
    cause_of,
    http_client,
    tls_context,
    with_deadline,
)

_LIMIT = 8 << 20  # bytes of a page


class Page(t.NamedTuple):
    status: int
    body: bytes
    cluster_id: str = ""  # v2 only


class Probe(t.NamedTuple):
    """`cause` says why the endpoint cannot be spoken to; `pages` holds what it serves, by path."""

    url: str
    cause: str
    pages: t.Mapping[str, Page]
    certificate_end: float | None = None  # seconds since 1970


def probe_all(connection: Connection, urls: t.Sequence[str], paths: t.Sequence[str], seconds: float) -> list[Probe]:
    if not urls:
        return []
    with concurrent.futures.ThreadPoolExecutor(len(urls)) as pool:
        return list(pool.map(lambda url: probe(connection, url, paths, seconds), urls))


def certificate_ends(connection: Connection, urls: t.Sequence[str], seconds: float) -> dict[str, float]:
    """What these URLs show before they ask for a certificate; nothing of one that does not answer."""
    if not urls:
        return {}
    with concurrent.futures.ThreadPoolExecutor(len(urls)) as pool:
        found = dict(zip(urls, pool.map(lambda url: _certificate_end(connection, url, seconds), urls)))
    return {url: end for url, end in found.items() if end is not None}


def probe(connection: Connection, url: str, paths: t.Sequence[str], seconds: float) -> Probe:
    deadline = time.monotonic() + seconds
    end = _certificate_end(connection, url, seconds)
    client = http_client(connection, url, _left(deadline))
    try:
        with_deadline(_left(deadline), client.connect)
        return Probe(url, "", _pages(client, paths, deadline), end)
    except OSError as error:
        return Probe(url, cause_of(error, seconds), {}, end)
    finally:
        client.close()


def _pages(client: http.client.HTTPConnection, paths: t.Sequence[str], deadline: float) -> dict[str, Page]:
    """OSError when nothing is said at all. An endpoint for gRPC only has no pages."""
    pages: dict[str, Page] = {}
    try:
        for path in paths:
            left = _left(deadline)
            pages[path] = with_deadline(left, functools.partial(_page, client, path, left))
    except (socket.timeout, ssl.SSLError):
        if not pages:
            raise
    except (OSError, http.client.HTTPException):
        pass
    return pages


def _page(client: http.client.HTTPConnection, path: str, seconds: float) -> Page:
    client.timeout = seconds
    if client.sock:
        client.sock.settimeout(seconds)
    client.request("GET", path)
    response = client.getresponse()
    return Page(response.status, response.read(_LIMIT), response.getheader("X-Etcd-Cluster-Id", ""))


def _certificate_end(connection: Connection, url: str, seconds: float) -> float | None:
    """Reads the certificate without verifying it: one that has ended is to be reported."""
    if not url.startswith("https:"):
        return None
    context = tls_context(connection)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    address = address_of(url)

    def collect() -> float | None:
        plain = socket.create_connection(address, seconds)
        with plain, context.wrap_socket(plain, server_hostname=address[0]) as secure:
            return end_of(secure.getpeercert(binary_form=True) or b"")

    try:
        return with_deadline(seconds, collect)
    except (OSError, ValueError):
        return None


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.1)
