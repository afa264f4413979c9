# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network namespaces on one bridge as hosts for real flanneld."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from etcd_server import CACHE, WITH_US

NET = "198.18.45"
PING = ("busybox", "ping")  # busybox is what the lab needs anyway


def flanneld(version: str) -> Path:
    return CACHE / "tools" / f"flannel-{version}" / "flanneld"


def ip(*words: str, check: bool = True) -> None:
    subprocess.run(["ip", *words], check=check, capture_output=True)


def wait_until(holds: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.2)


class Namespace:
    """Is there while it is entered, also when making what is in it fails; what is in it goes with it."""

    name: str

    def make(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        """End what runs in it."""

    def __enter__(self) -> Namespace:
        ip("netns", "add", self.name)
        try:
            self.make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()
        ip("netns", "delete", self.name)


class Switch(Namespace):
    """A bridge where no firewall of the machine looks at it, and a cable from here for etcd."""

    name = "mig-switch"
    address = f"{NET}.1"

    def make(self) -> None:
        ip("-n", self.name, "link", "add", "br0", "type", "bridge")
        ip("-n", self.name, "link", "set", "br0", "up")
        ip("link", "add", "mig-up", "type", "veth", "peer", "name", "cable", "netns", self.name)
        ip("-n", self.name, "link", "set", "cable", "master", "br0", "up")
        ip("address", "add", f"{self.address}/24", "dev", "mig-up")
        ip("link", "set", "mig-up", "up")

    def stop(self) -> None:
        """The end of the cable that is here goes at once, not some time after the namespace."""
        ip("link", "delete", "mig-up", check=False)


class Host(Namespace):
    def __init__(self, number: int, folder: Path):
        self.name = f"mig-{number}"
        self.address = f"{NET}.{10 + number}"
        self.folder = folder
        self.running: subprocess.Popen | None = None

    def make(self) -> None:
        ip("-n", self.name, "link", "set", "lo", "up")
        far = ["peer", "name", self.name, "netns", Switch.name]
        ip("-n", self.name, "link", "add", "eth0", "type", "veth", *far)
        ip("-n", Switch.name, "link", "set", self.name, "master", "br0", "up")
        ip("-n", self.name, "address", "add", f"{self.address}/24", "dev", "eth0")
        ip("-n", self.name, "link", "set", "eth0", "up")
        # What docker would do: a bridge that carries the first address of the subnet.
        ip("-n", self.name, "link", "add", "docker0", "type", "bridge")
        ip("-n", self.name, "link", "set", "docker0", "up")

    def start(self, version: str, endpoint: str, prefix: str) -> None:
        command = ["ip", "netns", "exec", self.name, *WITH_US, str(flanneld(version)), f"-etcd-endpoints={endpoint}"]
        command += [f"-etcd-prefix={prefix}", "-iface=eth0", f"-subnet-file={self.folder}/{self.name}.env"]
        log = (self.folder / f"{self.name}-{version}.log").open("ab")
        self.running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()

    def stop(self) -> None:
        if self.running:
            self.running.terminate()
            try:
                self.running.wait(20)
            except subprocess.TimeoutExpired:
                self.running.kill()
                self.running.wait()
            self.running = None

    def subnet(self) -> str:
        """What flanneld has written for docker, for example 10.5.7.1/24; empty before that."""
        try:
            lines = (self.folder / f"{self.name}.env").read_text().splitlines()
        except FileNotFoundError:
            return ""
        return next(line.partition("=")[2] for line in lines if line.startswith("FLANNEL_SUBNET="))

    def forget_subnet(self) -> None:
        (self.folder / f"{self.name}.env").unlink()

    def wait_for_subnet(self) -> str:
        wait_until(self.subnet)
        return self.subnet()

    def take(self, subnet: str) -> None:
        ip("-n", self.name, "address", "add", subnet, "dev", "docker0")

    def pings(self, source: str, address: str) -> bool:
        """From an address of its subnet, as a container would."""
        words = ["ip", "netns", "exec", self.name, *PING, "-c", "1", "-W", "2", "-I", source, address]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0


class Pinging:
    """Pings ten times a second as long as it is entered; `lost` says how many had no answer. `log` is a file of its own."""

    def __init__(self, host: Host, source: str, address: str, log: Path):
        self.command = ["ip", "netns", "exec", host.name, *PING, "-i", "0.1", "-W", "2", "-I", source, address]
        self.log = log
        self.sent = self.lost = 0

    def __enter__(self) -> Pinging:
        with self.log.open("w") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=subprocess.STDOUT)
        return self

    def answered(self) -> int:
        """How many have had an answer so far."""
        return self.log.read_text().count(" seq=")

    def __exit__(self, *_error: object) -> None:
        self.process.send_signal(2)
        self.process.wait(timeout=20)
        counts = next(line.split() for line in self.log.read_text().splitlines() if "packets transmitted" in line)
        self.sent, self.lost = int(counts[0]), int(counts[0]) - int(counts[3])
