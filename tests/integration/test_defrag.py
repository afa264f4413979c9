# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script with which the role etcd defragments: full and fragmented databases of real members, and what the modules say of them before."""

from __future__ import annotations

import subprocess

import pytest
from etcd_server import Etcd
from modules import ROOT, run_module

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_defrag import Defrag, defrag_of

SCRIPT = (ROOT / "roles/etcd/files/overlay-etcd-defrag").read_text()
QUOTA = 2 << 20
VERSIONS = ["3.4", "3.5", "3.6", "3.7"]
FLANNEL = {"node1": "0.28.10"}


def planned(etcd: Etcd, wish: str | bool = "", flannel: dict[str, str] | None = None) -> Defrag:
    info = run_module("etcd_info", False, True, api="v3", endpoints=[etcd.url], etcdctl=etcd.etcdctl_path, cluster=True)
    return defrag_of(info, flannel or FLANNEL, wish)


def defragment(etcd: Etcd, plan: Defrag) -> subprocess.CompletedProcess:
    """As the task calls it."""
    words = ["30", *("yes" if plan[name] else "no" for name in ("compact", "disarm")), ",".join(plan["endpoints"])]
    etcdctl = [etcd.etcdctl_path, "--dial-timeout=2s", "--command-timeout=3s", "--write-out=json"]
    command = ["sh", "-c", SCRIPT, "sh", *words, *etcdctl]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def overwrite(etcd: Etcd, times: int) -> int:
    """One key again and again: all but the last of its values are history. How many writes were taken."""
    for number in range(times):
        if etcd.etcdctl("put", "overwritten", stdin="x" * 100_000, check=False).returncode:
            return number
    return times


def takes_writes(etcd: Etcd) -> bool:
    return etcd.etcdctl("put", "written", "yes", check=False).returncode == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_a_full_etcd_comes_back(start, version):
    etcd = start(version, f"--quota-backend-bytes={QUOTA}")
    etcd.etcdctl("put", "kept", "there")
    assert overwrite(etcd, 40) < 40 and not takes_writes(etcd)
    leases = {"api": "v3", "endpoints": [etcd.url], "etcdctl": etcd.etcdctl_path}
    assert [one["code"] for one in run_module("lease_info", **leases)["findings"]] == ["config_missing", "etcd_alarm"]
    plan = planned(etcd)
    assert (plan["refusals"], plan["compact"], plan["disarm"]) == ([], True, True)
    done = defragment(etcd, plan)
    assert done.returncode == 0, done.stderr
    assert "the alarm NOSPACE is taken back" in done.stdout
    assert etcd.status()["dbSize"] < QUOTA / 4 and takes_writes(etcd)
    assert etcd.etcdctl("get", "--print-value-only", "kept").stdout.strip() == "there"
    assert planned(etcd)["disarm"] is False
    assert [one["code"] for one in run_module("lease_info", **leases)["findings"]] == ["config_missing"]


def test_without_a_compaction_nothing_becomes_free(start):
    etcd = start("3.6", f"--quota-backend-bytes={QUOTA}")
    overwrite(etcd, 40)
    before = etcd.status()["dbSize"]
    done = defragment(etcd, planned(etcd, wish=False))
    assert done.returncode == 0 and "compacted" not in done.stdout
    assert etcd.status()["dbSize"] > before * 0.6 and overwrite(etcd, 10) < 10, "etcd raises its alarm again"


def test_twice(start):
    """A run that was killed is run again: the revision has been dropped already."""
    etcd = start("3.6")
    overwrite(etcd, 20)
    for _time in range(2):
        assert defragment(etcd, planned(etcd)).returncode == 0
    assert etcd.status()["dbSize"] < 1 << 20


@pytest.mark.parametrize("version", ["3.4", "3.7"])
def test_the_leader_of_three_comes_last(start, version):
    members = start(version, count=3)
    overwrite(members[0], 20)
    plan = planned(members[1])
    done = defragment(members[0], plan)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("http")]
    leader = next(one for one in members if one.status()["leader"] == one.status()["header"]["member_id"])
    assert [line[0] for line in lines] == plan["endpoints"] and plan["endpoints"][-1] == leader.url
    assert len(lines) == 3 and all(int(after) < int(before) / 2 for _url, before, after in lines)


def test_the_first_member_that_fails_ends_it(start):
    members = start("3.6", count=3)
    overwrite(members[0], 20)
    plan = planned(members[0])
    last = next(one for one in members if one.url == plan["endpoints"][-1])
    middle = next(one for one in members if one.url == plan["endpoints"][1])
    middle.stop()
    before = last.status()["dbSize"]
    done = defragment(members[0], plan)
    assert done.returncode == 1 and f"overlay-etcd-defrag: {middle.url} does not answer" in done.stderr
    assert last.status()["dbSize"] == before
    assert f"{middle.name}: not healthy" in planned(last)["refusals"][0]
