# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings by their code, each with its fix; differences since an earlier report. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.report_html import Html, element
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_pieces import (
    count,
    fix,
    grid,
    moment,
    scrolling,
    section,
    severity,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.verify_report import NO_VERDICT

Finding = t.Mapping[str, str]
OPEN = 5  # groups with more findings are closed at first
SHOWN = 500


def findings_section(data: t.Mapping[str, t.Any]) -> Html:
    findings, unread = data["findings"], unknown(data)
    if not findings and not unread:
        calm = element("p", element("span", "✓", class_="sign", aria_hidden="true"), "Nothing is wrong.", class_="calm")
        return section("findings", "Findings", None, calm)
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding["code"], []).append(finding)
    errors = sum(1 for finding in findings if finding["severity"] == "error")
    about = f"{count(errors, 'error')}, {count(len(findings) - errors, 'warning')}"
    return section("findings", "Findings", about, unread, [group(code, some) for code, some in groups.items()])


def unknown(data: t.Mapping[str, t.Any]) -> list[Html]:
    """What could not be read is not healthy, though it has no finding."""
    silent = [host["name"] for host in data["hosts"] if host["state"] == NO_VERDICT]
    texts = {
        "Hosts without an answer": ", ".join(silent[:20])
        + (f" and {len(silent) - 20} more" if len(silent) > 20 else ""),
        "The leases are not known": data["leases_error"],
        "etcd is not known": data["etcd"]["error"],
    }
    sign = element("span", "? ", class_="sign", aria_hidden="true")
    return [
        element("p", sign, element("b", name, ": "), words, class_="unread") for name, words in texts.items() if words
    ]


def group(code: str, findings: t.Sequence[Finding]) -> Html:
    hosts = list(dict.fromkeys(finding["host"] for finding in findings if finding["host"]))
    names = ", ".join(hosts[:4]) + (f" and {len(hosts) - 4} more" if len(hosts) > 4 else "")
    worst = min(findings, key=lambda finding: finding["severity"] != "error")["severity"]
    summary = element(
        "summary",
        severity(worst),
        element("code", code),
        element("span", names, class_="names"),
        element("span", f"× {len(findings)}", class_="times") if len(findings) > 1 else None,
    )
    more = len(findings) - SHOWN
    rest = element("p", f"and {more} more, in the JSON beside this page", class_="more") if more > 0 else None
    return element(
        "details",
        summary,
        element("div", entries(findings[:SHOWN]), rest, class_="entries"),
        class_="finding",
        open=len(findings) <= OPEN,
    )


def entries(findings: t.Sequence[Finding]) -> list[Html]:
    """What is expected and the fix stand once where they are the same for all."""
    if len({(finding["expected"], finding["fix"]) for finding in findings}) > 1:
        return [entry(finding) for finding in findings]
    return [element("div", [seen(finding) for finding in findings], help_of(findings[0]), class_="entry")]


def entry(finding: Finding, named: bool = True) -> Html:
    return element("div", seen(finding, named), help_of(finding), class_="entry")


def seen(finding: Finding, named: bool = True) -> Html:
    host = element("b", finding["host"], ": ") if named and finding["host"] else None
    return element("p", host, finding["seen"], class_="seen")


def help_of(finding: Finding) -> list[Html]:
    expected = element("p", element("b", "Expected"), " ", finding["expected"], class_="expected")
    return [expected, fix(finding["fix"])]


def drift_section(drift: t.Mapping[str, t.Any]) -> Html:
    found, since = drift["differences"], moment(drift["since"])
    if not found:
        return section("drift", "Differences", f"none since {since} UTC")
    rows = [[one["subject"], one["what"], one["before"] or "(none)", one["after"] or "(none)"] for one in found[:SHOWN]]
    table = grid(["Where", "What", "Before", "Now"], rows)
    more = len(found) - SHOWN
    rest = element("p", f"and {more} more, in the JSON beside this page", class_="more") if more > 0 else None
    return section(
        "drift", "Differences", f"{len(found)} since {since} UTC", scrolling("Table of the differences", table), rest
    )
