# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain requests to etcd's HTTP side: whether it answers, with which version, and if not, why not. Deadlines for them."""

from __future__ import annotations

import functools
import http.client
import json
import socket
import ssl
import threading
import time
import typing as t
import urllib.parse

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import StoreError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection

T = t.TypeVar("T")
UNREACHABLE_FIX = "check that etcd runs there, that its client URL is this one, and that no firewall is between"


class Answer(t.NamedTuple):
    status: int
    document: dict[str, t.Any]


def reach(connection: Connection) -> None:
    """Fail at once, with the cause of each endpoint, when none takes connections."""
    _first(connection, connection.timeout, _connect)


def ask(connection: Connection, path: str, seconds: float | None = None) -> Answer:
    """The first endpoint that answers."""
    return _first(connection, seconds or connection.timeout, lambda url, share: _get(connection, url, path, share))


def explain(connection: Connection, seconds: float, waited: float = 0) -> StoreError | None:
    """Why no endpoint answers, as far as it can be seen in this time; None when one does. `waited` seconds have gone by already."""
    try:
        _first(connection, seconds, lambda url, share: _get(connection, url, "/version", share), waited)
    except StoreError as error:
        return error
    return None


def unreachable(causes: t.Sequence[str]) -> StoreError:
    return StoreError(f"etcd does not answer: {'; '.join(causes)}. Fix: {UNREACHABLE_FIX}", causes=list(causes))


def _first(connection: Connection, seconds: float, question: t.Callable[[str, float], T], waited: float = 0) -> T:
    """What the first endpoint says; when none does, an error with the cause of each."""
    causes = []
    for url, share in _shares(connection, seconds):
        try:
            return with_deadline(share, functools.partial(question, url, share))
        except (OSError, http.client.HTTPException) as error:
            causes.append(f"{url}: {cause_of(error, waited or share)}")
    raise unreachable(causes)


def _shares(connection: Connection, seconds: float) -> t.Iterator[tuple[str, float]]:
    """Each endpoint with its part of the time that is left."""
    deadline = time.monotonic() + seconds
    for place, url in enumerate(connection.endpoints):
        left = max(deadline - time.monotonic(), 0.1)
        yield url, left / (len(connection.endpoints) - place)


def _connect(url: str, seconds: float) -> None:
    socket.create_connection(address_of(url), timeout=seconds).close()


def address_of(url: str) -> tuple[str, int]:
    """Go's client takes the port of the scheme where none is written."""
    parts = urllib.parse.urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def http_client(connection: Connection, url: str, seconds: float) -> http.client.HTTPConnection:
    host, port = address_of(url)
    if url.startswith("https:"):
        return http.client.HTTPSConnection(host, port, timeout=seconds, context=tls_context(connection))
    return http.client.HTTPConnection(host, port, timeout=seconds)


def _get(connection: Connection, url: str, path: str, seconds: float) -> Answer:
    client = http_client(connection, url, seconds)
    try:
        client.request("GET", path)
        response = client.getresponse()
        return Answer(response.status, document_of(response.read(1 << 20)))
    finally:
        client.close()


def tls_context(connection: Connection) -> ssl.SSLContext:
    """As strict as etcd's own clients; Python 3.13 and newer would refuse certificates that they take."""
    context = ssl.create_default_context(cafile=connection.ca_cert or None)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if connection.client_cert:
        context.load_cert_chain(connection.client_cert, connection.client_key)
    return context


def document_of(body: bytes) -> dict[str, t.Any]:
    try:
        found = json.loads(body.decode("utf-8", "replace"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def cause_of(error: Exception, seconds: float) -> str:
    if isinstance(error, socket.timeout):
        return f"no answer within {seconds:.0f} s"
    if isinstance(error, socket.gaierror):
        return f"the name does not resolve ({error.strerror})"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {getattr(error, 'verify_message', '') or getattr(error, 'reason', '') or error}"
    if isinstance(error, OSError):
        return str(error.strerror or error).lower()
    return f"something answers that is not etcd's HTTP side ({type(error).__name__})"


def with_deadline(seconds: float, question: t.Callable[[], T]) -> T:
    """The answer, or the error that the question raised; socket.timeout when the seconds are over.

    The time-out of a socket counts anew with each byte, and resolving a name has no time limit.
    A request without an answer is left behind: its thread ends with the process.
    """
    answers: list[T] = []
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            answers.append(question())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if answers:
        return answers[0]
    raise errors[0] if errors else socket.timeout("timed out")
