# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What flanneld and etcd may do on a host, as lines for the section [Service] of their units. No I/O.

Only lines that the host's systemd knows: it would warn of others in the journal at each reload.
flanneld 0.28.10 works with these (seen with vxlan, host-gw, udp and extension, on systemd 257 and 262), 0.15.1 with vxlan, and so do
the iptables that they run, and the unit's ExecStartPost.
"""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import Backend

NO_CAPABILITY = ""
FLANNEL_CAPABILITIES = ("CAP_NET_ADMIN", "CAP_NET_RAW")  # the second one for iptables of the variant legacy
FLANNEL_FAMILIES = ("AF_INET", "AF_INET6", "AF_NETLINK", "AF_UNIX")
ETCD_FAMILIES = ("AF_INET", "AF_INET6", "AF_UNIX")
LOADS_MODULES = "CAP_SYS_MODULE"
READS_OTHERS = "CAP_DAC_READ_SEARCH"  # files that root may read only because it is root
# The first systemd with `+` before a command, that can load iptables' modules before flanneld starts, outside of the sandbox.
RUNS_OUTSIDE = 231
STRICT = 232  # the first one with ProtectSystem=strict
# Newer than that of EL 7, whose SELinux leaves a daemon that gains no privileges in the domain of init.
GAINS_NOTHING = 232
BOTH: t.Sequence[t.Tuple[int, str]] = (
    (0, "PrivateTmp=yes"),
    (0, "ProtectHome=read-only"),
    (GAINS_NOTHING, "NoNewPrivileges=yes"),
    (231, "MemoryDenyWriteExecute=yes"),
    (231, "RestrictRealtime=yes"),
    (231, "SystemCallArchitectures=native"),
    (232, "ProtectControlGroups=yes"),
    (232, "ProtectKernelModules=yes"),
    (232, "ProtectKernelTunables=yes"),
    (233, "RestrictNamespaces=yes"),
    (235, "LockPersonality=yes"),
    (239, "SystemCallFilter=@system-service"),
    (239, "SystemCallErrorNumber=EPERM"),
    (242, "ProtectHostname=yes"),
    (242, "RestrictSUIDSGID=yes"),
    (244, "ProtectKernelLogs=yes"),
    (245, "ProtectClock=yes"),
    (247, "ProtectProc=invisible"),
)


def known(lines: t.Iterable[tuple[int, str]], systemd_version: int) -> list[str]:
    return sorted(text for since, text in lines if systemd_version >= since)


def flannel_sandbox(systemd_version: int, backends: t.Sequence[Backend], also: t.Sequence[str] = ()) -> list[str]:
    """For the backend of the network, or for all that it may be; `also` are capabilities that the host needs.

    flanneld writes to /run alone, and to /proc/sys/net. An older systemd cannot load modules for iptables outside of the sandbox.
    """
    loads = () if systemd_version >= RUNS_OUTSIDE else (LOADS_MODULES,)
    capabilities = {*FLANNEL_CAPABILITIES, *also, *loads, *(name for one in backends for name in one.capabilities)}
    families = {*FLANNEL_FAMILIES, *(name for one in backends for name in one.address_families)}
    nodes = sorted({path for one in backends for path in one.device_nodes})
    own = [
        (0, "CapabilityBoundingSet=" + " ".join(sorted(capabilities))),
        (0, "DevicePolicy=closed"),
        *((0, f"DeviceAllow={path} rw") for path in nodes),
        (STRICT, "ProtectSystem=strict"),
        (STRICT, "ReadWritePaths=/run /proc/sys/net"),
        (231, "RestrictAddressFamilies=" + " ".join(sorted(families))),
    ]
    if systemd_version < STRICT:
        own.append((0, "ProtectSystem=full"))
    return known([*BOTH, *own], systemd_version)


def etcd_sandbox(systemd_version: int, folders: t.Sequence[str]) -> list[str]:
    """Its data (`folders`) and logs are where the user wants them, so only the system's own folders are read-only.

    Before 231 the guard, a command before etcd, is in the same mount namespace and writes to /etc.
    """
    writes = "ReadWritePaths" if systemd_version >= RUNS_OUTSIDE else "ReadWriteDirectories"
    own = [
        (0, f"CapabilityBoundingSet={NO_CAPABILITY}"),
        (0, "PrivateDevices=yes"),
        (0, "ProtectSystem=" + ("full" if systemd_version >= RUNS_OUTSIDE else "yes")),
        (212, "RemoveIPC=yes"),
        *((0, f"{writes}=-{path}") for path in folders),
        (0, "UMask=0077"),
        (231, "RestrictAddressFamilies=" + " ".join(ETCD_FAMILIES)),
        (239, "SystemCallFilter=~@privileged @resources"),
    ]
    return known([*BOTH, *own], systemd_version)


# firewall-cmd is a program in Python that calls libffi; other users' processes are read.
NOT_FOR_READERS = ("MemoryDenyWriteExecute=yes", "ProtectProc=invisible")
READER_CAPABILITIES = ("CAP_DAC_READ_SEARCH", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_SYS_PTRACE")


def metrics_sandbox(systemd_version: int, folder: str) -> list[str]:
    """It reads rules of the firewall, processes of all users and their environment, and writes to one folder."""
    own = [
        (0, "CapabilityBoundingSet=" + " ".join(READER_CAPABILITIES)),
        (0, "PrivateDevices=yes"),
        (STRICT, "ProtectSystem=strict"),
        (STRICT, f"ReadWritePaths={folder}"),
        (231, "RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX"),
    ]
    return known([*(line for line in BOTH if line[1] not in NOT_FOR_READERS), *own], systemd_version)
