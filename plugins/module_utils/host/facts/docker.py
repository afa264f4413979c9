# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read docker: its configuration file, and over its socket what the running daemon says."""

from __future__ import annotations

import http.client
import json
import socket
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import HostRunner
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_options import docker_options
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.files import read_text
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import (
    DaemonJson,
    Docker,
    DockerNetwork,
    Interface,
    Process,
)

SOCKET = "/run/docker.sock"
DAEMON_JSON = "/etc/docker/daemon.json"
# The keys of docker's own file that this collection checks. Others may hold passwords and tokens.
DAEMON_JSON_KEYS = (
    "allow-direct-routing bip bip6 bridge bridge-accept-fwmark default-address-pools default-gateway default-gateway-v6 firewall-backend"
    " fixed-cidr fixed-cidr-v6 hosts ip-forward ip-masq iptables ipv6 mtu"
).split()
BRIDGE_OPTION = "com.docker.network.bridge"
OPEN_MODES = ("routed", "nat-unprotected")
ANSWER_WITHIN = 3.0
IPV4 = 4
Ask = t.Callable[[str], t.Any]


class SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=ANSWER_WITHIN)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(path: str, resource: str) -> t.Any:
    """Raises OSError, HTTPException or ValueError."""
    connection = SocketConnection(path)
    try:
        connection.request("GET", resource)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def parse_daemon_json(text: str | None) -> DaemonJson:
    """An empty file is as good as none, for docker too."""
    if text is None or not text.strip():
        return DaemonJson(exists=text is not None, error=None, keys={})
    try:
        keys = json.loads(text)
    except ValueError as error:
        return DaemonJson(exists=True, error=str(error), keys={})
    if not isinstance(keys, dict):
        return DaemonJson(exists=True, error="not a JSON object", keys={})
    return DaemonJson(exists=True, error=None, keys={name: keys[name] for name in DAEMON_JSON_KEYS if name in keys})


def parse_networks(found: t.Any) -> list[DockerNetwork]:
    """One entry for each subnet; networks without one have an empty subnet."""
    return [
        DockerNetwork(
            name=network.get("Name", ""),
            subnet=config.get("Subnet", ""),
            driver=network.get("Driver", ""),
            bridge=bridge_of(network),
            opened=opened_families(network),
        )
        for network in found
        for config in (network.get("IPAM") or {}).get("Config") or [{}]
    ]


def bridge_of(network: t.Mapping[str, t.Any]) -> str:
    """Its device; empty for other drivers."""
    if network.get("Driver") != "bridge":
        return ""
    return (network.get("Options") or {}).get(f"{BRIDGE_OPTION}.name") or f"br-{str(network.get('Id', ''))[:12]}"


def opened_families(network: t.Mapping[str, t.Any]) -> list[str]:
    """In which docker itself lets everybody in to the network's containers, as nftables calls them."""
    options = network.get("Options") or {}
    modes = {
        "ip": options.get(f"{BRIDGE_OPTION}.gateway_mode_ipv4"),
        "ip6": options.get(f"{BRIDGE_OPTION}.gateway_mode_ipv6"),
    }
    return [family for family, mode in modes.items() if mode in OPEN_MODES]


def bridge_address(interfaces: t.Mapping[str, Interface]) -> str | None:
    addresses = interfaces["docker0"]["addresses"] if "docker0" in interfaces else []
    found = [f"{item['address']}/{item['prefixlen']}" for item in addresses if item["family"] == IPV4]
    return found[0] if found else None


def socket_path(options: t.Mapping[str, str]) -> str:
    host = options.get("host", "")
    return host[len("unix://") :] if host.startswith("unix://") else SOCKET


def read_docker(process: Process | None, interfaces: t.Mapping[str, Interface], run: HostRunner) -> Docker:
    """The socket is only used when dockerd runs: a request would start it otherwise."""
    docker = Docker(
        running=process is not None,
        version=None,
        options=docker_options(process["argv"]) if process else {},
        docker0=bridge_address(interfaces),
        live_restore=None,
        containers_running=None,
        firewall_backend=None,
        swarm=None,
        installed=None,
        error=None,
        daemon_json=parse_daemon_json(read_text(DAEMON_JSON)),
        networks=[],
    )
    if process is not None:
        path = socket_path(docker["options"])
        fill(docker, lambda resource: ask(path, resource))
    elif docker["daemon_json"]["keys"].get("firewall-backend") == "nftables":
        docker["installed"] = parse_version(run(["dockerd", "--version"]).out)
    return docker


def parse_version(text: str) -> str | None:
    """Of `Docker version 29.8.1, build 1a2b3c4`."""
    _words, sign, rest = text.partition("version ")
    return rest.partition(",")[0].strip() or None if sign else None


def backend_of(info: t.Mapping[str, t.Any]) -> str | None:
    """Without the `+firewalld` that docker adds where that runs. Only answers without a version of the API have it."""
    driver = (info.get("FirewallBackend") or {}).get("Driver")
    return driver.partition("+")[0] if driver else None


def fill(docker: Docker, ask_docker: Ask) -> None:
    try:
        info = ask_docker("/info")
        docker["networks"] = parse_networks(ask_docker("/networks"))
        docker["version"] = info.get("ServerVersion")
        docker["live_restore"] = info.get("LiveRestoreEnabled")
        docker["containers_running"] = info.get("ContainersRunning")
        docker["firewall_backend"] = backend_of(info)
        docker["swarm"] = (info.get("Swarm") or {}).get("LocalNodeState") not in (None, "", "inactive")
    except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
        docker["error"] = f"docker does not answer at its socket: {error}"
