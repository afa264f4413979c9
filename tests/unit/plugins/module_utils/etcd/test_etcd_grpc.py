# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""gRPC without a library: numbers and lengths at their limits, and what a server may send beside the answer."""

from __future__ import annotations

import socket
import struct
import threading

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import DeclinedError, StoreError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd import grpc_client, protobuf
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.grpc_client import (
    DATA,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PADDED,
    PING,
    RESET,
    SETTINGS,
    WINDOW,
    first_answer,
    frame,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store_grpc import after

ANSWER = protobuf.number(3, 42)
WHOLE = b"\x00" + struct.pack(">I", len(ANSWER)) + ANSWER
TRAILERS = frame(HEADERS, b"", END_STREAM, 1)


@pytest.mark.parametrize(
    "value, encoded",
    [
        (0, "00"),
        (127, "7f"),
        (128, "8001"),
        (300, "ac02"),
        (-1, "ffffffffffffffffff01"),
        (1 << 63, "80808080808080808001"),
    ],
)
def test_numbers(value, encoded):
    assert protobuf.number(1, value) == b"\x08" + bytes.fromhex(encoded)
    found = protobuf.fields_of(protobuf.number(1, value))
    assert found.unsigned(1) == value % (1 << 64)
    assert found.number(1) == (value if value < 1 << 63 else value - (1 << 64))


def test_a_message():
    inner = protobuf.data(2, b"x") + protobuf.number(9, 7)
    found = protobuf.fields_of(
        protobuf.data(1, inner) + protobuf.data(1, b"") + b"\x25abcd" + b"\x29abcdefgh" + protobuf.number(300, 5)
    )
    assert [one.text(2) for one in found.messages(1)] == ["x", ""]
    assert (found.number(300), found.number(2), found.content(7), found.message(8).text(1)) == (5, 0, b"", "")
    assert (found.content(4), found.content(5)) == (b"abcd", b"abcdefgh")


@pytest.mark.parametrize("data", ["0a05ab", "08", "0880", "0b", "08" + "ff" * 10 + "01", "25ab"])
def test_no_message(data):
    with pytest.raises((ValueError, IndexError)):
        protobuf.fields_of(bytes.fromhex(data))


def test_a_field_of_another_kind():
    with pytest.raises(ValueError, match="field 3 is a number"):
        protobuf.fields_of(ANSWER).content(3)
    with pytest.raises(ValueError, match="field 1 is no number"):
        protobuf.fields_of(protobuf.data(1, b"x")).number(1)


@pytest.mark.parametrize(
    "length, head", [(0, "00"), (126, "7e"), (127, "7f00"), (254, "7f7f"), (255, "7f8001"), (20000, "7fa19b01")]
)
def test_lengths_of_headers(length, head):
    assert grpc_client.text("a" * length) == bytes.fromhex(head) + b"a" * length


@pytest.mark.parametrize(
    "prefix, end", [(b"/a/", b"/a0"), (b"a\xff", b"b"), (b"a\xff\xff", b"b"), (b"\xff", b"\x00"), (b"", b"\x00")]
)
def test_the_first_key_after_a_prefix(prefix, end):
    assert after(prefix) == end


class Server:
    """Sends these bytes when a question has come, and keeps what it got."""

    def __init__(self, sent: bytes) -> None:
        self.sent, self.got = sent, b""
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listening.getsockname()[1]}"

    def serve(self) -> None:
        taken, _address = self.listening.accept()
        with taken:
            while b"application/grpc" not in self.got:
                self.got += taken.recv(65536)
            taken.sendall(self.sent)
            taken.settimeout(5)
            try:
                while True:
                    more = taken.recv(65536)
                    if not more:
                        return
                    self.got += more
            except OSError:
                return


def ask(sent: bytes, timeout: float = 5):
    server = Server(sent)
    try:
        found = first_answer(Connection((server.url,), timeout=timeout), lambda client: client.call("x.Y/Z", b""))
        return found, server
    finally:
        server.listening.close()
        server.thread.join(6)


@pytest.mark.parametrize(
    "sent",
    [
        frame(DATA, WHOLE, END_STREAM, 1),
        frame(HEADERS, b"ignored", 4, 1) + frame(DATA, WHOLE, 0, 1) + TRAILERS,
        b"".join(frame(DATA, WHOLE[place : place + 1], 0, 1) for place in range(len(WHOLE))) + TRAILERS,
        frame(DATA, b"\x03" + WHOLE + b"pad", PADDED, 1) + TRAILERS,
        frame(SETTINGS, b"")
        + frame(WINDOW, b"\x00\x00\x01\x00")
        + frame(DATA, WHOLE, 0, 1)
        + frame(DATA, b"", END_STREAM, 1),
        frame(DATA, b"of another stream", 0, 7) + frame(DATA, WHOLE, END_STREAM, 1),
        frame(99, b"unknown") + frame(DATA, WHOLE, END_STREAM, 1),
    ],
    ids=["one frame", "three frames", "bytes", "padded", "window", "other stream", "unknown kind"],
)
def test_an_answer_in_any_frames(sent):
    found, _server = ask(sent)
    assert found.number(3) == 42


def test_pings_and_settings_are_answered():
    _found, server = ask(
        frame(SETTINGS, b"\x00\x04\x00\x01\x00\x00") + frame(PING, b"12345678") + frame(DATA, WHOLE, END_STREAM, 1)
    )
    assert frame(SETTINGS, b"", 1) in server.got and frame(PING, b"12345678", 1) in server.got


@pytest.mark.parametrize(
    "sent",
    [
        TRAILERS,
        frame(RESET, b"\x00\x00\x00\x08", 0, 1),
        frame(DATA, WHOLE[:-1], END_STREAM, 1),
        frame(DATA, b"\x01" + WHOLE[1:], END_STREAM, 1),
    ],
    ids=["trailers only", "reset", "too short", "compressed"],
)
def test_a_refusal(sent):
    with pytest.raises(DeclinedError, match="x.Y/Z at http.*etcd refused to answer"):
        ask(sent)


@pytest.mark.parametrize(
    "sent, reason",
    [
        (frame(GOAWAY, b"\x00" * 8), "etcd ended the connection"),
        (b"", "no answer within"),
        (frame(DATA, WHOLE, 0, 1), "no answer within"),
    ],
    ids=["goaway", "silence", "no end"],
)
def test_no_answer(sent, reason):
    with pytest.raises(StoreError, match=reason):
        ask(sent, timeout=1)
