# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The address space as a map. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.report_html import Html, element
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_pieces import (
    count,
    grid,
    moment,
    scrolling,
    section,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_space import (
    FOREIGN,
    FREE,
    OUTSIDE,
    RESERVED,
    USED,
    Space,
    Square,
    space,
)

Data = t.Mapping[str, t.Any]
COLUMNS = 32
SHOWN = 100
SIGNS = {OUTSIDE: "", FREE: "", USED: "", RESERVED: "R", FOREIGN: "?"}
LEGEND = {
    USED: "a host of this overlay has it",
    FREE: "no lease",
    RESERVED: "R: kept for a host",
    FOREIGN: "?: a lease of nobody known",
    OUTSIDE: "outside of what flannel gives",
}


def space_section(data: Data) -> Html:
    if data["leases_error"]:
        return section("space", "Address space", f"not known: {data['leases_error']}")
    found = space(data["network"], data["leases"])
    others = [lease for lease in data["leases"] if lease["kind"] != USED or lease["subnet"] in found.beyond]
    drawing = (
        [scrolling("Map of the address space", area(found, data["leases"])), legend(found)] if found.squares else None
    )
    length = data["network"].get("SubnetLen", "")
    each = f", {found.each} in each field" if found.each > 1 else ""
    about = (
        f"{data['network'].get('Network', '')} in subnets of /{length}{each}"
        if found.squares
        else "no map of this network"
    )
    return section("space", "Address space", about, drawing, leases_of_others(others))


def area(found: Space, leases: t.Sequence[Data]) -> Html:
    numbers = {kind: sum(1 for lease in leases if lease["kind"] == kind) for kind in (USED, RESERVED, FOREIGN)}
    label = ", ".join(f"{number} {kind}" for kind, number in numbers.items())
    rows = [found.squares[start : start + COLUMNS] for start in range(0, len(found.squares), COLUMNS)]
    lines = [
        element(
            "div", element("span", row[0].subnet.split("/")[0], class_="from"), [field(one, found.each) for one in row]
        )
        for row in rows
    ]
    return element("div", lines, class_="space", role="img", aria_label=f"Leases: {label}")


def field(square: Square, each: int) -> Html:
    kind = square.kind
    words = f"{square.subnet} {kind}" + (f": {square.whose}" if square.whose else "")
    sign = SIGNS[kind] + (str(square.taken) if each > 1 and square.taken else "")
    if kind == USED and each == 1:
        sign = square.subnet.split("/")[0].split(".")[2] if square.subnet.endswith(".0/24") else "•"
    return element("i", sign, class_=kind, title=words)


def legend(found: Space) -> Html:
    shown = {square.kind for square in found.squares} | {USED, FREE}
    parts = [
        element("li", element("i", SIGNS[kind], class_=kind, aria_hidden="true"), element("b", kind), " ", words)
        for kind, words in LEGEND.items()
        if kind in shown
    ]
    return element("ul", parts, class_="legend")


def leases_of_others(leases: t.Sequence[Data]) -> Html | None:
    """Those that are of no host of this overlay, or lie outside of the map."""
    if not leases:
        return None
    rows = [
        [one["subnet"], one["kind"], one["host"] or one["public_ip"], moment(one["expiry"]) or "never"]
        for one in leases[:SHOWN]
    ]
    table = grid(["Subnet", "Kind", "Address or host", "Ends"], rows)
    more = len(leases) - SHOWN
    rest = element("p", f"and {more} more", class_="more") if more > 0 else None
    title = element("h3", count(len(leases), "lease"), " that no host of this overlay uses")
    return element("div", title, scrolling("Leases that no host uses", table), rest, class_="others")
