# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one HTML page that loads nothing and can be read without scripts. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.report_etcd_section import etcd_section
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_findings_section import (
    drift_section,
    findings_section,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_hosts_section import hosts_section
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_html import Html, document, element, joined
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_mesh_section import mesh_section
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_pieces import count, milliseconds, moment, tile
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_space_section import space_section

Data = t.Mapping[str, t.Any]
SECTIONS = {
    "findings": "Findings",
    "drift": "Differences",
    "space": "Address space",
    "etcd": "etcd",
    "mesh": "Pings",
    "hosts": "Hosts",
}


def report_page(data: Data, style: str, script: str) -> str:
    """`data` is a result of report_data; `style` and `script` are our own and become part of the page."""
    shown = [name for name in SECTIONS if name != "drift" or data["drift"]]
    body = joined(
        [
            element("a", "Skip to the hosts", href="#hosts", class_="skip"),
            element("header", headline(data), tiles(data), class_="top"),
            element("nav", [element("a", SECTIONS[name], href=f"#{name}") for name in shown], aria_label="Sections"),
            element(
                "main",
                findings_section(data),
                drift_section(data["drift"]) if data["drift"] else None,
                space_section(data),
                etcd_section(data["etcd"]),
                mesh_section(data),
                hosts_section(data["hosts"]),
            ),
            element("footer", f"overlay.flannel report of {moment(data['made'])}. All times are in UTC."),
        ]
    )
    title = f"{'Healthy' if data['healthy'] else 'Not healthy'}: overlay {data['network'].get('Network', '')}".strip()
    return str(document(title, style, script, body))


def headline(data: Data) -> Html:
    healthy, numbers, network = data["healthy"], data["summary"], data["network"]
    good = f"All {count(numbers['hosts'], 'host')} healthy" if numbers["hosts"] > 1 else "The host is healthy"
    words = good if healthy else sentence(numbers)
    parts = [network.get("Network"), network.get("IPv6Network"), network.get("backend")]
    about = " · ".join(str(part) for part in parts if part) or "configuration unknown"
    return element(
        "div",
        element("span", "✓" if healthy else "!", class_=f"seal {'good' if healthy else 'bad'}", aria_hidden="true"),
        element(
            "div",
            element("p", f"Overlay {about}", class_="over"),
            element("h1", words),
            element("p", made(data), class_="when"),
        ),
        class_="headline",
    )


def made(data: Data) -> Html:
    return joined(["Checked ", element("time", moment(data["made"]), datetime=data["made"]), " UTC"])


def sentence(numbers: Data) -> str:
    wrong = {"not healthy": "not_healthy", "unknown": "unknown", "without an answer": "no_verdict"}
    parts = [f"{numbers[name]} {words}" for words, name in wrong.items() if numbers[name]]
    if not parts:
        return f"{count(numbers['hosts'], 'host')} healthy, but not what they share"
    return f"{', '.join(parts)} of {count(numbers['hosts'], 'host')}"


def tiles(data: Data) -> Html:
    return element(
        "dl", hosts_tile(data), space_tile(data), etcd_tile(data), pings_tile(data), ends_tile(data), class_="tiles"
    )


def hosts_tile(data: Data) -> Html:
    numbers = data["summary"]
    wrong = numbers["healthy"] < numbers["hosts"]
    versions = sorted({host["versions"]["flannel"] for host in data["hosts"] if host["versions"].get("flannel")})
    about = f"{numbers['hosts'] - numbers['healthy']} to look at" if wrong else f"flannel {', '.join(versions[:3])}"
    return tile("Healthy hosts", f"{numbers['healthy']:,}", f"of {numbers['hosts']:,}", about, wrong)


def space_tile(data: Data) -> Html:
    capacity = data["network"]["capacity"]
    if not capacity:
        return tile("Subnets in use", "–", "", "the leases are not known", True)
    about = f"{capacity['free']} free, {capacity['reserved']} reserved"
    return tile("Subnets in use", str(capacity["used"]), f"of {capacity['total']}", about, not capacity["free"])


def etcd_tile(data: Data) -> Html:
    etcd = data["etcd"]
    if not etcd["known"]:
        return tile("etcd members", "–", "", "etcd was not read", True)
    answering = sum(1 for one in etcd["members"] if one["healthy"])
    spare = etcd["fault_tolerance"]
    about = f"leader {etcd['leader'] or 'unknown'}" + ("" if spare is None else f", {spare} may fail")
    wrong = not etcd["healthy"] or answering < len(etcd["members"])
    return tile("etcd members", str(answering), f"of {len(etcd['members'])} healthy", about, wrong)


def pings_tile(data: Data) -> Html:
    numbers = data["summary"]
    if not numbers["pings"]:
        return tile("Pings answered", "–", "", "no host has pinged another", False)
    lost = f"{numbers['pings_lost']} lost, " if numbers["pings_lost"] else ""
    about = f"{lost}median {milliseconds(numbers['median_ms'])}"
    return tile(
        "Pings answered",
        str(numbers["pings"] - numbers["pings_lost"]),
        f"of {numbers['pings']}",
        about,
        numbers["pings_lost"] > 0,
    )


def ends_tile(data: Data) -> Html:
    days = [
        (one["days"], host["name"]) for host in data["hosts"] for one in host["certificates"] if one["days"] is not None
    ]
    if not days:
        return tile("First certificate ends", "–", "", "no certificates on these hosts", False)
    first, name = min(days)
    return tile("First certificate ends", str(first), "days", f"on {name}", first < 14)
