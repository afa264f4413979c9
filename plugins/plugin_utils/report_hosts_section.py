# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts: one line each, which opens. No I/O."""

from __future__ import annotations

import datetime
import ipaddress
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.report_findings_section import entry
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_html import Child, Html, element
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_pieces import (
    STATES,
    badge,
    count,
    grid,
    milliseconds,
    section,
)

Host = t.Mapping[str, t.Any]
LARGE = 100  # hosts, from which a browser draws those that are in sight only
COLUMNS = {
    "name": "Host",
    "state": "State",
    "subnet": "Subnet",
    "five": "Subnet in five places",
    "flannel": "flannel",
    "docker": "docker",
    "ms": "Pings",
    "days": "Certificate",
    "findings": "Findings",
}
SIGNS = {True: ("yes", "✓", "agrees"), False: ("no", "✕", "differs"), None: ("na", "–", "is not known")}


def hosts_section(hosts: t.Sequence[Host]) -> Html:
    titles = element(
        "div",
        [element("span", title, data_key=key) for key, title in COLUMNS.items()],
        class_="row titles",
        aria_hidden="true",
    )
    groups = {state: [host for host in hosts if host["state"] == state] for state in STATES}
    parts = [group(STATES[state][2], some) for state, some in groups.items() if some]
    about = "the five places: lease, subnet.env, docker env, docker0, dockerd"
    return section(
        "hosts",
        "Hosts",
        about,
        element("div", class_="tools"),
        titles,
        element("div", parts, class_="groups large" if len(hosts) > LARGE else "groups"),
    )


def group(title: str, hosts: t.Sequence[Host]) -> Html:
    heading = element("h3", title, " ", element("span", len(hosts), class_="times"))
    return element("div", heading, [host_line(host) for host in hosts], class_="group")


def host_line(host: Host) -> Html:
    versions, findings, days = host["versions"], host["findings"], first_days(host)
    kinds = STATES[host["state"]]
    summary = element(
        "summary",
        element("span", host["name"], class_="name"),
        badge(host["state"]),
        element("span", host["subnet"] or "–", class_="mono"),
        five_marks(host["five"]),
        element("span", versions.get("flannel", "–")),
        element("span", versions.get("docker", "–").split("+")[0]),
        element("span", pings(host["pings"])),
        element("span", "–" if days is None else f"{days} days"),
        finding_count(findings),
        class_="row",
    )
    return element(
        "details",
        summary,
        detail(host),
        class_="host",
        data_name=host["name"],
        data_state=list(STATES).index(host["state"]),
        data_kind=kinds[2],
        data_subnet=number_of(host["subnet"]),
        data_five=sum(1 for one in host["five"] if one["agrees"]),
        data_flannel=versions.get("flannel", ""),
        data_docker=versions.get("docker", ""),
        data_ms=host["pings"]["median_ms"],
        data_days=days,
        data_findings=len(findings),
    )


def finding_count(findings: t.Sequence[Host]) -> Html:
    if not findings:
        return element("span")
    wrong = any(finding["severity"] == "error" for finding in findings)
    sign = element("span", "✕ " if wrong else "△ ", class_="sign", aria_hidden="true")
    return element("span", sign, len(findings), class_="many bad" if wrong else "many unknown")


def number_of(subnet: str) -> int | None:
    try:
        return int(ipaddress.ip_network(subnet, strict=False).network_address)
    except ValueError:
        return None


def first_days(host: Host) -> int | None:
    return min((one["days"] for one in host["certificates"] if one["days"] is not None), default=None)


def five_marks(five: t.Sequence[Host]) -> Html:
    wrong = [f"{one['place']} {SIGNS[one['agrees']][2]}" for one in five if not one["agrees"]]
    marks = [element("i", SIGNS[one["agrees"]][1], class_=SIGNS[one["agrees"]][0]) for one in five]
    return element("span", marks, class_="five", role="img", aria_label=", ".join(wrong) or "all five places agree")


def pings(numbers: Host) -> str:
    if not numbers["sent"]:
        return "–"
    return f"{numbers['answered']}/{numbers['sent']} · {milliseconds(numbers['median_ms'])}"


def detail(host: Host) -> Html:
    return element(
        "div",
        [entry(finding, named=False) for finding in host["findings"]],
        element("div", five_table(host), facts(host), certificates(host), class_="columns"),
        class_="detail",
    )


def five_table(host: Host) -> Html:
    rows: list[t.Sequence[Child]] = []
    for one in host["five"]:
        kind, sign, words = SIGNS[one["agrees"]]
        rows.append(
            [
                one["place"],
                element("span", one["value"] or "–", class_="mono"),
                element("span", f"{sign} {words}", class_=f"word {kind}"),
            ]
        )
    return element("div", grid(["Place", "Subnet", "Compared"], rows))


def facts(host: Host) -> Html:
    numbers, versions = host["pings"], host["versions"]
    values = {
        "Address": host["address"],
        "Backend": host["backend"],
        "MTU": host["mtu"],
        "docker": versions.get("docker"),
        "etcd": versions.get("etcd"),
        "System": versions.get("system"),
        "Kernel": versions.get("kernel"),
        "Containers": host["containers"],
        "Pings": f"{pings(numbers)}, slowest {milliseconds(numbers['slowest_ms'])}" if numbers["sent"] else None,
        "Without an answer": ", ".join(numbers["silent"][:10]),
    }
    shown = [(name, value) for name, value in values.items() if value not in (None, "")]
    return element(
        "dl", [element("div", element("dt", name), element("dd", value)) for name, value in shown], class_="facts"
    )


def certificates(host: Host) -> Html | None:
    found = host["certificates"]
    if not found:
        return None
    rows = [
        [one["file"], ends(one["ends"]), "cannot be read" if one["days"] is None else count(one["days"], "day")]
        for one in found
    ]
    return element("div", grid(["Certificate", "Ends", "Left"], rows))


def ends(seconds: float | None) -> str:
    return (
        "–" if seconds is None else datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%d")
    )
