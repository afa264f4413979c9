# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages of etcd's API as bytes, by the numbers of their fields. No I/O."""

from __future__ import annotations

import typing as t

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


class Fields:
    """A message that was read. What is not in it has its default, as everywhere in protobuf; a wrong kind is ValueError."""

    def __init__(self, found: t.Mapping[int, t.Sequence[t.Union[int, bytes]]]) -> None:
        self._found = found

    def number(self, field: int) -> int:
        """As int64."""
        value = (self._found.get(field) or [0])[-1]
        if not isinstance(value, int):
            raise ValueError(f"field {field} is no number")
        return value - (1 << 64) if value >= 1 << 63 else value

    def unsigned(self, field: int) -> int:
        return self.number(field) % (1 << 64)

    def content(self, field: int) -> bytes:
        found = self.every(field)
        return found[-1] if found else b""

    def text(self, field: int) -> str:
        return self.content(field).decode("utf-8", "replace")

    def every(self, field: int) -> list[bytes]:
        found: list[bytes] = []
        for value in self._found.get(field) or []:
            if not isinstance(value, bytes):
                raise ValueError(f"field {field} is a number")
            found.append(value)
        return found

    def messages(self, field: int) -> list[Fields]:
        return [fields_of(one) for one in self.every(field)]

    def message(self, field: int) -> Fields:
        return fields_of(self.content(field))


def fields_of(data: bytes) -> Fields:
    """ValueError or IndexError for what is no message."""
    found: dict[int, list[t.Union[int, bytes]]] = {}
    place = 0
    while place < len(data):
        key, place = read_varint(data, place)
        value: t.Union[int, bytes]
        kind = key & 7
        if kind == VARINT:
            value, place = read_varint(data, place)
        elif kind in (BYTES, FIXED32, FIXED64):
            size, place = read_varint(data, place) if kind == BYTES else (4 if kind == FIXED32 else 8, place)
            value, place = data[place : place + size], place + size
            if place > len(data):
                raise ValueError("a message that was cut off")
        else:
            raise ValueError(f"a field of kind {kind}")
        found.setdefault(key >> 3, []).append(value)
    return Fields(found)


def read_varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if not byte & 128:
            return value, place
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")


def number(field: int, value: int) -> bytes:
    return varint(field << 3 | VARINT) + varint(value % (1 << 64))


def data(field: int, value: bytes) -> bytes:
    return varint(field << 3 | BYTES) + varint(len(value)) + value


def varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)
