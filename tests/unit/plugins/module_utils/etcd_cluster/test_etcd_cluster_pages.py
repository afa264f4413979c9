# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.pages import Page, probe, probe_all

CONNECTION = Connection(("http://127.0.0.1:1",))
GOOD = b"HTTP/1.1 200 OK\r\nX-Etcd-Cluster-Id: cdf8\r\nContent-Length: 2\r\n\r\nok"
CLOSING = b"HTTP/1.1 503 no\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


@contextlib.contextmanager
def server(*answers):
    """Gives these answers one after the other, each to one question; then it is silent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        over, left = threading.Event(), list(answers)

        def serve():
            with contextlib.suppress(OSError):
                while left:
                    one, _address = listener.accept()
                    with one:
                        while left and one.recv(4096):
                            one.sendall(left.pop(0))
                            if left and left[0] is None:
                                left.pop(0)
                                break
                        else:
                            over.wait()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        over.set()
        listener.shutdown(socket.SHUT_RDWR)  # ends accept()
    thread.join(1)


def test_pages():
    with server(GOOD, GOOD) as url:
        found = probe(CONNECTION, url, ["/a", "/b"], 5)
    assert found == (url, "", {"/a": Page(200, b"ok", "cdf8"), "/b": Page(200, b"ok", "cdf8")}, None)


def test_a_server_that_closes_after_each_page():
    with server(CLOSING, None, GOOD) as url:
        assert probe(CONNECTION, url, ["/a", "/b"], 5).pages == {"/a": Page(503, b""), "/b": Page(200, b"ok", "cdf8")}


def test_a_page_that_takes_too_long():
    started = time.monotonic()
    with server(GOOD) as url:
        found = probe(CONNECTION, url, ["/a", "/health"], 0.5)
    assert (found.cause, list(found.pages)) == ("", ["/a"])
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("answer", [b"\x00\x00\x18\x04\x00\x00\x00\x00\x00 HTTP/2\r\n\r\n", b""])
def test_an_endpoint_without_pages(answer):
    """etcd with --listen-client-http-urls serves gRPC only at its client URL: it is there all the same."""
    with server(answer, None, GOOD) as url:
        found = probe(CONNECTION, url, ["/metrics"], 5)
    assert (found.cause, found.pages) == ("", {})


def test_the_mute_and_the_absent_at_once():
    with server() as mute, server() as other, server(GOOD) as good:
        started = time.monotonic()
        found = probe_all(CONNECTION, [mute, other, good, "http://127.0.0.1:1"], ["/a"], 1)
        assert time.monotonic() - started < 1.9
    causes = ["no answer within 1 s", "no answer within 1 s", "", "connection refused"]
    assert [one.cause for one in found] == causes


def test_none():
    assert probe_all(CONNECTION, [], ["/a"], 1) == []
