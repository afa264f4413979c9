# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One question after the other to etcd's gRPC side, for hosts without etcdctl. Reads only.

etcd's JSON gateway ignores who a client certificate names, so with users it refuses what this collection may read; etcdctl is on members
only. What gRPC needs of HTTP/2 for that is small: one connection, one stream at a time, headers written without compression and not read.
So a refusal is known as such, its reason is not.
"""

from __future__ import annotations

import functools
import socket
import struct
import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import DeclinedError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.http_client import (
    address_of,
    cause_of,
    tls_context,
    unreachable,
    with_deadline,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.protobuf import Fields, fields_of

T = t.TypeVar("T")
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, WINDOW = 0, 1, 3, 4, 6, 7, 8
ACK = END_STREAM = 1
END_HEADERS, PADDED = 4, 8
WHOLE = (1 << 31) - 1  # no answer waits for room
FIRST_WINDOW = 65535
INITIAL_WINDOW_SIZE = 4
LARGEST = 64 << 20  # bytes of an answer
REFUSED_FIX = "check the certificate and the role of its user (etcdctl shows the reason), and whether etcd has a leader"


class GrpcClient:
    """A connection to one endpoint. Raises OSError where it breaks, and DeclinedError where etcd refuses a question."""

    def __init__(self, connection: Connection, url: str, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self._url = url
        self._stream = -1
        host, port = address_of(url)
        self._authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._socket = socket.create_connection((host, port), timeout=seconds)
        if url.startswith("https:"):
            context = tls_context(connection)
            context.set_alpn_protocols(["h2"])
            self._socket = context.wrap_socket(self._socket, server_hostname=host)
        settings = struct.pack(">HI", INITIAL_WINDOW_SIZE, WHOLE)
        self._socket.sendall(
            PREFACE + frame(SETTINGS, settings) + frame(WINDOW, struct.pack(">I", WHOLE - FIRST_WINDOW))
        )

    def close(self) -> None:
        self._socket.close()

    def call(self, method: str, request: bytes) -> Fields:
        """The answer of `method`, such as `etcdserverpb.KV/Range`."""
        self._stream += 2
        scheme = self._url.partition(":")[0]
        headers = header_block(method, scheme, self._authority, max(self._deadline - time.monotonic(), 0.1))
        message = b"\x00" + struct.pack(">I", len(request)) + request
        self._socket.sendall(
            frame(HEADERS, headers, END_HEADERS, self._stream) + frame(DATA, message, END_STREAM, self._stream)
        )
        answer = self._answer()
        if len(answer) < 5 or answer[0] or len(answer) != 5 + struct.unpack(">I", answer[1:5])[0]:
            raise DeclinedError(f"{method} at {self._url}: etcd refused to answer. Fix: {REFUSED_FIX}")
        return fields_of(answer[5:])

    def _answer(self) -> bytes:
        """The data of the stream up to its end; nothing where etcd refuses."""
        found = b""
        while True:
            kind, flags, stream, payload = self._frame()
            if kind == GOAWAY:
                raise ConnectionResetError("etcd ended the connection")
            if kind in (SETTINGS, PING) and not flags & ACK:
                self._socket.sendall(frame(kind, payload if kind == PING else b"", ACK))
            if stream != self._stream:
                continue
            if kind == DATA:
                found += payload[1 : len(payload) - payload[0]] if flags & PADDED else payload
            if kind == RESET or (kind in (DATA, HEADERS) and flags & END_STREAM):
                return found
            if len(found) > LARGEST:
                raise ConnectionResetError(f"an answer of more than {LARGEST} bytes")

    def _frame(self) -> tuple[int, int, int, bytes]:
        head = self._read(9)
        length = int.from_bytes(head[:3], "big")
        stream = int.from_bytes(head[5:9], "big") & WHOLE
        return head[3], head[4], stream, self._read(length)

    def _read(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise socket.timeout("timed out")
            self._socket.settimeout(left)
            part = self._socket.recv(size - len(found))
            if not part:
                raise ConnectionResetError("etcd ended the connection")
            found += part
        return bytes(found)


def frame(kind: int, payload: bytes, flags: int = 0, stream: int = 0) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def header_block(method: str, scheme: str, authority: str, seconds: float) -> bytes:
    """Each header as a literal that nobody has to remember."""
    headers = {
        ":method": "POST",
        ":scheme": scheme,
        ":path": f"/{method}",
        ":authority": authority,
        "content-type": "application/grpc",
        "te": "trailers",
        "grpc-timeout": f"{int(seconds * 1000)}m",
    }
    return b"".join(b"\x00" + text(name) + text(value) for name, value in headers.items())


def text(value: str) -> bytes:
    """Its length in seven bits, or in more where these are all set."""
    encoded = value.encode("ascii")
    length, rest = len(encoded), b""
    if length >= 127:
        left, more = length - 127, []
        while left >= 128:
            more.append(left % 128 + 128)
            left //= 128
        length, rest = 127, bytes([*more, left])
    return bytes([length]) + rest + encoded


def first_answer(connection: Connection, question: t.Callable[[GrpcClient], T]) -> T:
    """What the first endpoint that can be spoken to answers, within the time of the connection; StoreError with the cause of each."""
    deadline, causes = time.monotonic() + connection.timeout, []
    for place, url in enumerate(connection.endpoints):
        share = max(deadline - time.monotonic(), 0.1) / (len(connection.endpoints) - place)
        try:
            return with_deadline(share, functools.partial(_ask, connection, url, share, question))
        except (OSError, ValueError, IndexError) as error:
            causes.append(f"{url}: {cause_of(error, share) if isinstance(error, OSError) else 'no answer of etcd'}")
    raise unreachable(causes)


def _ask(connection: Connection, url: str, seconds: float, question: t.Callable[[GrpcClient], T]) -> T:
    client = GrpcClient(connection, url, seconds)
    try:
        return question(client)
    finally:
        client.close()
