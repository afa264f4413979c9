# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What certificates say: their validity, names and kind. No I/O.

The standard library reports this only for certificates that it could verify, so it is read from the bytes (RFC 5280, 4.1).
"""

from __future__ import annotations

import calendar
import dataclasses
import ipaddress
import re
import ssl
import time
import typing as t

_PEM = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
# Tags
_BOOLEAN, _UTF8, _UTC_TIME, _BMP = 0x01, 0x0C, 0x17, 0x1E
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_EMAIL, _DNS, _URI, _ADDRESS = 0x81, 0x82, 0x86, 0x87
# What a certificate holds, in this order, after its version; extensions come last
_SERIAL, _ISSUER, _VALIDITY, _SUBJECT = 0, 2, 3, 4
_BASIC_CONSTRAINTS, _ALTERNATIVE_NAMES = b"\x55\x1d\x13", b"\x55\x1d\x11"
_ATTRIBUTES = {
    b"\x55\x04\x03": "CN",
    b"\x55\x04\x06": "C",
    b"\x55\x04\x07": "L",
    b"\x55\x04\x08": "ST",
    b"\x55\x04\x0a": "O",
    b"\x55\x04\x0b": "OU",
}
_OTHER = "?"  # an attribute of another kind


class Element(t.NamedTuple):
    """One value in DER: its tag, and where its content lies."""

    tag: int
    start: int
    end: int


@dataclasses.dataclass(frozen=True)
class Certificate:
    """`not_before` and `not_after` are seconds since 1970, `subject` and `issuer` texts such as `O=overlay,CN=etcd-1`.

    `common_name` is the last CN of the subject, for etcd the name of the user. `names` are its DNS names and addresses, `serial` is hexadecimal.
    """

    not_before: float
    not_after: float
    subject: str
    common_name: str
    issuer: str
    names: t.Tuple[str, ...]
    serial: str
    is_authority: bool


def parse(der: bytes) -> Certificate:
    """ValueError when it is no certificate."""
    try:
        return _certificate(der)
    except (IndexError, UnicodeDecodeError, OverflowError):
        raise ValueError("not a certificate") from None


def parse_pem(text: str) -> list[Certificate]:
    """All certificates in the text of a PEM file, in their order; ValueError where one of them cannot be read."""
    return [parse(ssl.PEM_cert_to_DER_cert(block)) for block in _PEM.findall(text)]


def end_of(der: bytes) -> float:
    """A certificate's notAfter in seconds since 1970; ValueError when it is no certificate."""
    return parse(der).not_after


def ends_in(pem: str) -> list[float]:
    """The ends of all certificates in the text of a PEM file, in their order."""
    return [certificate.not_after for certificate in parse_pem(pem)]


def end_of_file(certificates: t.Sequence[Certificate]) -> float | None:
    """When a file is of no more use: a certificate counts before the authorities beside it, and of several authorities the one that lasts longest."""
    own = [one.not_after for one in certificates if not one.is_authority]
    return min(own) if own else max((one.not_after for one in certificates), default=None)


def _certificate(der: bytes) -> Certificate:
    signed = _inside(der, _element(der, 0))[0]
    fields = [field for field in _inside(der, signed) if field.tag != _VERSION]
    not_before, not_after = (_time(der, moment) for moment in _inside(der, fields[_VALIDITY])[:2])
    subject = _attributes(der, fields[_SUBJECT])
    extensions = _extensions(der, fields)
    return Certificate(
        not_before=not_before,
        not_after=not_after,
        subject=_name(subject),
        common_name=next((value for name, value in reversed(subject) if name == "CN"), ""),
        issuer=_name(_attributes(der, fields[_ISSUER])),
        names=tuple(_alternative_names(extensions.get(_ALTERNATIVE_NAMES, b""))),
        serial=_content(der, fields[_SERIAL]).hex(),
        is_authority=_is_authority(extensions.get(_BASIC_CONSTRAINTS, b"")),
    )


def _time(der: bytes, moment: Element) -> float:
    text = _content(der, moment).decode("ascii")
    if moment.tag == _UTC_TIME:
        text = ("20" if text < "50" else "19") + text
    return calendar.timegm(time.strptime(text, "%Y%m%d%H%M%SZ"))


def _attributes(der: bytes, name: Element) -> list[tuple[str, str]]:
    """In the order of the certificate."""
    found = []
    for group in _inside(der, name):
        for attribute in _inside(der, group):
            kind, value = _inside(der, attribute)[:2]
            found.append((_ATTRIBUTES.get(_content(der, kind), _OTHER), _text(der, value)))
    return found


def _text(der: bytes, value: Element) -> str:
    encoding = {_UTF8: "utf-8", _BMP: "utf-16-be"}.get(value.tag, "latin-1")
    return _content(der, value).decode(encoding, "replace")


def _name(attributes: t.Iterable[tuple[str, str]]) -> str:
    return ",".join(f"{name}={value}" for name, value in attributes)


def _extensions(der: bytes, fields: t.Sequence[Element]) -> dict[bytes, bytes]:
    """The content of each extension by its object identifier."""
    found = {}
    for field in fields:
        for extension in _inside(der, _inside(der, field)[0]) if field.tag == _EXTENSIONS else []:
            parts = _inside(der, extension)
            found[_content(der, parts[0])] = _content(der, parts[-1])
    return found


def _is_authority(constraints: bytes) -> bool:
    """BasicConstraints is a sequence; its first value says so, and is left out otherwise."""
    if not constraints:
        return False
    values = _inside(constraints, _element(constraints, 0))
    return bool(values) and values[0].tag == _BOOLEAN and any(_content(constraints, values[0]))


def _alternative_names(names: bytes) -> t.Iterator[str]:
    for name in _inside(names, _element(names, 0)) if names else []:
        content = _content(names, name)
        if name.tag in (_DNS, _URI, _EMAIL):
            yield content.decode("latin-1")
        elif name.tag == _ADDRESS and len(content) in (4, 16):
            yield str(ipaddress.ip_address(content))


def _content(der: bytes, element: Element) -> bytes:
    return der[element.start : element.end]


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
