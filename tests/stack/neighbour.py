# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine on the hosts' own network that is not part of the overlay, and that routes to containers all the same."""

from __future__ import annotations

import ipaddress
import os
import subprocess
import types
from pathlib import Path

from fleet import Fleet, wait_for

LAST_OCTET = 99
FORWARDING = "3"  # BR_STATE_FORWARDING, linux/if_bridge.h


def ip(*args: str) -> None:
    """Run ip(8)."""
    subprocess.run(["ip", *args], check=True, capture_output=True, text=True)


class Neighbour:
    """A network namespace on the bridge that carries the hosts."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.namespace = f"ovl-out-{os.getpid()}"
        self.device = f"ovlo{os.getpid()}"
        self.address = str(self._network(fleet)[LAST_OCTET])
        self.bridge = self._device(fleet)

    @classmethod
    def possible(cls, fleet: Fleet) -> bool:
        """Whether a Linux bridge of this machine carries the hosts."""
        device = cls._device(fleet)
        return device != "" and Path("/sys/class/net", device, "bridge").is_dir()

    @staticmethod
    def _network(fleet: Fleet) -> ipaddress.IPv4Network:
        return ipaddress.IPv4Interface(f"{fleet.address(fleet.first)}/24").network

    @classmethod
    def _device(cls, fleet: Fleet) -> str:
        """Find this machine's device on the hosts' network by its address, the first of it."""
        out = subprocess.run(["ip", "-4", "-o", "address"], check=True, capture_output=True, text=True).stdout
        return next((line.split()[1] for line in out.splitlines() if f" {cls._network(fleet)[1]}/" in line), "")

    def __enter__(self) -> Neighbour:
        try:
            self._make()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _make(self) -> None:
        ip("netns", "add", self.namespace)
        ip("link", "add", self.device, "type", "veth", "peer", "name", "eth0", "netns", self.namespace)
        ip("link", "set", self.device, "master", self.bridge, "up")
        ip("-n", self.namespace, "address", "add", f"{self.address}/24", "dev", "eth0")
        ip("-n", self.namespace, "link", "set", "eth0", "up")
        # A bridge with spanning tree, as libvirt makes them, listens and learns for seconds first.
        state = Path("/sys/class/net", self.device, "brport/state")
        wait_for(state.read_text, lambda seen: seen.strip() == FORWARDING, 60, f"{self.bridge} forwards")

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: types.TracebackType | None) -> None:
        subprocess.run(["ip", "link", "delete", self.device], check=False)
        subprocess.run(["ip", "netns", "delete", self.namespace], check=False)

    def route(self, subnet: str, name: str) -> None:
        """Send packets for a subnet to a host of the fleet."""
        network = str(ipaddress.ip_interface(subnet).network)
        ip("-n", self.namespace, "route", "replace", network, "via", self.fleet.address(name))

    def wrap(self, subnet: str, name: str, vni: str, port: str, mac: str) -> None:
        """Send packets for a subnet to a host of the fleet as the overlay itself does."""
        network, device = str(ipaddress.ip_interface(subnet).network), "wrapped"
        subprocess.run(["ip", "-n", self.namespace, "link", "delete", device], check=False, capture_output=True)
        own = ["local", self.address, "dev", "eth0", "dstport", port, "nolearning"]
        ip("-n", self.namespace, "link", "add", device, "type", "vxlan", "id", vni, *own)
        ip("-n", self.namespace, "link", "set", device, "up")
        entry = ["fdb", "append", mac, "dev", device, "dst", self.fleet.address(name)]
        subprocess.run(["bridge", "-n", self.namespace, *entry], check=True, capture_output=True)
        first = network.partition("/")[0]
        ip("-n", self.namespace, "neighbour", "replace", first, "lladdr", mac, "dev", device, "nud", "permanent")
        ip(
            "-n",
            self.namespace,
            "route",
            "replace",
            network,
            "via",
            first,
            "dev",
            device,
            "onlink",
            "src",
            self.address,
        )

    def connects(self, address: str, port: int) -> bool:
        """Say whether a TCP connection is accepted within two seconds."""
        program = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)"
        command = ["ip", "netns", "exec", self.namespace, "python3", "-c", program, address, str(port)]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
