# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""flannel's backends: which release knows which type and which keys, with their defaults."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel import go_json
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import Version

NEVER: Version = (9999,)
INT, BOOL, STRING, ANY = go_json.read_int, go_json.read_bool, go_json.read_string, go_json.read_any


@dataclasses.dataclass(frozen=True)
class Key:
    """`go_type` stands in Go's message about a wrong type, where it is not the reader's."""

    reader: go_json.Reader
    default: t.Any = None
    since: Version = (0,)
    secret: bool = False
    go_type: str = ""


@dataclasses.dataclass(frozen=True)
class Backend:
    """`label` stands in flannel's message about a key of the wrong type; `without_ipv4` is the first that needs none."""

    since: Version = (0,)
    until: Version = NEVER
    without_ipv4: Version = NEVER
    label: str = ""
    keys: t.Mapping[str, Key] = dataclasses.field(default_factory=dict)
    lease_type: str | None = None  # BackendType in leases, where it is not the type itself

    def knows(self, version: Version) -> dict[str, Key]:
        return {name: key for name, key in self.keys.items() if key.since <= version}


_ACCESS_KEYS = {"AccessKeyID": Key(STRING, ""), "AccessKeySecret": Key(STRING, "", secret=True)}

BACKENDS: t.Mapping[str, Backend] = {
    "ali-vpc": Backend(since=(0, 8, 0), until=(0, 20, 0), label="VPC ", keys=_ACCESS_KEYS, lease_type=""),
    "alloc": Backend(lease_type=""),
    "aws-vpc": Backend(until=(0, 20, 0), label="VPC ", keys={"RouteTableID": Key(ANY)}, lease_type=""),
    "extension": Backend(
        since=(0, 8, 0),
        without_ipv4=(0, 22, 1),
        keys={
            "PreStartupCommand": Key(STRING, ""),
            "PostStartupCommand": Key(STRING, ""),
            "SubnetAddCommand": Key(STRING, ""),
            "SubnetRemoveCommand": Key(STRING, ""),
        },
    ),
    "gce": Backend(until=(0, 20, 0), lease_type=""),
    "host-gw": Backend(without_ipv4=(0, 15, 0)),
    "ipip": Backend(since=(0, 10, 0), label="IPIP ", keys={"DirectRouting": Key(BOOL, False)}),
    "ipsec": Backend(
        since=(0, 11, 0),
        label="IPSEC ",
        keys={
            "UDPEncap": Key(BOOL, False),
            "ESPProposal": Key(STRING, "aes128gcm16-sha256-prfsha256-ecp256"),
            "PSK": Key(STRING, "", secret=True),
        },
    ),
    "tencent-vpc": Backend(since=(0, 14, 0), label="VPC ", keys=_ACCESS_KEYS, lease_type=""),
    "udp": Backend(label="UDP ", keys={"Port": Key(INT, 8285)}, lease_type=""),
    "vxlan": Backend(
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
    ),
    "wireguard": Backend(
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
    ),
}

SECRET_KEYS = frozenset(
    go_json.fold(name) for backend in BACKENDS.values() for name, key in backend.keys.items() if key.secret
)


def known_types(version: Version) -> list[str]:
    return [name for name, backend in BACKENDS.items() if backend.since <= version < backend.until]


def lease_type(backend_type: str) -> str:
    """What a lease of this backend carries as BackendType."""
    written = BACKENDS[backend_type].lease_type
    return backend_type if written is None else written


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


class BadKey(t.NamedTuple):
    """A key with which flannel ends at once, though its type is right."""

    name: str
    reason: str
    allowed: str


def bad_key(backend_type: str, values: t.Mapping[str, t.Any], version: Version) -> BadKey | None:
    check = _CHECKS.get(backend_type)
    return check(values, version) if check else None


WIREGUARD_MODES = ("separate", "auto", "ipv4", "ipv6")


def _check_wireguard(values: t.Mapping[str, t.Any], version: Version) -> BadKey | None:
    if values.get("Mode", "separate") not in WIREGUARD_MODES:
        return BadKey("Mode", "no valid Mode configured", ", ".join(WIREGUARD_MODES))
    if values["PSK"] and not _is_wireguard_key(values["PSK"]):
        return BadKey("PSK", "could not parse psk", "32 bytes in base64, as `wg genpsk` prints them")
    return None


def _is_wireguard_key(text: str) -> bool:
    """32 bytes as Go reads base64: line ends may stand anywhere, nothing else may."""
    return re.fullmatch(r"[A-Za-z0-9+/]{43}=", re.sub(r"[\r\n]", "", text)) is not None


def _check_ipsec(values: t.Mapping[str, t.Any], version: Version) -> BadKey | None:
    if len(values["PSK"].encode("utf-8", "replace")) < 96:
        return BadKey("PSK", "config error, password is too short", "96 bytes or more")
    return None


# unicode.IsSpace; Python strips the separators U+001C to U+001F as well
_GO_BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


def _check_extension(values: t.Mapping[str, t.Any], version: Version) -> BadKey | None:
    command = values["PreStartupCommand"]
    if command and not command.strip(_GO_BLANKS) and version >= (0, 28, 2):
        reason = "flanneld panics: slice bounds out of range"
        return BadKey("PreStartupCommand", reason, "a command, or the key left out")
    return None


_CHECKS: t.Mapping[str, t.Callable[[t.Mapping[str, t.Any], Version], BadKey | None]] = {
    "extension": _check_extension,
    "ipsec": _check_ipsec,
    "wireguard": _check_wireguard,
}
