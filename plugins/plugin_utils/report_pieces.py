# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small parts that the sections of the page share. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.report_html import Child, Html, element
from ansible_collections.overlay.flannel.plugins.plugin_utils.verify_report import (
    HEALTHY,
    NO_VERDICT,
    NOT_HEALTHY,
    UNKNOWN,
)

# What stands for a state beside its colour
STATES = {
    NOT_HEALTHY: ("bad", "✕", "Not healthy"),
    NO_VERDICT: ("none", "⊘", "No answer"),
    UNKNOWN: ("unknown", "?", "Unknown"),
    HEALTHY: ("good", "✓", "Healthy"),
}


def section(name: str, title: str, about: Child, *children: Child) -> Html:
    heading = element("h2", title, id=f"{name}-title")
    return element(
        "section",
        element("div", heading, element("p", about) if about else None, class_="title"),
        *children,
        id=name,
        aria_labelledby=f"{name}-title",
    )


def tile(name: str, value: str, unit: str, about: str, wrong: bool) -> Html:
    number = element("dd", element("b", value), " ", element("span", unit), class_="value")
    mark = element("span", "! ", class_="flag") if wrong else None
    return element("div", element("dt", name), number, element("dd", mark, about, class_="about"), class_="tile")


def badge(state: str) -> Html:
    kind, sign, words = STATES.get(state, ("none", "?", state))
    return element("span", element("span", sign, class_="sign", aria_hidden="true"), words, class_=f"badge {kind}")


def severity(value: str) -> Html:
    kind, sign = ("bad", "✕") if value == "error" else ("unknown", "△")
    return element("span", element("span", sign, class_="sign", aria_hidden="true"), value, class_=f"badge {kind}")


def fix(words: str) -> Html:
    return element("p", element("b", "Fix"), " ", element("span", words, class_="copy"), class_="fix")


def scrolling(label: str, *children: Child) -> Html:
    """Wider than a small screen: it can be scrolled with the keyboard, too."""
    return element("div", *children, class_="scroll", tabindex=0, role="region", aria_label=label)


def grid(titles: t.Sequence[str], rows: t.Iterable[t.Sequence[Child]]) -> Html:
    """A table; the first cell names its row."""
    head = element("thead", element("tr", [element("th", title, scope="col") for title in titles]))
    lines = (
        element("tr", element("th", row[0], scope="row"), [element("td", cell) for cell in row[1:]]) for row in rows
    )
    return element("table", head, element("tbody", list(lines)), class_="grid")


def count(number: int, thing: str, things: str = "") -> str:
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def milliseconds(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f} ms" if value >= 10 else f"{value:.2g} ms"


def size(value: int | None) -> str:
    if value is None:
        return "–"
    if value < 2**20:
        return f"{value / 2**10:.0f} KiB"
    return f"{value / 2**20:.0f} MiB" if value >= 10 * 2**20 else f"{value / 2**20:.1f} MiB"


def moment(text: str) -> str:
    """Of `2026-11-30T09:00:00Z` what a person reads."""
    return text.replace("T", " ")[:16]


def level(part: float, whole: float, label: str) -> Html:
    share = min(1.0, part / whole) if whole else 0.0
    inner = [
        element("rect", width=100, height=6, rx=3, class_="back"),
        element("rect", width=round(max(100 * share, 2 if part else 0), 1), height=6, rx=3, class_="front"),
    ]
    return element(
        "svg", inner, viewBox="0 0 100 6", class_="bar", role="img", aria_label=label, preserveAspectRatio="none"
    )
