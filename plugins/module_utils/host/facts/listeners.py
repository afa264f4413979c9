# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who listens on TCP ports of the host: the kernel's list of listening sockets, and the process that has the socket open.

The kernel is asked as `ss` asks it (sock_diag(7)): /proc/net/tcp walks the table of all connections, which takes tens of milliseconds.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import daemons, processes
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.files import read_text
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Listener

# From linux/netlink.h, linux/sock_diag.h and linux/inet_diag.h
NETLINK, SOCK_DIAG, BY_FAMILY, DUMP, DONE = 16, 4, 20, 0x301, 3
HEADER = struct.Struct("=IHHII")
REQUEST = struct.Struct("=BBBxI48x")
PORT, ADDRESS, INODE = struct.Struct("!4xH"), 8, struct.Struct("=68xI")
STATE = 10  # listening
TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
ANSWER_WITHIN = 2.0
Socket = t.Tuple[str, int, str]  # address, port, inode


def plain(address: t.Any) -> str:
    """An IPv4 address that is written as one of IPv6 is one of IPv4."""
    found = ipaddress.ip_address(address)
    return str(getattr(found, "ipv4_mapped", None) or found)


def asked(family: int) -> t.Iterator[Socket]:
    """The listening sockets of a family. Raises OSError or ValueError where the kernel does not answer."""
    with socket.socket(NETLINK, socket.SOCK_RAW, SOCK_DIAG) as kernel:
        kernel.settimeout(ANSWER_WITHIN)
        body = REQUEST.pack(family, socket.IPPROTO_TCP, 0, 1 << STATE)
        kernel.send(HEADER.pack(HEADER.size + len(body), BY_FAMILY, DUMP, 1, 0) + body)
        while True:
            answer = kernel.recv(1 << 16)
            while answer:
                size, kind = HEADER.unpack_from(answer)[:2]
                if kind == DONE:
                    return
                if kind != BY_FAMILY:
                    raise ValueError(f"message of type {kind}")
                yield parse(answer[HEADER.size : size])
                answer = answer[(size + 3) & ~3 :]


def parse(message: bytes) -> Socket:
    """One struct inet_diag_msg."""
    length = 4 if message[0] == socket.AF_INET else 16
    address = message[ADDRESS : ADDRESS + length]
    return plain(address), PORT.unpack_from(message)[0], str(INODE.unpack_from(message)[0])


def address_of(digits: str) -> str:
    """/proc prints each four bytes of an address as a number in the host's byte order."""
    numbers = [int(digits[start : start + 8], 16) for start in range(0, len(digits), 8)]
    return plain(b"".join(struct.pack("=I", number) for number in numbers))


def printed(text: str) -> t.Iterator[Socket]:
    """The listening sockets in a table of /proc."""
    for line in text.splitlines()[1:]:
        fields = line.split()
        address, _sign, port = fields[1].rpartition(":")
        if int(fields[3], 16) == STATE:
            yield address_of(address), int(port, 16), fields[9]


def sockets() -> list[Socket]:
    try:
        return [found for family in (socket.AF_INET, socket.AF_INET6) for found in asked(family)]
    except (OSError, ValueError, struct.error):
        return [found for path in TABLES for found in printed(read_text(path) or "")]


def owner_of(inode: str, first: t.Iterable[int]) -> int:
    """`first` are asked before all others. 0 where no process is found, as without root."""
    wanted = f"socket:[{inode}]"
    pids = dict.fromkeys([*first, *(pid for pid, _name in reversed(processes.every_name()))])
    return next((pid for pid in pids if wanted in processes.open_files(pid)), 0)


def read_listeners(ports: t.Collection[int], first: t.Collection[int] = ()) -> list[Listener]:
    found = []
    for address, port, inode in sockets() if ports else []:
        if port in ports:
            pid = owner_of(inode, first)
            unit = daemons.unit_of(daemons.read_cgroup(pid)) if pid else ""
            found.append(Listener(address=address, port=port, pid=pid, name=processes.name_of(pid), unit=unit))
    return found
