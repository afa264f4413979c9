# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import socketserver
import threading

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import Output
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import docker


@pytest.mark.parametrize(
    ("text", "exists", "error", "keys"),
    [
        (None, False, None, {}),
        (" \n", True, None, {}),
        ('{"bip": "10.1.2.1/24"}', True, None, {"bip": "10.1.2.1/24"}),
        ('{"mtu": 1400, "proxies": {"http-proxy": "http://user:geheim@192.0.2.1"}}', True, None, {"mtu": 1400}),
        ("[]", True, "not a JSON object", {}),
    ],
)
def test_daemon_json(text, exists, error, keys):
    assert docker.parse_daemon_json(text) == {"exists": exists, "error": error, "keys": keys}


def test_broken_daemon_json():
    assert "line 1" in docker.parse_daemon_json("{")["error"]


def test_networks(recorded):
    found = docker.parse_networks(json.loads(recorded("docker_networks.json")))
    bridge = {"name": "bridge", "subnet": "10.43.47.0/24", "driver": "bridge", "bridge": "docker0", "opened": []}
    assert bridge in found
    assert {"name": "host", "subnet": "", "driver": "host", "bridge": "", "opened": []} in found


@pytest.mark.parametrize(
    ("options", "bridge", "opened"),
    [
        ({}, "br-0123456789ab", []),
        ({f"{docker.BRIDGE_OPTION}.name": "mine"}, "mine", []),
        ({f"{docker.BRIDGE_OPTION}.gateway_mode_ipv4": "nat-unprotected"}, "br-0123456789ab", ["ip"]),
        ({f"{docker.BRIDGE_OPTION}.gateway_mode_ipv6": "routed"}, "br-0123456789ab", ["ip6"]),
        ({f"{docker.BRIDGE_OPTION}.gateway_mode_ipv4": "isolated"}, "br-0123456789ab", []),
    ],
)
def test_bridges_of_networks(options, bridge, opened):
    """gateway_mode says what docker itself lets in."""
    network = {"Name": "x", "Driver": "bridge", "Id": "0123456789abcdef", "Options": options}
    (found,) = docker.parse_networks([network])
    assert (found["bridge"], found["opened"]) == (bridge, opened)


@pytest.mark.parametrize(
    ("info", "backend"),
    [
        ({"FirewallBackend": {"Driver": "nftables+firewalld"}}, "nftables"),
        ({"FirewallBackend": {"Driver": "iptables"}}, "iptables"),
        ({}, None),
    ],
)
def test_the_backend(info, backend):
    """Where firewalld runs docker says so as well; dockers before 28.1 say nothing."""
    assert docker.backend_of(info) == backend


def no_program(argv):
    raise AssertionError(argv)


def test_the_version_of_a_docker_that_does_not_run(monkeypatch):
    """Read only where the backend asks for one."""
    monkeypatch.setattr(docker, "read_text", lambda path: '{"firewall-backend": "nftables"}')
    found = docker.read_docker(None, {}, lambda argv: Output(0, "Docker version 29.8.1, build v2\n"))
    assert (found["installed"], found["version"]) == ("29.8.1", None)
    assert docker.read_docker(None, {}, lambda argv: Output(127))["installed"] is None


class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        path = self.rfile.readline().split()[1].decode()
        info = {
            "ServerVersion": "28.5.2",
            "LiveRestoreEnabled": True,
            "ContainersRunning": 2,
            "FirewallBackend": {"Driver": "iptables"},
        }
        body = json.dumps(info if path == "/info" else []).encode()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


@pytest.fixture
def daemon(tmp_path):
    path = str(tmp_path / "s")
    with socketserver.UnixStreamServer(path, Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield path
        server.shutdown()
        thread.join()


def process(path):
    return {"pid": 1, "argv": ["dockerd", "-H", "unix://" + path, "--mtu=1450"], "executable": "", "started": 0.0}


def test_an_answer(daemon):
    found = docker.read_docker(process(daemon), {}, no_program)
    assert (found["version"], found["live_restore"], found["containers_running"]) == ("28.5.2", True, 2)
    assert (found["error"], found["firewall_backend"], found["options"]["mtu"]) == (None, "iptables", "1450")


def test_no_answer(tmp_path):
    found = docker.read_docker(process(str(tmp_path / "none")), {}, no_program)
    assert found["running"]
    assert "No such file" in found["error"]


def test_not_running(facts):
    found = docker.read_docker(None, facts["interfaces"], no_program)
    assert (found["running"], found["error"], found["docker0"]) == (False, None, "10.43.69.1/24")
