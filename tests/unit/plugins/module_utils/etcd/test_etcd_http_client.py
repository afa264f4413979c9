# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import http.client
import http.server
import json
import socket
import ssl
import threading
import time

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import StoreError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd import http_client as etcd_http
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/version" else 404)
        self.end_headers()
        self.wfile.write(json.dumps({"etcdserver": "3.6.14"}).encode() if self.path == "/version" else b"[1]")

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def page():
    with http.server.HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextlib.contextmanager
def mute():
    """A port that takes connections and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def closed():
    """A port that is taken, so that nobody else serves it, and refuses connections."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_an_endpoint_that_answers():
    with page() as url:
        etcd_http.reach(Connection((url,)))
        assert etcd_http.ask(Connection((url,)), "/version") == (200, {"etcdserver": "3.6.14"})
        assert etcd_http.ask(Connection((url,)), "/v2/keys") == (404, {})
        assert etcd_http.explain(Connection((url,)), 1) is None


def test_the_next_endpoint_answers(closed):
    with page() as url:
        etcd_http.reach(Connection((closed, url)))
        assert etcd_http.ask(Connection((closed, url)), "/version").status == 200


def test_nobody_is_there(closed):
    for question in (etcd_http.reach, lambda connection: etcd_http.ask(connection, "/version")):
        with pytest.raises(
            StoreError, match=f"{closed}: connection refused.*; {closed}: .*Fix: check that etcd runs"
        ) as caught:
            question(Connection((closed, closed)))
        assert len(caught.value.details["causes"]) == 2


def test_somebody_is_there_and_mute():
    started = time.monotonic()
    with mute() as url, pytest.raises(StoreError, match="no answer within"):
        etcd_http.ask(Connection((url, url)), "/version", 0.4)
    assert time.monotonic() - started < 1


def test_plain_text_where_tls_is_wanted():
    with page() as url:
        error = etcd_http.explain(Connection((url.replace("http:", "https:"),)), 1)
    assert "TLS: " in str(error)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://a:2379", ("a", 2379)),
        ("https://[fd00::1]:1", ("fd00::1", 1)),
        ("https://a", ("a", 443)),
        ("http://a", ("a", 80)),
    ],
)
def test_addresses(url, address):
    assert etcd_http.address_of(url) == address


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (socket.timeout("timed out"), "no answer within 3 s"),
        (socket.gaierror(-2, "Name or service not known"), "the name does not resolve (Name or service not known)"),
        (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
        (ssl.SSLError(1, "wrong version"), "TLS: "),
        (http.client.BadStatusLine("x"), "something answers that is not etcd's HTTP side (BadStatusLine)"),
    ],
)
def test_causes(error, cause):
    assert etcd_http.cause_of(error, 3).startswith(cause)


def test_a_deadline_passes_the_answer():
    assert etcd_http.with_deadline(5, lambda: 7) == 7


def test_a_deadline_passes_the_error():
    with pytest.raises(ZeroDivisionError):
        etcd_http.with_deadline(5, lambda: 1 // 0)


def test_a_deadline_ends():
    started = time.monotonic()
    with pytest.raises(socket.timeout):
        etcd_http.with_deadline(0.1, lambda: time.sleep(30))
    assert time.monotonic() - started < 5
