# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A key of a Backend: how flannel reads it, and with which values it ends at once though their type is right."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel import go_json
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import Version

INT, BOOL, STRING, ANY = go_json.read_int, go_json.read_bool, go_json.read_string, go_json.read_any
Values = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Key:
    """`go_type` is the type in Go's message about a wrong type, where it is not the reader's."""

    reader: go_json.Reader
    default: t.Any = None
    since: Version = (0,)
    secret: bool = False
    go_type: str = ""


class BadKey(t.NamedTuple):
    name: str
    reason: str
    allowed: str


Check = t.Callable[[Values, Version], t.Optional[BadKey]]

WIREGUARD_MODES = ("separate", "auto", "ipv4", "ipv6")
IPSEC_PSK_BYTES = 96


def check_wireguard(values: Values, version: Version) -> BadKey | None:
    if values.get("Mode", "separate") not in WIREGUARD_MODES:
        return BadKey("Mode", "no valid Mode configured", ", ".join(WIREGUARD_MODES))
    if values["PSK"] and not _is_wireguard_key(values["PSK"]):
        return BadKey("PSK", "could not parse psk", "32 bytes in base64, as `wg genpsk` prints them")
    return None


def _is_wireguard_key(text: str) -> bool:
    """32 bytes as Go reads base64: line ends may stand anywhere, nothing else may."""
    return re.fullmatch(r"[A-Za-z0-9+/]{43}=", re.sub(r"[\r\n]", "", text)) is not None


def check_ipsec(values: Values, version: Version) -> BadKey | None:
    if len(values["PSK"].encode("utf-8", "replace")) < IPSEC_PSK_BYTES:
        return BadKey("PSK", "config error, password is too short", f"{IPSEC_PSK_BYTES} bytes or more")
    return None


# unicode.IsSpace; Python strips the separators U+001C to U+001F as well
_GO_BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


def check_extension(values: Values, version: Version) -> BadKey | None:
    """Both commands are split into words since 0.28.2, and the first word is used even if there is none."""
    for name in ("PreStartupCommand", "PostStartupCommand"):
        if values[name] and not values[name].strip(_GO_BLANKS) and version >= (0, 28, 2):
            return BadKey(name, "flanneld panics: slice bounds out of range", "a command, or the key left out")
    return None
