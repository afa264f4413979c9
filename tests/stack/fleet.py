# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts under test, by their inventory names."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Callable, Iterator, TypeVar

from testinfra.host import Host
from testinfra.utils.ansible_runner import AnsibleRunner

T = TypeVar("T")
UNITS = ("etcd.service", "flanneld.service", "docker.service", "overlay-docker-refresh.service")
PATIENCE = float(os.environ.get("OVERLAY_PATIENCE", "1"))  # by how much these hosts are slower than ordinary ones


def wait_for(look: Callable[[], T], wanted: Callable[[T], object], seconds: float, what: str) -> T:
    """Look again until it is as wanted; fail with the last look after the deadline."""
    seconds *= PATIENCE
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if wanted(seen):
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s; last seen: {seen}")
        time.sleep(0.5)


class Fleet:
    """Hosts of the groups flannel and docker, the first one with etcd."""

    def __init__(self, inventory: Path) -> None:
        self.inventory = inventory
        self._runner = AnsibleRunner(str(inventory))
        self.names: list[str] = self._runner.get_hosts("flannel")
        # By this runner: testinfra.get_host() keeps the first inventory that it has read of a path, and labs are made anew.
        self._hosts = {name: self._runner.get_host(name) for name in self.names}

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __getitem__(self, name: str) -> Host:
        return self._hosts[name]

    def module(self, name: str, module: str, arguments: str) -> dict[str, object]:
        """What a module returns on a host; `arguments` are JSON."""
        return self._runner.run_module(name, module, arguments, check=False)

    @property
    def first(self) -> str:
        """The host that carries etcd."""
        return self.names[0]

    @property
    def members(self) -> list[str]:
        """The hosts of etcd's members."""
        return self._runner.get_hosts("etcd")

    @functools.cached_property
    def secured(self) -> bool:
        """Whether etcd has certificates of the controller, as it has by default."""
        return self[self.first].file("/etc/etcd/pki/root.crt").exists

    def endpoint(self, name: str) -> str:
        """The client URL of a member."""
        return f"{'https' if self.secured else 'http'}://{self.address(name)}:2379"

    @property
    def external(self) -> dict[str, object]:
        """Variables for hosts that use this etcd without being told of its members."""
        found: dict[str, object] = {"overlay_etcd_endpoints": [self.endpoint(self.first)]}
        names = {"ca_cert": "ca.crt", "client_cert": "client.crt", "client_key": "client.key"}
        files = {f"overlay_etcd_{name}": f"/etc/flannel/pki/{file}" for name, file in names.items()}
        return {**found, **(files if self.secured else {})}

    @property
    def operator(self) -> dict[str, object]:
        """Options for a module that runs on the first member as etcd's user root."""
        names = {"ca_cert": "ca.crt", "client_cert": "root.crt", "client_key": "root.key"}
        files = {name: f"/etc/etcd/pki/{file}" for name, file in names.items()}
        return {"endpoints": [self.endpoint(self.first)], **(files if self.secured else {})}

    def etcdctl(self, *calls: str) -> str:
        """What etcdctl prints on the first member, as etcd's user root, in one command for all calls."""
        files = {"CACERT": "ca.crt", "CERT": "root.crt", "KEY": "root.key"} if self.secured else {}
        own = "".join(f" ETCDCTL_{name}=/etc/etcd/pki/{file}" for name, file in files.items())
        commands = " && ".join(f"etcdctl {words}" for words in calls)
        return self[self.first].check_output(f"export ETCDCTL_ENDPOINTS={self.endpoint(self.first)}{own}; {commands}")

    def speaks_v2(self) -> bool:
        """Whether flannel, and so etcd, is used by the v2 API: 0.17 and older."""
        said = self[self.first].run("flanneld --version 2>&1").stdout
        return tuple(map(int, re.search(r"(\d+)\.(\d+)\.\d+", said).groups())) < (0, 18)

    def address(self, name: str) -> str:
        """The host's own address, under the overlay."""
        return str(self._runner.get_variables(name)["ansible_host"])

    def device(self, name: str) -> str:
        """The device that carries this address."""
        return self[name].check_output(f"ip -4 -o address show to {self.address(name)}").split()[1]

    def subnet(self, name: str) -> str:
        """docker0's address with its prefix length."""
        out = self[name].check_output("ip -4 -o address show dev docker0")
        return re.search(r"inet (\S+)", out).group(1)

    def lease(self, name: str) -> str:
        """The subnet of which flanneld says it is the host's own, as an address with prefix length."""
        return re.search(r"FLANNEL_SUBNET=(\S+)", self[name].check_output("cat /run/flannel/subnet.env")).group(1)

    def started(self, name: str) -> dict[str, str]:
        """Process ids and start times of the daemons: equal only if none was restarted."""
        out = self[name].check_output(
            "systemctl show --property Id,MainPID,ExecMainStartTimestampMonotonic " + " ".join(UNITS[:3])
        )
        return {block.split("Id=")[1].split("\n")[0]: block for block in out.split("\n\n")}

    def boot(self, name: str) -> str:
        """An id of this boot, empty while the host is away."""
        # A container's boot id is its machine's; a virtual machine's first process starts at the same tick each time.
        answer = self.ask(name, "cat /proc/sys/kernel/random/boot_id && cut -d' ' -f22 /proc/1/stat")
        return "" if answer.startswith("no answer") else answer

    def reboot(self, *names: str) -> None:
        """Reboot hosts together and wait until they answer again."""
        before = {name: self.boot(name) for name in names}
        for name in names:
            self.ask(name, "systemd-run --on-active=1 systemctl reboot")
        for name in names:
            self.wait_for_boot(name, before[name])

    def wait_for_boot(self, name: str, before: str) -> None:
        """Wait until the host answers with another id of its boot."""
        wait_for(lambda: self.boot(name), lambda now: now and now != before, 90, f"{name} is back")

    def wait_for_overlay(self, *names: str, seconds: float = 90) -> None:
        """Wait until docker sits on the host's lease, without a play."""
        for name in names:
            wait_for(functools.partial(self.is_there, name), bool, seconds, f"{name}: docker0 on the lease")

    def is_there(self, name: str) -> bool:
        """Say whether all daemons run and docker0 has the lease's address."""
        command = 'systemctl is-active --quiet flanneld && systemctl is-active --quiet docker && . /run/flannel/subnet.env && ip -4 -o address show dev docker0 | grep -qF " $FLANNEL_SUBNET "'
        return self.ask(name, command + " && echo there").endswith("there\n")

    def copy(self, name: str, source: Path, path: str) -> None:
        """Copy a file of this machine to the host, for root only."""
        words = f"src={source} dest={path} mode=0600"
        command = ["ansible", name, "-i", str(self.inventory), "-b", "-m", "ansible.builtin.copy", "-a", words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def evidence(self) -> list[tuple[str, str]]:
        """The units' last lines and the network of every host."""
        look = "; ".join(f"systemctl --no-pager --lines=15 status {unit}" for unit in UNITS)
        look += "; head -n 20 /run/flannel/*; ip -br address; ip route"
        return [(f"evidence from {name}", self.ask(name, look)) for name in self]

    def ask(self, name: str, command: str) -> str:
        """Give a command's output, or why there is none: a host without ssh is evidence as well."""
        try:
            return str(self[name].run(command).stdout)
        except RuntimeError as error:
            return f"no answer: {error}"
