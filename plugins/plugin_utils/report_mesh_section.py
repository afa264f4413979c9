# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has pinged whom, as a heat map. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.report_html import Html, element
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_pieces import (
    count,
    grid,
    milliseconds,
    scrolling,
    section,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_pings import Cell, Mesh, mesh

Data = t.Mapping[str, t.Any]
STEPS = (1.0, 5.0, 20.0, 100.0)  # ms
SHOWN = 50
NAMED = 12  # columns have names up to here, then numbers


def mesh_section(data: Data) -> Html:
    names, pings = [host["name"] for host in data["hosts"]], data["pings"]
    if not pings:
        return section("mesh", "Pings", "no host has pinged another")
    found = mesh(names, pings)
    several = len(found.groups) < len(names)
    about = f"{count(len(pings), 'pair')} of hosts, by rows the sender" + (
        ", each field a group of hosts" if several else ""
    )
    return section("mesh", "Pings", about, scrolling("Pings between hosts", heat(found)), legend(), lost_pairs(pings))


def heat(found: Mesh) -> Html:
    narrow = len(found.groups) > NAMED
    titles = [str(number + 1) if narrow else group_name(group) for number, group in enumerate(found.groups)]
    corner = element("td", element("span", "from ↓ to →", class_="small"))
    head = element("thead", element("tr", corner, [element("th", title, scope="col") for title in titles]))
    body = [heat_row(found, number, narrow) for number in range(len(found.groups))]
    return element("table", head, element("tbody", body), class_="mesh dense" if narrow else "mesh")


def heat_row(found: Mesh, number: int, narrow: bool) -> Html:
    name = group_name(found.groups[number])
    first = (
        element("th", element("span", number + 1, class_="number"), name, scope="row")
        if narrow
        else element("th", name, scope="row")
    )
    cells = [
        heat_cell(found.cells.get((number, other)), number == other and len(found.groups[number]) == 1)
        for other in range(len(found.groups))
    ]
    return element("tr", first, cells)


def group_name(group: t.Sequence[str]) -> str:
    return group[0] if len(group) == 1 else f"{group[0]} +{len(group) - 1}"


def heat_cell(cell: Cell | None, itself: bool) -> Html:
    if cell is None:
        return element("td", class_="self" if itself else "blank")
    words = f"{cell.sent - cell.lost} of {cell.sent} answered, {milliseconds(cell.ms)}"
    if cell.lost:
        sign = "✕" if cell.lost == cell.sent else f"✕{cell.lost}"
        return element("td", sign, class_="lost", title=words)
    if cell.ms is None:
        return element("td", "✓", class_="t0", title=words)
    return element("td", short(cell.ms), class_=f"t{step(cell.ms)}", title=words)


def step(value: float) -> int:
    return sum(1 for limit in STEPS if value >= limit)


def short(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}" if value >= 0.1 else f"{value:.2f}"


def legend() -> Html:
    names = ["under 1 ms", "under 5 ms", "under 20 ms", "under 100 ms", "100 ms or more"]
    parts = [
        element("li", element("i", class_=f"t{number}", aria_hidden="true"), name) for number, name in enumerate(names)
    ]
    lost = element("li", element("i", "✕", class_="lost", aria_hidden="true"), "lost: ✕ all, ✕2 two of them")
    return element("ul", parts, lost, class_="legend heat")


def lost_pairs(pings: t.Sequence[Data]) -> Html | None:
    lost = [one for one in pings if one["lost"]]
    if not lost:
        return None
    rows = [[one["source"], one["target"], f"{one['lost']} of {one['sent']}"] for one in lost[:SHOWN]]
    more = len(lost) - SHOWN
    rest = element("p", f"and {more} more", class_="more") if more > 0 else None
    table = scrolling("Pings without an answer", grid(["From", "To", "Lost"], rows))
    return element(
        "div", element("h3", count(len(lost), "pair"), " with pings without an answer"), table, rest, class_="others"
    )
