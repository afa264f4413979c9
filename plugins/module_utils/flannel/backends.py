# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each backend of flannel is: its releases, keys, device, routes and what it adds to a packet. No I/O.

The only place where a backend is known by its name: a new one is one entry in BACKENDS.
Source: pkg/backend/* of flannel at the tags, v0.28.10 where nothing else is said.
"""

from __future__ import annotations

import dataclasses
import enum
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel import go_json
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backend_keys import (
    ANY,
    BOOL,
    INT,
    STRING,
    BadKey,
    Check,
    Key,
    check_extension,
    check_ipsec,
    check_wireguard,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import Version

UNRELEASED: Version = (9999,)
DEFAULT_TYPE = "udp"  # of a configuration without Backend (pkg/subnet/config.go)
VXLAN_PORT = 8472  # the kernel's, for Port 0


class Routes(enum.Enum):
    """Which routes flanneld sets on a host."""

    PER_PEER = "one to the subnet of each peer"
    SINGLE = "one to the whole network"
    NONE = "none in the routing table: the cloud's router or ipsec's policies have them"
    UNMANAGED = "none: they are set outside of flannel"
    UNKNOWN = "what commands of the user set, with devices of theirs"


@dataclasses.dataclass(frozen=True)
class Device:
    """flannel's own device for packets of other hosts' containers.

    `number_key` is the key in configuration and lease whose value follows `name`. `ipv6_name` names the device beside it
    that carries IPv6 (empty: one carries both), `split_mode` the only Mode that has one (empty: always).
    `accepts_anybody`: what arrives proves no sender; the kernel has entries of the peers.
    A VTEP has its MAC in the lease, and a neighbour and a forwarding entry for each peer; flanneld keeps an old one as it is.
    """

    name: str
    kind: str  # as `ip -d link` prints it
    number_key: str = ""
    ipv6_name: str = ""
    split_mode: str = ""
    is_vtep: bool = False
    ends_with_flanneld: bool = False
    accepts_anybody: bool = False


class Limit(t.NamedTuple):
    """The numbers with which a key works, though flannel accepts others."""

    key: str
    low: int
    high: int
    why: str
    high_with_ipv6: int | None = None

    def highest(self, ipv6: bool) -> int:
        return self.high_with_ipv6 if ipv6 and self.high_with_ipv6 is not None else self.high


@dataclasses.dataclass(frozen=True)
class Backend:
    """`label` stands in flannel's message about a key of the wrong type; `without_ipv4` is the first release that needs none.

    `capabilities`, `address_families` and `device_nodes` are what flanneld needs for it beside what it needs for all backends.
    """

    routes: Routes
    since: Version = (0,)
    until: Version = UNRELEASED
    without_ipv4: Version = UNRELEASED
    label: str = ""
    keys: t.Mapping[str, Key] = dataclasses.field(default_factory=dict)
    check: Check | None = None
    limits: t.Sequence[Limit] = ()
    lease_type: str | None = None  # BackendType in leases, where it is not the type itself
    device: Device | None = None
    ipv6: bool = True  # whether it carries IPv6 at all
    overhead: int | None = None  # bytes around a packet; None: it depends
    overhead_by_ipv6: int | None = None  # where peers are reached by IPv6
    is_direct: bool = False  # packets go to the peer's address as they are
    single_route_until: Version = (0,)  # older releases have Routes.SINGLE
    capabilities: t.Sequence[str] = ()
    address_families: t.Sequence[str] = ()
    device_nodes: t.Sequence[str] = ()
    arrives: t.Sequence[
        str
    ] = ()  # as which ports (those of keys by the key's name) and protocols packets of peers arrive
    runs_commands: bool = False  # of the configuration in etcd, as root on each host

    def knows(self, version: Version) -> dict[str, Key]:
        return {name: key for name, key in self.keys.items() if key.since <= version}

    @property
    def has_direct_routing(self) -> bool:
        """The key DirectRouting sends packets to peers in the same network as they are."""
        return "DirectRouting" in self.keys


_ACCESS_KEYS = {"AccessKeyID": Key(STRING, ""), "AccessKeySecret": Key(STRING, "", secret=True)}
_UDP_PORT = "a UDP port"

BACKENDS: t.Mapping[str, Backend] = {
    "ali-vpc": Backend(Routes.NONE, since=(0, 8, 0), until=(0, 20, 0), label="VPC ", keys=_ACCESS_KEYS, lease_type=""),
    "alloc": Backend(Routes.UNMANAGED, lease_type="", overhead=0),
    "aws-vpc": Backend(Routes.NONE, until=(0, 20, 0), label="VPC ", keys={"RouteTableID": Key(ANY)}, lease_type=""),
    "extension": Backend(
        Routes.UNKNOWN,
        since=(0, 8, 0),
        without_ipv4=(0, 22, 1),
        keys={
            "PreStartupCommand": Key(STRING, ""),
            "PostStartupCommand": Key(STRING, ""),
            "SubnetAddCommand": Key(STRING, ""),
            "SubnetRemoveCommand": Key(STRING, ""),
        },
        check=check_extension,
        overhead=0,
        runs_commands=True,
    ),
    "gce": Backend(Routes.NONE, until=(0, 20, 0), lease_type=""),
    "host-gw": Backend(Routes.PER_PEER, without_ipv4=(0, 15, 0), overhead=0, overhead_by_ipv6=0, is_direct=True),
    "ipip": Backend(
        Routes.PER_PEER,
        since=(0, 10, 0),
        label="IPIP ",
        keys={"DirectRouting": Key(BOOL, False)},
        device=Device("flannel.ipip", "ipip", accepts_anybody=True),
        arrives=["4"],  # IP in IP; /etc/protocols has no one name for it
        ipv6=False,
        overhead=20,
    ),
    "ipsec": Backend(
        Routes.NONE,
        since=(0, 11, 0),
        label="IPSEC ",
        keys={
            "UDPEncap": Key(BOOL, False),
            "ESPProposal": Key(STRING, "aes128gcm16-sha256-prfsha256-ecp256"),
            "PSK": Key(STRING, "", secret=True),
        },
        check=check_ipsec,
        arrives=["500/udp", "4500/udp", "esp"],
        # flanneld runs charon, which listens on ports 500 and 4500 and gives its socket away
        capabilities=("CAP_CHOWN", "CAP_NET_BIND_SERVICE"),
        address_families=("AF_KEY",),
    ),
    "tencent-vpc": Backend(Routes.NONE, since=(0, 14, 0), label="VPC ", keys=_ACCESS_KEYS, lease_type=""),
    "udp": Backend(
        Routes.SINGLE,
        label="UDP ",
        keys={"Port": Key(INT, 8285)},
        limits=[Limit("Port", 1, 65535, "flanneld listens there")],
        lease_type="",
        device=Device("flannel0", "tun", ends_with_flanneld=True),
        arrives=["Port/udp"],
        ipv6=False,
        overhead=28,
        device_nodes=("/dev/net/tun",),
    ),
    "vxlan": Backend(
        Routes.PER_PEER,
        without_ipv4=(0, 15, 0),
        label="VXLAN ",
        keys={
            "VNI": Key(INT, 1),
            "Port": Key(INT, 0),
            "GBP": Key(BOOL, False),
            "DirectRouting": Key(BOOL, False, since=(0, 9, 0)),
            "Learning": Key(BOOL, False, since=(0, 12, 0)),
            "MTU": Key(INT, None, since=(0, 21, 3)),
        },
        limits=[
            Limit("VNI", 1, 9999999, "flannel.VNI must be a valid name of a device", high_with_ipv6=9999),
            Limit("Port", 0, 65535, f"0 is the kernel's default, {VXLAN_PORT}"),
            Limit("MTU", 118, 65535, "it is the MTU below vxlan, which takes 50 bytes"),
        ],
        device=Device(
            "flannel.", "vxlan", number_key="VNI", ipv6_name="flannel-v6.", is_vtep=True, accepts_anybody=True
        ),
        arrives=["Port/udp"],
        overhead=50,
        overhead_by_ipv6=70,
        single_route_until=(0, 9),
    ),
    "wireguard": Backend(
        Routes.SINGLE,
        since=(0, 16, 0),
        without_ipv4=(0, 16, 0),
        keys={
            "PSK": Key(STRING, "", secret=True),
            "ListenPort": Key(INT, 51820),
            "ListenPortV6": Key(INT, 51821),
            "PersistentKeepaliveInterval": Key(INT, 0, go_type="time.Duration"),
            "Mode": Key(STRING, "separate", since=(0, 18, 0), go_type="wireguard.Mode"),
            "MTU": Key(INT, None, since=(0, 21, 3)),
        },
        check=check_wireguard,
        limits=[Limit("ListenPort", 0, 65535, _UDP_PORT), Limit("ListenPortV6", 0, 65535, _UDP_PORT)],
        device=Device(
            "flannel-wg", "wireguard", ipv6_name="flannel-wg-v6", split_mode="separate", ends_with_flanneld=True
        ),
        arrives=["ListenPort/udp", "ListenPortV6/udp"],
        overhead=80,
        overhead_by_ipv6=80,
    ),
}
UNKNOWN = Backend(Routes.UNKNOWN)
NO_COMMANDS = "another backend: flanneld runs the commands of this one, which are in etcd, as root on every host"

SECRET_KEYS = frozenset(
    go_json.fold(name) for backend in BACKENDS.values() for name, key in backend.keys.items() if key.secret
)


def backend_of(backend_type: str) -> Backend:
    """That of the type; UNKNOWN for an empty one and for one of another release."""
    return BACKENDS.get(backend_type, UNKNOWN)


def arrivals(backend_type: str, given: t.Mapping[str, t.Any]) -> list[str]:
    """Ports (8472/udp) and protocols as which packets of peers arrive; `given` are the keys of Backend that are set."""
    backend = backend_of(backend_type)
    found = []
    for text in backend.arrives:
        name, slash, protocol = text.partition("/")
        key = backend.keys.get(name)
        found.append(f"{given.get(name) or key.default or VXLAN_PORT}{slash}{protocol}" if key else text)
    return found


def known_types(version: Version) -> list[str]:
    return [name for name, backend in BACKENDS.items() if backend.since <= version < backend.until]


def lease_type(backend_type: str) -> str:
    """What a lease of this backend carries as BackendType."""
    written = BACKENDS[backend_type].lease_type
    return backend_type if written is None else written


def device_owner(link_kind: str) -> str:
    """The backend whose device is of this kind; empty when none is."""
    owners = {backend.device.kind: name for name, backend in BACKENDS.items() if backend.device}
    return owners.get(link_kind, "")


def untyped_owner(devices: t.Container[str]) -> str:
    """The backend whose leases name no backend, and whose device is one of these; empty when none is."""
    untyped = ((name, backend.device) for name, backend in BACKENDS.items() if backend.lease_type == "")
    return next((name for name, device in untyped if device and device.name in devices), "")


def read_keys(backend_type: str, document: go_json.Object, version: Version) -> go_json.Fields:
    keys = BACKENDS[backend_type].knows(version)
    found = go_json.fields(document, {name: key.reader for name, key in keys.items()})
    defaults = {name: key.default for name, key in keys.items()}
    return found._replace(values={**defaults, **found.values})


def go_field(backend_type: str, name: str, version: Version) -> str:
    """Structure and field as Go's message about a wrong type calls them."""
    if backend_type != "vxlan" or version < (0, 27, 4):
        return "." + name
    return f"VXLANConfig.{'directRouting' if name == 'DirectRouting' else name.lower()}"


def bad_key(backend_type: str, values: t.Mapping[str, t.Any], version: Version) -> BadKey | None:
    check = BACKENDS[backend_type].check
    return check(values, version) if check else None
