# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandboxes of flanneld's and etcd's units, by the release of systemd and by the backend."""

from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import BACKENDS
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_files import is_anothers
from ansible_collections.overlay.flannel.plugins.plugin_utils.sandbox import (
    READS_OTHERS,
    etcd_sandbox,
    flannel_sandbox,
)

OF_219 = ("CapabilityBoundingSet", "DevicePolicy", "PrivateTmp", "ProtectHome", "ProtectSystem")
SINCE = {
    "MemoryDenyWriteExecute": 231,
    "ReadWritePaths": 231,
    "RestrictRealtime": 231,
    "ProtectControlGroups": 232,
    "ProtectKernelModules": 232,
    "ProtectKernelTunables": 232,
    "RestrictNamespaces": 233,
    "LockPersonality": 235,
    "ProtectHostname": 242,
    "RestrictSUIDSGID": 242,
    "ProtectKernelLogs": 244,
    "ProtectClock": 245,
    "ProtectProc": 247,
}


def of_flannel(version: int) -> list[str]:
    return flannel_sandbox(version, [BACKENDS["vxlan"]])


def of_etcd(version: int) -> list[str]:
    return etcd_sandbox(version, ["/var/lib/etcd"])


def value(lines: list[str], name: str) -> str:
    return next(line.partition("=")[2] for line in lines if line.startswith(name + "="))


def names(lines: list[str]) -> list[str]:
    return [line.partition("=")[0] for line in lines]


@pytest.mark.parametrize("version", [219, 230, 231, 232, 237, 239, 241, 245, 247, 252, 257, 262])
@pytest.mark.parametrize("lines", [of_flannel, of_etcd])
def test_systemd_knows_each_line(version, lines):
    """Else it warns at each reload of the units."""
    found = lines(version)
    assert [name for name in names(found) if SINCE.get(name, 0) > version] == []
    assert "@system-service" not in " ".join(found) or version >= 239
    assert len(names(found)) - len(set(names(found))) == (1 if lines is of_etcd and version >= 239 else 0)


def test_old_systemd():
    found = flannel_sandbox(219, [BACKENDS["vxlan"]])
    assert names(found) == list(OF_219)
    assert value(found, "CapabilityBoundingSet") == "CAP_NET_ADMIN CAP_NET_RAW CAP_SYS_MODULE"
    assert value(of_etcd(219), "ProtectSystem") == "yes"  # its guard writes to /etc
    assert value(of_etcd(219), "ReadWriteDirectories") == "-/var/lib/etcd"


@pytest.mark.parametrize(
    ("seen", "another"),
    [
        ({"exists": True, "owner": "root", "mode": "0600", "type": "file"}, False),
        ({"exists": True, "owner": "etcd", "mode": "0600", "type": "file"}, True),
        ({"exists": True, "owner": "etcd", "mode": "0644", "type": "file"}, False),
        ({"exists": True, "owner": "etcd", "mode": "0711", "type": "directory"}, False),
        ({"exists": True, "owner": "etcd", "mode": "0744", "type": "directory"}, True),
        ({"exists": False}, False),
        ({}, False),
    ],
)
def test_keys_of_somebody_else_need_a_capability(seen, another):
    assert is_anothers(seen) == another
    found = flannel_sandbox(257, [BACKENDS["vxlan"]], [READS_OTHERS])
    assert value(found, "CapabilityBoundingSet") == "CAP_DAC_READ_SEARCH CAP_NET_ADMIN CAP_NET_RAW"


@pytest.mark.parametrize(
    ("backend", "capabilities", "families", "nodes"),
    [
        ("vxlan", "CAP_NET_ADMIN CAP_NET_RAW", "AF_INET AF_INET6 AF_NETLINK AF_UNIX", []),
        ("extension", "CAP_NET_ADMIN CAP_NET_RAW", "AF_INET AF_INET6 AF_NETLINK AF_UNIX", []),
        ("udp", "CAP_NET_ADMIN CAP_NET_RAW", "AF_INET AF_INET6 AF_NETLINK AF_UNIX", ["/dev/net/tun rw"]),
        (
            "ipsec",
            "CAP_CHOWN CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_NET_RAW",
            "AF_INET AF_INET6 AF_KEY AF_NETLINK AF_UNIX",
            [],
        ),
    ],
)
def test_a_backend_has_what_it_needs(backend, capabilities, families, nodes):
    found = flannel_sandbox(257, [BACKENDS[backend]])
    assert value(found, "CapabilityBoundingSet") == capabilities
    assert value(found, "RestrictAddressFamilies") == families
    assert [line for line in found if line.startswith("DeviceAllow=")] == [f"DeviceAllow={node}" for node in nodes]
    assert value(found, "ReadWritePaths") == "/run /proc/sys/net"


def test_a_network_that_is_not_known_may_be_any():
    found = flannel_sandbox(257, list(BACKENDS.values()))
    assert "AF_KEY" in value(found, "RestrictAddressFamilies") and "DeviceAllow=/dev/net/tun rw" in found


def test_the_list_of_etcds_calls_is_cut_after_it_is_given():
    """systemd reads the lines in order: the first one says that it is a list of what is allowed."""
    calls = [line for line in of_etcd(257) if line.startswith("SystemCallFilter=")]
    assert calls == ["SystemCallFilter=@system-service", "SystemCallFilter=~@privileged @resources"]
