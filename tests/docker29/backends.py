# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docker has for a firewall on a host, and what has to be so with either backend."""

from __future__ import annotations

import itertools
import json
from typing import Any, Mapping, Sequence

from containers import IMAGE, LOOPBACK_PORT, PUBLISHED_PORT, SERVE, SERVERS, STOP_TIMEOUT, Probes
from fleet import Fleet, wait_for
from labs import configure_docker
from neighbour import Neighbour

# Networks of the user with a container each, one with a bridge of another name. Both are published on 127.0.0.1 only.
OTHERS = {"usual": "", "named": "--opt com.docker.network.bridge.name=mine"}
FIRST_PORT = 8082


class Docker:
    """dockerd of each host, with the containers of the probes and those on networks of the user."""

    def __init__(self, fleet: Fleet, probes: Probes, neighbour: Neighbour) -> None:
        self.fleet = fleet
        self.probes = probes
        self.neighbour = neighbour

    def make(self, name: str, networks: Mapping[str, str], first_port: int = FIRST_PORT) -> None:
        """Make the user's networks with their containers."""
        for port, (network, options) in enumerate(networks.items(), first_port):
            self.fleet[name].check_output(
                f"docker network create {options} {network} && docker run --detach --init --restart always --network {network} "
                f"--stop-timeout {STOP_TIMEOUT} --name {network} --publish 127.0.0.1:{port}:80 {IMAGE} sh -c '{SERVE}' - {name}-{network}"
            )

    def configure(self, name: str, keys: Mapping[str, Any]) -> None:
        configure_docker(self.fleet[name], keys)

    def switch(self, keys: Mapping[str, Any], *names: str) -> None:
        for name in names:
            self.configure(name, keys)
            self.fleet[name].check_output("systemctl restart docker")
        self.fleet.wait_for_overlay(*names)

    def backend(self, name: str) -> str:
        return str(self.ask(name, "/info")["FirewallBackend"]["Driver"])

    def ask(self, name: str, path: str) -> Any:
        """What dockerd answers at its socket."""
        program = (
            "import http.client as h, socket as s; c = h.HTTPConnection('x'); c.sock = s.socket(s.AF_UNIX); "
            f"c.sock.connect('/run/docker.sock'); c.request('GET', '{path}'); print(c.getresponse().read().decode())"
        )
        return json.loads(self.fleet[name].check_output(f'python3 -c "{program}"'))

    def ours_in_iptables(self, name: str) -> list[str]:
        out = self.fleet[name].check_output("iptables-save; ip6tables-save")
        return [
            line
            for line in out.splitlines()
            if '"overlay.flannel"' in line
            or "DOCKER-USER" in line
            or "OVERLAY-GUARD" in line
            or "OVERLAY-FORWARD" in line
        ]

    def tables(self, name: str) -> set[str]:
        """Those of nftables that are no tables of iptables."""
        out = self.fleet[name].check_output("nft list tables").splitlines()
        return {line.partition(" ")[2] for line in out if line.split()[2] in ("docker-bridges", "overlay-flannel")}

    def address(self, name: str, container: str) -> str:
        form = "{{ range .NetworkSettings.Networks }}{{ .IPAddress }}{{ end }}"
        return self.fleet[name].check_output(f"docker inspect --format '{form}' {container}")

    def subnet(self, name: str, network: str) -> str:
        return self.fleet[name].check_output(
            f"docker network inspect --format '{{{{ (index .IPAM.Config 0).Subnet }}}}' {network}"
        )

    def rules(self) -> list[tuple[str, str]]:
        look = "iptables-save; nft list table ip docker-bridges; nft list table ip overlay-flannel; cat /run/overlay-docker/backend"
        return [(f"rules of {name}", self.fleet.ask(name, look)) for name in self.fleet]

    def assert_passes(self) -> None:
        """Containers and hosts reach containers of all hosts, with their own addresses, and published ports."""
        fleet, probes = self.fleet, self.probes
        wait_for(probes.unreachable, lambda pairs: not pairs, 60, "containers that do not reach each other")
        for here, there in itertools.permutations(fleet, 2):
            urls = [f"http://{probes.address(there, server)}/" for server in SERVERS]
            urls.append(f"http://{fleet.address(there)}:{PUBLISHED_PORT}/")
            pages = [f"{there}-{server}" for server in (*SERVERS, "published")]
            assert probes.fetch_all(here, urls) == pages, (here, there)
            seen = probes.fetch(here, f"http://{probes.address(there, 'published')}/cgi-bin/peer")
            assert probes.address(here, "unpublished") in seen
            assert self.from_host(here, urls[0]) == pages[0], (here, there)

    def from_host(self, here: str, url: str) -> str:
        program = f"import urllib.request as u; print(u.urlopen('{url}', timeout=5).read().decode())"
        return self.fleet[here].run(f'python3 -c "{program}"').stdout.strip()

    def places(self, name: str) -> dict[str, tuple[str, str, int]]:
        """Subnet, address and port of all that is not for the neighbour."""
        lease = self.fleet.lease(name)
        own = {server: (lease, self.probes.address(name, server), 80) for server in ("unpublished", "loopback")}
        users = {network: (self.subnet(name, network), self.address(name, network), 80) for network in OTHERS}
        return {**own, **users}

    def open_to_neighbour(self, name: str) -> list[str]:
        """What a machine on the hosts' network reaches of one host that it must not, routing by that host."""
        found = []
        for what, (subnet, address, port) in self.places(name).items():
            self.neighbour.route(subnet, name)
            found += [what] if self.neighbour.connects(address, port) else []
        return found

    def assert_closed(self, names: Sequence[str] = ()) -> None:
        for name in names or self.fleet:
            assert self.open_to_neighbour(name) == [], name
            assert self.neighbour.connects(self.fleet.address(name), PUBLISHED_PORT)
            assert not self.neighbour.connects(self.fleet.address(name), LOOPBACK_PORT)
