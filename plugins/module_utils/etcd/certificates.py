# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When certificates end, and whose they are.

The standard library reports this only for certificates that it could verify, so the date is read from the bytes.
"""

from __future__ import annotations

import calendar
import re
import ssl
import time
import typing as t

_PEM = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_VERSION, _UTC_TIME = 0xA0, 0x17  # tags
_VALIDITY = 3  # after serial number, algorithm and issuer
_SUBJECT = 4
_COMMON_NAME = bytes([0x55, 0x04, 0x03])  # 2.5.4.3


class Element(t.NamedTuple):
    """One value in DER: its tag, and where its content lies."""

    tag: int
    start: int
    end: int


def end_of(der: bytes) -> float:
    """A certificate's notAfter in seconds since 1970 (RFC 5280, 4.1); ValueError when it is no certificate."""
    try:
        signed = _inside(der, _element(der, 0))[0]
        fields = [field for field in _inside(der, signed) if field.tag != _VERSION]
        not_after = _inside(der, fields[_VALIDITY])[1]
    except IndexError:
        raise ValueError("not a certificate") from None
    text = der[not_after.start : not_after.end].decode("ascii")
    if not_after.tag == _UTC_TIME:
        text = ("20" if text < "50" else "19") + text
    return calendar.timegm(time.strptime(text, "%Y%m%d%H%M%SZ"))


def ends_in(pem: str) -> list[float]:
    """The ends of all certificates in the text of a PEM file, in their order."""
    return [end_of(ssl.PEM_cert_to_DER_cert(block)) for block in _PEM.findall(pem)]


def common_name_in(pem: str) -> str:
    """Of the subject of the first certificate in the text of a PEM file; empty without one. ValueError when it is no certificate."""
    blocks = _PEM.findall(pem)
    if not blocks:
        raise ValueError("not a certificate")
    der = ssl.PEM_cert_to_DER_cert(blocks[0])
    try:
        signed = _inside(der, _element(der, 0))[0]
        subject = [field for field in _inside(der, signed) if field.tag != _VERSION][_SUBJECT]
        pairs = [_inside(der, pair)[:2] for name in _inside(der, subject) for pair in _inside(der, name)]
    except IndexError:
        raise ValueError("not a certificate") from None
    names = [value for oid, value in pairs if der[oid.start : oid.end] == _COMMON_NAME]
    return der[names[-1].start : names[-1].end].decode("utf-8", "replace") if names else ""  # Go takes the last one


def _inside(der: bytes, parent: Element) -> list[Element]:
    found, at = [], parent.start
    while at < parent.end:
        found.append(_element(der, at))
        at = found[-1].end
    return found


def _element(der: bytes, at: int) -> Element:
    length, start = der[at + 1], at + 2
    if length & 0x80:  # long form: that many bytes hold the length
        count = length & 0x7F
        length = int.from_bytes(der[start : start + count], "big")
        start += count
    return Element(der[at], start, start + length)
