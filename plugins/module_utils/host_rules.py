# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a list of iptables rules, as `iptables -S` prints it, does to packets of one device. No I/O."""

from __future__ import annotations

import typing as t

DROPS = ("DROP", "REJECT")


def accepts_first(rules: t.Sequence[str], device: str, network: str) -> bool:
    """A rule for the device, or for the overlay's network, accepts before any rule that fits ends it."""
    for rule in rules:
        words = rule.split()
        if words[-1] == "ACCEPT" and (from_device(words, device) or f" -s {network} " in rule):
            return True
        if ends(words) and ("-i" not in words or from_device(words, device)):
            return False
    return False


def ends(words: t.Sequence[str]) -> bool:
    """Drops, or returns whatever it is (docker 27 and older have that at the end of DOCKER-USER)."""
    return any(target in words for target in DROPS) or list(words[2:]) == ["-j", "RETURN"]


def from_device(words: t.Sequence[str], device: str) -> bool:
    """The rule names the interface by which packets come, and it fits; `+` at the end stands for anything."""
    if "-i" not in words:
        return False
    position = words.index("-i")
    name = words[position + 1]
    fits = device.startswith(name[:-1]) if name.endswith("+") else device == name
    return fits != (words[position - 1] == "!")
