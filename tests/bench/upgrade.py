# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster of three goes from etcd 3.5 over 3.6 to 3.7 under traffic: by site.yml, and by hand on other hosts."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from fleet import LAB, Fleet, fleet
from measure import ROOT, BenchError, Report, Sample, run, say, wall

FIRST, STEPS = "3.5.35", ("3.6.14", "3.7.3")
MEMBERS, MOST = 3, 1.25
SITE, BY_HAND = "site.yml", "upgrade.sh"
# A write on every member five times a second, with all endpoints as flanneld has them, and sent again after 8 s or an error, as flanneld does: etcd drops writes
# of the moment in which its leader changes (docs/behaviour.md). Prints how many were written, sent again and failed, and why.
WRITE = """systemd-run --quiet --unit bench-writes --collect bash -lc 'export ETCDCTL_CERT=/etc/etcd/pki/root.crt ETCDCTL_KEY=/etc/etcd/pki/root.key
export ETCDCTL_ENDPOINTS={} done=0 again=0 failed=0 why=
write() {{ said=$(timeout 10 etcdctl --command-timeout=8s put /bench/$(hostname) $done 2>&1); }}
while [ ! -e /run/bench-stop ]; do
  if write; then done=$((done + 1)); else why=$said again=$((again + 1)); write && done=$((done + 1)) || failed=$((failed + 1)); fi
  sleep 0.2
done
echo $done $again $failed $why >/run/bench-writes'"""
STOP = "touch /run/bench-stop; until [ -s /run/bench-writes ]; do sleep 0.2; done; cat /run/bench-writes; rm /run/bench-stop /run/bench-writes"
# By hand a member stops as etcd stops by itself.
PLAIN_STOP = (
    "printf '[Service]\\nExecStop=\\n' >/etc/systemd/system/etcd.service.d/99-by-hand.conf; systemctl daemon-reload"
)
PING = "systemd-run --quiet --unit bench-pings --collect sh -c 'exec ping -q -i 0.2 {} >/run/bench-pings'"
PINGED = "systemctl kill --signal INT bench-pings; until grep -q transmitted /run/bench-pings; do sleep 0.2; done; cat /run/bench-pings"


def part(options: argparse.Namespace, report: Report) -> None:
    run([ROOT / "tests/tools/build", *(f"etcd-{version}" for version in (FIRST, *STEPS))])
    took: dict[str, list[Sample]] = {SITE: [], BY_HAND: []}
    for number in range(options.upgrade_repeat):
        for name, samples in took.items():
            samples.append(upgrade(options, name))
            say(f"upgrade, round {number + 1} of {options.upgrade_repeat}: {name} {samples[-1].wall:.1f} s")
    site, by_hand = (wall(samples) for samples in took.values())
    path = " -> ".join((FIRST, *STEPS))
    report.add(f"{MEMBERS} members {path} / by hand", site / by_hand, MOST, f"{site:.1f} s / {by_hand:.1f} s")


def upgrade(options: argparse.Namespace, how: str) -> Sample:
    samples = []
    with fleet(options.name, options.net, MEMBERS, options.tree, "--etcd", str(MEMBERS)) as hosts:
        hosts.playbook("site.yml", extra=release(FIRST))
        for host in hosts.content["hosts"] if how == BY_HAND else ():
            on(options.name, host, PLAIN_STOP)
        for version in STEPS:
            with traffic(options.name, hosts):
                samples.append(
                    by_hand(hosts, version) if how == BY_HAND else hosts.playbook(SITE, extra=release(version))
                )
            check(options.name, hosts, version)
            say(f"{how}: {version} after {samples[-1].wall:.1f} s")
    return Sample(sum(sample.wall for sample in samples), sum(sample.cpu for sample in samples))


def folder(version: str) -> str:
    return run([ROOT / "tests/tools/build", f"etcd-{version}"]).output.split()[-1]


def release(version: str) -> list[str]:
    wanted = {"etcd_install_method": "file", "etcd_file_dir": folder(version), "etcd_version": version}
    return ["-e", json.dumps(wanted)]


def by_hand(hosts: Fleet, version: str) -> Sample:
    key = hosts.content["vars"]["ansible_ssh_private_key_file"]
    addresses = [host["ansible_host"] for host in hosts.content["hosts"].values()]
    return run([ROOT / "tests/bench/upgrade.sh", key, folder(version), version, *addresses])


@contextmanager
def traffic(name: str, hosts: Fleet) -> Iterator[None]:
    """Nothing of it may be lost."""
    names = list(hosts.content["hosts"])
    target = on(name, names[-1], ". /run/flannel/subnet.env; echo ${FLANNEL_SUBNET%/*}")
    endpoints = ",".join(f"https://{host['ansible_host']}:2379" for host in hosts.content["hosts"].values())
    for host in names:
        on(name, host, WRITE.format(endpoints))
    on(name, names[0], PING.format(target))
    yield
    writes = {host: on(name, host, STOP) for host in names}
    sent, received = re.findall(r"(\d+) packets transmitted, (\d+) received", on(name, names[0], PINGED))[0]
    say(f"writes done, sent again and failed: {json.dumps(writes)}; {received} of {sent} pings answered")
    if sent != received or any(said.split()[2] != "0" or said.split()[0] == "0" for said in writes.values()):
        raise BenchError(f"traffic was lost: {writes}, {received} of {sent} pings answered")


def on(name: str, host: str, command: str) -> str:
    return run([LAB, "--name", name, "exec", host, command]).output.strip()


def check(name: str, hosts: Fleet, version: str) -> None:
    """Both ways have to reach the same."""
    for host in hosts.content["hosts"]:
        said = on(name, host, "$(readlink /proc/$(systemctl show -P MainPID etcd)/exe) --version")
        if f"etcd Version: {version}" not in said:
            raise BenchError(f"{host} runs another etcd than {version}:\n{said}")
