# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import http.server
import threading

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import etcd_process

URL, OTHER = "http://192.0.2.1:2379", "http://192.0.2.2:2379"
PROCESS = {"pid": 7, "argv": [], "executable": "/usr/bin/etcd", "started": 1.0}


@pytest.mark.parametrize(
    ("argv", "environment", "urls"),
    [
        (["etcd"], {"ETCD_ADVERTISE_CLIENT_URLS": f"{URL}, {OTHER}"}, [URL, OTHER]),
        (["etcd", "--advertise-client-urls", URL], {}, [URL]),
        (["etcd", f"-advertise-client-urls={URL}"], {"ETCD_ADVERTISE_CLIENT_URLS": OTHER}, [URL]),
        (["etcd", "--advertise-client-urls"], {}, []),
        (["etcd", "--config-file=/etc/etcd.yml"], None, []),
    ],
)
def test_client_urls(monkeypatch, argv, environment, urls):
    monkeypatch.setattr(etcd_process, "arguments", lambda pid: argv)
    monkeypatch.setattr(etcd_process, "environment", lambda pid: environment)
    assert etcd_process.client_urls(PROCESS) == urls


def test_no_process():
    assert etcd_process.client_urls(None) == []
    assert etcd_process.read_etcd(None) is None


@pytest.fixture
def answering(monkeypatch):
    """A member whose process advertises a port at which this is answered, once; None: nothing listens there."""
    servers = []

    def start(answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(answer if self.path == "/version" else b"{}")

            def log_message(self, *_args):
                """Print nothing."""

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        url = f"http://127.0.0.1:{server.server_port}"
        if answer is None:
            server.server_close()
        else:
            servers.append(server)
            threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(etcd_process, "arguments", lambda pid: ["etcd"])
        monkeypatch.setattr(etcd_process, "environment", lambda pid: {"ETCD_ADVERTISE_CLIENT_URLS": url})
        return url

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("answer", "version", "cluster"),
    [
        (b'{"etcdserver":"3.6.14","etcdcluster":"3.5.0","storage":"3.5.0"}', "3.6.14", "3.5.0"),
        (b'{"etcdserver":"2.3.7","etcdcluster":"2.3.0"}', "2.3.7", "2.3.0"),
        (b'{"etcdserver":"3.5.16","etcdcluster":"not_decided"}', "3.5.16", ""),
        (b'["3.5.16"]', "", ""),
        (b"404 page not found", "", ""),
        (b'{"etcdserver":3}', "", ""),
        (None, "", ""),
    ],
)
def test_what_a_member_says_of_its_version(answering, answer, version, cluster):
    url = answering(answer)
    found = etcd_process.read_etcd(PROCESS)
    assert found == {"client_urls": [url], "version": version, "cluster_version": cluster}


def test_an_unknown_url_is_not_asked(monkeypatch):
    monkeypatch.setattr(etcd_process, "client_urls", lambda process: [])
    assert etcd_process.read_etcd(PROCESS) == {"client_urls": [], "version": "", "cluster_version": ""}


def test_a_certificate_that_cannot_be_read_is_no_error():
    given = {"ETCD_CERT_FILE": "/no/such", "ETCD_KEY_FILE": "/no/such"}
    assert etcd_process.version_at("https://127.0.0.1:1", given) == {}
