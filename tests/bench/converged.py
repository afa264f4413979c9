# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A converged run, against pings of the same hosts and against an older commit."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from fleet import Fleet, checkout, fleet
from measure import Report, Sample, alternating, cpu, say, wall

LIMITS = {3: (3.0, 3.0), 12: (4.0, 5.0)}  # hosts: wall and processor time of a converged run, in pings
VERIFY, MODULES, MODULES_OF_ETCD, TASKS, FURTHER = 2.0, 2, 4, 20, 0.1
Samples = dict[str, list[Sample]]


@dataclass(frozen=True)
class Times:
    new: Samples
    old: Samples


def part(options: argparse.Namespace, report: Report) -> None:
    with checkout(options.base) as base:
        if base is None:
            say(f"this clone does not have commit {options.base}: what compares with it is not measured")
        times = {size: measure_size(options, report, size, base) for size in options.hosts}
    if len(times) > 1:
        further_host(options, report, times)


def measure_size(options: argparse.Namespace, report: Report, size: int, base: Path | None) -> Times:
    with fleet(options.name, options.net, size, options.tree) as hosts:
        old: Samples = {}
        if base and options.base_repeat:
            old = measure_tree(hosts.with_tree(base), options.base_repeat, f"commit {options.base}")
        new = measure_tree(hosts, options.repeat, "this tree", verify=True)
        add_ratios(report, size, new)
        if size == min(LIMITS):
            add_counts(report, hosts)
    return Times(new, old)


def measure_tree(hosts: Fleet, repeat: int, what: str, verify: bool = False) -> Samples:
    say(f"{hosts.size} hosts, {what}: converging")
    hosts.converge()
    works = {"ping": hosts.ping, "site.yml": hosts.converged, **({"verify.yml": hosts.verify} if verify else {})}
    say(f"{hosts.size} hosts, {what}: measuring")
    return alternating(works, repeat)


def add_ratios(report: Report, size: int, samples: Samples) -> None:
    ping, site, verify = samples["ping"], samples["site.yml"], samples["verify.yml"]
    walls, processor = LIMITS[size]
    detail = f"{wall(site):.1f} s / {wall(ping):.1f} s"
    report.add(f"{size} hosts: wall of a converged site.yml / ping", wall(site) / wall(ping), walls, detail)
    detail = f"{cpu(site):.1f} s / {cpu(ping):.1f} s"
    report.add(f"{size} hosts: processor time, the same", cpu(site) / cpu(ping), processor, detail)
    if size == min(LIMITS):
        detail = f"{wall(verify):.1f} s / {wall(ping):.1f} s; processor time {cpu(verify) / cpu(ping):.1f}"
        report.add(f"{size} hosts: wall of verify.yml / ping", wall(verify) / wall(ping), VERIFY, detail)


def add_counts(report: Report, hosts: Fleet) -> None:
    first = next(iter(hosts.content["children"]["etcd"]["hosts"]))
    modules, tasks = hosts.counts()
    others = [host for host in modules if host != first]
    report.add("modules executed on a host", max(modules[host] for host in others), MODULES, str(modules))
    report.add("modules executed on the first etcd host", modules[first], MODULES_OF_ETCD, "")
    report.add("tasks executed or skipped on a host", max(tasks[host] for host in others), TASKS, str(tasks))
    report.add("tasks executed or skipped on the first etcd host", tasks[first], TASKS, "")


def further_host(options: argparse.Namespace, report: Report, times: dict[int, Times]) -> None:
    small, large = min(times), max(times)

    def each(which: str) -> float | None:
        few, many = (getattr(times[size], which).get("site.yml") for size in (small, large))
        return (cpu(many) - cpu(few)) / (large - small) if few and many else None

    new, old = each("new"), each("old")
    known = new is not None and old is not None
    report.add(
        f"processor time of a further host / {options.base}",
        new / old if new is not None and old else None,
        FURTHER,
        f"{new:.2f} s / {old:.2f} s" if known else f"commit {options.base} was not measured",
    )
