# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random pieces of JSON, biased to the edges: the same seed gives the same texts.

Bytes that are no UTF-8 stand in the texts as surrogates, as by `surrogateescape`.
"""

from __future__ import annotations

import functools
import json
import random
from collections.abc import Callable, Iterator, Sequence

NUMBERS = (
    "0 1 2 -0 -1 7 9999 16777216 65535 65536 70000 24.0 2.4e1 1E2 1e400 -1e-400 0.5"
    " 9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809"
    " 18446744073709551615 18446744073709551616 99999999999999999999"
).split()
NO_NUMBERS = "024 -01 +1 .5 1. 1e 1e+ -.5 0x10 1_000 - NaN Infinity -Infinity nan ١".split()
WORDS = ("null", "true", "false")
NO_WORDS = ("nul", "True", "none", "undefined", "'a'", "")
OTHERS = ("[]", "{}", "[1, 2]", '{"a" : 1}', '["10.5.0.0/16"]', '{"Type":"vxlan"}')
STRINGS = (
    '""', '" "', '"a"', '"24"', '"true"', '"null"', r'"\u0000"', r'"\ud83d\ude00"', r'"\ud800"', r'"\udc00\ud800"',
    r'"\ud800A"', '"ä€😀"', '"\udcff"', '"a\udce2\udc82b"', r'"\"\\\/\b\f\n\r\t"', '"\x7f"',
)  # fmt: skip
NO_STRINGS = ('"', r'"\x41"', r'"\u12g4"', r'"\u12"', '"a\nb"', '"\t"', '"\x00"', r'"\'"', '"\\')
BLANKS = ("", " ", "\n", "\t", "\r\n", "  ")
NO_BLANKS = ("\f", "\v", "\xa0", "\ufeff", "//x\n", "/**/", "\x00", "\x85", "\u2028", "\xad", "\udcfe")
DEPTHS = (3, 90, 101, 600, 2000, 9998, 9999, 10000, 10001)


class Source(random.Random):
    """Where the choices come from; `oddness` is set anew for each text, so that many are right in all but one thing."""

    oddness = 1.0

    def often(self, share: float) -> bool:
        return self.random() < share

    def oddly(self, share: float) -> bool:
        """For what is likely to be refused."""
        return self.random() < share * self.oddness

    def numbers(self) -> str:
        if self.often(0.002):
            return "9" * 5000
        return self.choice(NO_NUMBERS) if self.oddly(0.02) else self.choice(NUMBERS)

    def anything(self) -> str:
        """A value of any type; now and then it is no JSON."""
        if self.oddly(0.03):
            return self.choice((*NO_WORDS, *NO_STRINGS))
        return self.choice((*WORDS, *OTHERS, *STRINGS, self.numbers(), self.nested()))

    def nested(self) -> str:
        depth = self.choice(DEPTHS) if self.often(0.05) else self.randint(1, 5)
        opening, closing = self.choice((("[", "]"), ('{"a":', "}")))
        return opening * depth + "1" + closing * (depth if self.often(0.97) else depth - 1)

    def text(self, plain: str) -> str:
        """A string that stands for this text, sometimes with escapes."""
        if not self.often(0.05):
            return json.dumps(plain, ensure_ascii=False)
        return '"' + "".join(f"\\u{ord(char):04x}" if self.often(0.2) else char for char in plain) + '"'

    def name(self, plain: str) -> str:
        """The name of a field as somebody could write it."""
        if self.often(0.6):
            return json.dumps(plain)
        written = misspelt if self.oddly(0.1) else self.choice((str.lower, str.upper, str.swapcase, folded))
        return self.text(written(plain))

    def blank(self) -> str:
        if self.often(0.9):
            return ""
        return self.choice(NO_BLANKS) if self.oddly(0.01) else self.choice(BLANKS)

    def object(self, pairs: Sequence[tuple[str, str]]) -> str:
        parts = [f"{self.blank()}{name}{self.blank()}:{self.blank()}{value}{self.blank()}" for name, value in pairs]
        end = "," if self.oddly(0.01) else ""
        return "{" + ",".join(parts) + end + "}"

    def shuffled(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        return self.sample(pairs, len(pairs)) if self.often(0.4) else list(pairs)

    def damaged(self, text: str) -> str:
        """One or two characters are lost, doubled or put in, or the end is cut off."""
        for _change in range(self.randint(1, 2)):
            place = self.randrange(len(text) + 1)
            end = min(len(text), place + self.randint(0, 3))
            new = self.choice(
                ("", text[place:end] * 2, self.choice("\"\\{}[],:01.-eE /nt\x00\x1f'"), "\udcff", "\ufeff")
            )
            text = text[:place] + new + text[end:] if self.often(0.9) else text[:place]
        return text


def folded(name: str) -> str:
    """Characters beyond ASCII that Go takes for s and k."""
    return name.replace("S", "\u017f").replace("s", "\u017f").replace("k", "\u212a")


def misspelt(name: str) -> str:
    return name[:-2] + name[-1:]


@functools.lru_cache(maxsize=None)
def many(make: Callable[[Source], str], seed: str, count: int) -> list[str]:
    return list(_many(make, Source(seed), count))


def _many(make: Callable[[Source], str], source: Source, count: int) -> Iterator[str]:
    for _number in range(count):
        source.oddness = source.choice((0.05, 0.2, 1.0))
        yield make(source)
