# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who listens on TCP ports of the host: the kernel's table of sockets, and the process that has the socket open."""

from __future__ import annotations

import ipaddress
import struct
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import daemons, processes
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.files import read_text
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Listener

TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
LISTENING = "0A"
MAPPED = "::ffff:"


def address_of(digits: str) -> str:
    """The kernel prints each four bytes of an address as a number in the host's byte order."""
    numbers = [int(digits[start : start + 8], 16) for start in range(0, len(digits), 8)]
    found = str(ipaddress.ip_address(b"".join(struct.pack("=I", number) for number in numbers)))
    mapped = ipaddress.ip_address(found)
    return str(getattr(mapped, "ipv4_mapped", None) or mapped)


def sockets(text: str, ports: t.Collection[int]) -> t.Iterator[tuple[str, int, str]]:
    """Address, port and inode of those that listen on one of these ports."""
    for line in text.splitlines()[1:]:
        fields = line.split()
        address, _sign, port = fields[1].rpartition(":")
        if fields[3] == LISTENING and int(port, 16) in ports:
            yield address_of(address), int(port, 16), fields[9]


def owner_of(inode: str, first: t.Iterable[int]) -> int:
    """`first` are asked before all others. 0 where no process is found, as without root."""
    wanted = f"socket:[{inode}]"
    pids = dict.fromkeys([*first, *(pid for pid, _name in reversed(processes.every_name()))])
    return next((pid for pid in pids if wanted in processes.open_files(pid)), 0)


def read_listeners(ports: t.Collection[int], first: t.Collection[int] = ()) -> list[Listener]:
    if not ports:
        return []
    found = []
    for address, port, inode in (entry for path in TABLES for entry in sockets(read_text(path) or "", ports)):
        pid = owner_of(inode, first)
        unit = daemons.unit_of(daemons.read_cgroup(pid)) if pid else ""
        found.append(Listener(address=address, port=port, pid=pid, name=processes.name_of(pid), unit=unit))
    return found
