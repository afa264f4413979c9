"""What a lab is: its name, network and hosts, and where its things lie."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

SUITES = ("bookworm", "trixie", "sid")
DEFAULT_HOSTS = ("flannel-1=trixie", "flannel-2=trixie", "flannel-3=trixie")
FIRST_ADDRESS = 11
NAME = r"[a-z0-9][a-z0-9-]{0,30}"


class LabError(Exception):
    """Something the caller has to know; its text is all that is printed."""


@dataclass(frozen=True)
class Host:
    name: str
    suite: str
    address: str


@dataclass(frozen=True)
class Lab:
    name: str
    net: str  # the first three octets
    hosts: tuple[Host, ...]
    etcd: int  # that many of the first hosts carry etcd
    overlay: str  # must never leave the bridge

    @property
    def state(self) -> Path:
        return state_of(self.name)

    @property
    def bridge(self) -> str:
        return bridge_of(self.name)

    @property
    def key(self) -> Path:
        return self.state / "key"

    @property
    def connections(self) -> Path:
        """Where Ansible keeps the sockets of its open ssh connections."""
        return self.state / "ssh"

    def tree(self, host: Host) -> Path:
        return self.state / "hosts" / host.name

    def log(self, host: Host) -> Path:
        return self.state / "hosts" / f"{host.name}.log"

    def boots(self, host: Host) -> Path:
        return self.state / "hosts" / f"{host.name}.boots"

    def machine(self, host: Host) -> str:
        return f"{self.name}-{host.name}"

    def host(self, name: str) -> Host:
        for host in self.hosts:
            if host.name == name:
                return host
        names = ", ".join(host.name for host in self.hosts)
        raise LabError(f"lab {self.name} has no host {name!r}; it has: {names}")


def cache() -> Path:
    return Path(os.environ.get("OVERLAY_CACHE") or Path.home() / ".cache/overlay-flannel")


def state_of(name: str) -> Path:
    return Path(os.environ.get("OVERLAY_LAB_STATE") or f"/var/lib/overlay-flannel/{name}")


def bridge_of(name: str) -> str:
    """A device name has at most 15 characters."""
    if len(name) <= 12:
        return f"br-{name}"
    return f"br-{name[:7]}-{hashlib.sha256(name.encode()).hexdigest()[:4]}"


def check_name(name: str) -> None:
    if not re.fullmatch(NAME, name):
        raise LabError(f"--name {name!r}: small letters, digits and hyphens are allowed, at most 31")


def parse(name: str, net: str, hosts: list[str], etcd: int, overlay: str) -> Lab:
    if not re.fullmatch(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})", net) or any(int(part) > 255 for part in net.split(".")):
        raise LabError(f"--net {net!r}: three octets are expected, for example 172.72.2")
    parsed = tuple(parse_host(text, f"{net}.{FIRST_ADDRESS + index}") for index, text in enumerate(hosts))
    if len({host.name for host in parsed}) != len(parsed):
        raise LabError(f"two hosts have the same name: {' '.join(hosts)}")
    if not 1 <= etcd <= len(parsed):
        raise LabError(f"--etcd {etcd}: from 1 to {len(parsed)} hosts can carry etcd")
    return Lab(name, net, parsed, etcd, overlay)


def parse_host(text: str, address: str) -> Host:
    name, _, suite = text.partition("=")
    if not re.fullmatch(NAME, name) or suite not in SUITES:
        raise LabError(f"host {text!r}: expected NAME=SUITE, SUITE one of {', '.join(SUITES)}")
    return Host(name, suite, address)


def load(name: str) -> Lab | None:
    """The lab as `up` has recorded it; None if there is none."""
    try:
        data = json.loads((state_of(name) / "lab.json").read_text())
    except FileNotFoundError:
        return None
    return Lab(**{**data, "hosts": tuple(Host(**host) for host in data["hosts"])})


def save(lab: Lab) -> None:
    (lab.state / "hosts").mkdir(parents=True, exist_ok=True)
    (lab.state / "lab.json").write_text(json.dumps(asdict(lab), indent=2) + "\n")
