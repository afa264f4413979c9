# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""iptables rules as `iptables-save` prints them, as values, and which packets fit them. No I/O."""

from __future__ import annotations

import dataclasses
import ipaddress
import shlex
import typing as t

NO_CONDITION = {"--comment"}
KNOWN_MODULES = {"addrtype", "comment", "conntrack", "mark", "multiport", "physdev", "state", "tcp", "udp"}
TCP = ("tcp", "6")
ANY = ("all", "0")


@dataclasses.dataclass(frozen=True)
class Packet:
    """The first packet of a TCP connection that is routed here; `comes` and `goes` are interfaces.

    Its ports are none that anybody publishes. It carries no mark, unless `marked`: then its mark is not known. `to_host`: its target is
    an address of this host.
    """

    source: str
    target: str
    comes: str
    goes: str
    source_port: int = 40000
    target_port: int = 9
    marked: bool = False
    to_host: bool = False


@dataclasses.dataclass(frozen=True)
class Condition:
    name: str
    values: t.Sequence[str]
    inverted: bool


@dataclasses.dataclass(frozen=True)
class Rule:
    """`target` is empty for a rule that only counts; `leaves`: the chain is not come back to (`-g`)."""

    text: str
    conditions: t.Sequence[Condition]
    target: str
    leaves: bool


def words_of(text: str) -> list[str]:
    """Only comments and log prefixes are quoted."""
    if '"' not in text:
        return text.split()
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def parse_rule(text: str) -> Rule:
    """What follows the target are the target's own options."""
    words = words_of(text)[2:]
    conditions: list[Condition] = []
    inverted = False
    while words:
        word = words.pop(0)
        if word in ("-j", "-g"):
            return Rule(text, conditions, words[0] if words else "", word == "-g")
        if word == "!":
            inverted = True
            continue
        values = []
        while words and words[0] != "!" and not words[0].startswith("-"):
            values.append(words.pop(0))
        conditions.append(Condition(word, values, inverted))
        inverted = False
    return Rule(text, conditions, "", False)


def fits(rule: Rule, packet: Packet) -> bool | None:
    """Say whether the packet meets all conditions; None when it depends on one that is not understood here."""
    answers = [meets(condition, packet) for condition in rule.conditions]
    if False in answers:
        return False
    return None if None in answers else True


def meets(condition: Condition, packet: Packet) -> bool | None:
    if condition.name in NO_CONDITION:
        return True
    if condition.name in ("-m", "--match"):
        return True if condition.values and condition.values[0] in KNOWN_MODULES else None
    check = CHECKS.get(condition.name)
    answer = check(condition.values, packet) if check and condition.values else bare(condition.name)
    return answer if answer is None else answer != condition.inverted


def bare(name: str) -> bool | None:
    """A routed packet has not come through a bridge's port on its way out of it, and is no fragment."""
    return False if name in ("--physdev-is-bridged", "-f") else None


def in_network(values: t.Sequence[str], address: str) -> bool | None:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(values[0], strict=False)
    except ValueError:
        return None


def is_device(values: t.Sequence[str], device: str) -> bool:
    """`+` at the end stands for anything."""
    name = values[0]
    return device.startswith(name[:-1]) if name.endswith("+") else device == name


def is_protocol(values: t.Sequence[str], _packet: Packet) -> bool:
    return values[0] in TCP + ANY


def has_state(values: t.Sequence[str], _packet: Packet) -> bool:
    return "NEW" in values[0].split(",")


def has_port(values: t.Sequence[str], port: int) -> bool | None:
    return any(within_ports(part, port) for part in values[0].split(","))


def within_ports(part: str, port: int) -> bool:
    low, sign, high = part.partition(":")
    if not sign:
        return part == str(port)
    return int(low or 0) <= port <= int(high or 65535)


def has_mark(values: t.Sequence[str], packet: Packet) -> bool | None:
    """`VALUE/MASK`; that of an unmarked packet is 0."""
    try:
        return None if packet.marked else int(values[0].partition("/")[0], 0) == 0
    except ValueError:
        return None


def has_type(values: t.Sequence[str], to_host: bool) -> bool:
    """A container's address is none of this host, and no broadcast."""
    return ("LOCAL" if to_host else "UNICAST") in values[0].split(",")


Check = t.Callable[[t.Sequence[str], Packet], t.Optional[bool]]
CHECKS: t.Mapping[str, Check] = {
    "-s": lambda values, packet: in_network(values, packet.source),
    "-d": lambda values, packet: in_network(values, packet.target),
    "-i": lambda values, packet: is_device(values, packet.comes),
    "-o": lambda values, packet: is_device(values, packet.goes),
    "-p": is_protocol,
    "--ctstate": has_state,
    "--state": has_state,
    "--dport": lambda values, packet: has_port(values, packet.target_port),
    "--dports": lambda values, packet: has_port(values, packet.target_port),
    "--sport": lambda values, packet: has_port(values, packet.source_port),
    "--sports": lambda values, packet: has_port(values, packet.source_port),
    "--mark": has_mark,
    "--src-type": lambda values, packet: has_type(values, False),
    "--dst-type": lambda values, packet: has_type(values, packet.to_host),
}
