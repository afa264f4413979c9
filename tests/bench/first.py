# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first converge of fresh hosts against a plain shell script that does the same."""

from __future__ import annotations

import argparse
import json
import sys

from fleet import LAB, Fleet, fleet, lab
from measure import ROOT, BenchError, Report, Sample, run, say, wall

sys.path.append(str(ROOT / "tests/lab"))

from overlay_lab import debs  # noqa: E402

SIZE, MOST, MOST_OF_TLS = 3, 1.5, 1.15
SITE, PLAIN_ETCD, SCRIPT = "site.yml", "site.yml without TLS", "plain.sh"
# What both must have reached: etcd's host is the first. Prints the address of docker0.
REACHED = "systemctl is-active -q flanneld docker && . /run/flannel/subnet.env && ip -o -4 address show docker0 | grep -oF $FLANNEL_SUBNET"


def part(options: argparse.Namespace, report: Report) -> None:
    """Fresh hosts find their packages on this machine; where they are not kept yet, hosts that are not measured bring them."""
    if not list(debs.kept("trixie").glob("docker.io_*.deb")):
        converge(options, SITE)
    took: dict[str, list[Sample]] = {SITE: [], PLAIN_ETCD: [], SCRIPT: []}
    for number in range(options.first_repeat):
        for name, samples in took.items():
            samples.append(converge(options, name))
            say(f"first converge, round {number + 1} of {options.first_repeat}: {name} {samples[-1].wall:.1f} s")
    site, without, script = (wall(took[name]) for name in (SITE, PLAIN_ETCD, SCRIPT))
    report.add(
        f"{SIZE} hosts: first converge / tests/bench/plain.sh", site / script, MOST, f"{site:.1f} s / {script:.1f} s"
    )
    detail = f"{site:.1f} s / {without:.1f} s"
    report.add(f"{SIZE} hosts: first converge / the same without TLS", site / without, MOST_OF_TLS, detail)


def converge(options: argparse.Namespace, how: str) -> Sample:
    with fleet(options.name, options.net, SIZE, options.tree) as hosts:
        say(f"first converge by {how}")
        extra = ["-e", '{"overlay_etcd_tls": false}'] if how == PLAIN_ETCD else []
        sample = plain(hosts) if how == SCRIPT else hosts.playbook(SITE, extra=extra)
        check(options.name, hosts)
    return sample


def plain(hosts: Fleet) -> Sample:
    variables = hosts.content["vars"]
    addresses = [host["ansible_host"] for host in hosts.content["hosts"].values()]
    folders = [variables.get("etcd_file_dir"), variables.get("flannel_file_dir")]
    if not all(folders):
        raise BenchError("plain.sh copies programs that the lab has built: Go is needed on this machine")
    return run([ROOT / "tests/bench/plain.sh", variables["ansible_ssh_private_key_file"], *folders, *addresses])


def check(name: str, hosts: Fleet) -> None:
    """Every container network is reached from the first host."""
    found = {host: lab(name, "exec", host, REACHED).output.strip() for host in hosts.content["hosts"]}
    first, *others = found
    pings = " && ".join(f"ping -q -c 1 -W 5 {found[host].split('/')[0]}" for host in others)
    run([LAB, "--name", name, "exec", first, pings])
    say(f"docker0: {json.dumps(found)}")
