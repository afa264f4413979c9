# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The differences between an earlier report and this one. No I/O."""

from __future__ import annotations

import datetime
import json
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import escaped
from ansible_collections.overlay.flannel.plugins.plugin_utils.verify_report import NO_VERDICT

Found = t.Mapping[str, t.Any]
Values = t.Dict[t.Tuple[str, str], str]
FORMAT = 1


class Difference(t.TypedDict):
    """`subject` is a host, `network`, `etcd` or `leases`; a text that is empty means: not there."""

    subject: str
    what: str
    before: str
    after: str


def drift(before: Found, after: Found) -> dict[str, t.Any]:
    known = readable(before) & readable(after)
    old, new = values(before, known), values(after, known)
    names = list(dict.fromkeys([*old, *new]))
    changes = [
        Difference(subject=name[0], what=name[1], before=old.get(name, ""), after=new.get(name, ""))
        for name in names
        if old.get(name, "") != new.get(name, "")
    ]
    silent = silent_hosts(before) | silent_hosts(after) | (host_names(before) ^ host_names(after))
    kept = [one for one in changes if one["subject"] not in silent or one["what"] in ("host", "state")]
    return {"since": str(before["made"]), "differences": kept}


def host_names(report: Found) -> set[str]:
    return {host["name"] for host in report["hosts"]}


def silent_hosts(report: Found) -> set[str]:
    return {host["name"] for host in report["hosts"] if host["state"] == NO_VERDICT}


def readable(report: Found) -> set[str]:
    """Which parts of the fleet a report knows: what could not be read does not differ."""
    leases = {"leases"} if not report["leases_error"] else set()
    return leases | ({"etcd"} if report["etcd"]["members"] else set())


def values(report: Found, known: t.Collection[str]) -> Values:
    """Everything that is compared, by subject and name. Times and counts that change by themselves are not in it."""
    found: Values = {("leases", "read"): "no" if report["leases_error"] else "yes"}
    found["etcd", "read"] = "yes" if report["etcd"]["members"] else "no"
    if "leases" in known:
        found.update(
            {("network", str(name)): str(value) for name, value in report["network"].items() if name != "capacity"}
        )
        found.update(
            {
                ("leases", one["subnet"]): f"{one['kind']}, {one['public_ip']}"
                for one in report["leases"]
                if one["kind"] != "used"
            }
        )
    if "etcd" in known:
        found.update(etcd_values(report["etcd"]))
    for host in report["hosts"]:
        found.update(host_values(host, "leases" in known))
    for one in report["findings"]:
        if one["part"] != "host":
            found[one["part"], f"finding {one['code']} {one['host']}".strip()] = one["seen"]
    return found


def etcd_values(etcd: Found) -> Values:
    members = etcd["members"]
    return {
        ("etcd", "members"): ", ".join(sorted(one["name"] for one in members)),
        ("etcd", "leader"): str(etcd["leader"]),
        ("etcd", "versions"): ", ".join(sorted({one["version"] for one in members if one["version"]})),
    }


def host_values(host: Found, leases: bool) -> Values:
    name = host["name"]
    found: Values = {(name, "host"): "present", (name, "state"): host["state"]}
    found.update({(name, what): str(host[what]) for what in ("subnet", "address", "mtu")})
    found.update(
        {(name, place["place"]): place["value"] for place in host["five"] if leases or place["place"] != "lease"}
    )
    found.update({(name, f"{what} version"): version for what, version in host["versions"].items()})
    found.update({(name, f"certificate {one['file']}"): day(one["ends"]) for one in host["certificates"]})
    found.update({(name, f"finding {one['code']}"): one["seen"] for one in host["findings"]})
    return found


def day(seconds: float | None) -> str:
    return "" if seconds is None else f"ends {datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc):%Y-%m-%d}"


def read_baseline(text: str) -> Found:
    """An earlier report; a ValueError says why this text is none."""
    try:
        report = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    if not isinstance(report, dict) or report.get("format") != FORMAT:
        raise ValueError(f"its format is not {FORMAT}")
    try:
        values(report, readable(report))
        str(report["made"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"it is damaged: {type(error).__name__} {error}") from None
    return report


def baseline_problem(text: str) -> str:
    """Why this is not a report that can be compared with; empty if it is one."""
    try:
        read_baseline(text)
    except ValueError as error:
        return str(error)
    return ""


def drift_lines(found: Found | None) -> list[str]:
    """As a person reads them in a terminal."""
    if not found:
        return []
    count = len(found["differences"])
    lines = [f"{count} difference{'' if count == 1 else 's'} since {found['since']}"]
    return lines + [
        escaped(f"{one['subject']}: {one['what']}: {one['before'] or '(none)'} -> {one['after'] or '(none)'}")
        for one in found["differences"]
    ]
