# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lease says, and a fast reader for those that are written as flannel itself writes them.

Nearly every lease is such a one, and a large network has thousands. Where the text is another, even if it means the
same, the fast reader gives None, and the exact readers in `leases` decide.
"""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import Prefix


class Subnets(t.NamedTuple):
    ipv4: Prefix
    ipv6: Prefix | None


class Attributes(t.NamedTuple):
    """The text of a lease."""

    public_ip: str
    public_ipv6: str = ""
    backend: str = ""
    backend_data: t.Any = None
    backend_v6_data: t.Any = None


_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_ADDRESS = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
# ASCII without escapes, and numbers that every reader takes for the same.
_ITEM = r'"[A-Za-z]+":(?:"[ !#-\[\]-~]*"|-?(?:0|[1-9][0-9]{0,14}))'
_VXLAN = r'\{"VNI":([0-9]|[1-9][0-9]{1,7}),"VtepMAC":"([0-9a-f:]+)"\}'
_DATA = rf"\{{{_ITEM}(?:,{_ITEM})*\}}"
_VALUE = re.compile(
    rf'\{{"PublicIP":"({_ADDRESS})"(?:,"PublicIPv6":null)?(?:,"BackendType":"([a-z-]+)")?'
    rf'(?:,"BackendData":(?:{_VXLAN}|({_DATA})))?\}}'
)
_JSON = json.JSONDecoder()


# As flannel spells them: without zeros in front.
_OCTETS = {str(number): number for number in range(256)}
_LENGTHS = {str(number): number for number in range(1, 32)}
_new = tuple.__new__  # a named tuple's own way takes twice the time


def plain_key(key: str, start: int | None = None) -> Subnets | None:
    """`.../10.5.34.0-24`; all that lies behind `start`, else behind the last slash, must be that."""
    try:
        address, length = key[key.rfind("/") + 1 if start is None else start :].split("-")
        first, second, third, fourth = address.split(".")
        value = _OCTETS[first] << 24 | _OCTETS[second] << 16 | _OCTETS[third] << 8 | _OCTETS[fourth]
        return _new(Subnets, (_new(Prefix, (value, _LENGTHS[length], 32)), None))
    except (KeyError, ValueError):
        return None


def plain_value(text: str) -> Attributes | None:
    match = _VALUE.fullmatch(text)
    if not match:
        return None
    public_ip, backend, vni, mac, other = match.groups()
    data = {"VNI": int(vni), "VtepMAC": mac} if vni else _JSON.raw_decode(other)[0] if other else None
    return _new(Attributes, (public_ip, "", backend or "", data, None))
