# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""flannel 0.7.1 with three members of etcd 2.3.7: run by tests/run/legacy, which brings the fleet up with FLANNEL_LEGACY_BIN."""

from __future__ import annotations

import re

import pytest
from containers import IMAGE, Probes
from fleet import Fleet, wait_for

from playbooks import Playbooks

PREFIX = "/flannel/network"


@pytest.fixture(autouse=True)
def mended(fleet: Fleet, playbooks: Playbooks, probes: Probes):
    """Whatever a test did, the fleet is healthy at its end, containers to containers."""
    yield
    playbooks.verify_until_healthy(overlay_verify_image=IMAGE)


def member_id(fleet: Fleet, name: str) -> str:
    return re.search(rf"(\w+): name={name} ", fleet[fleet.first].check_output("etcdctl member list")).group(1)


def main_pid(fleet: Fleet, name: str, unit: str) -> str:
    return fleet[name].check_output(f"systemctl show --property MainPID {unit}")


def test_these_are_the_old_programs(fleet: Fleet) -> None:
    for name in fleet:
        assert fleet[name].run("flanneld --version").stderr.strip() == "v0.7.1"
        assert "etcd Version: 2.3.7" in fleet[name].check_output("etcd --version")
    assert fleet[fleet.first].check_output("etcdctl cluster-health").count("is healthy") == 4


def test_second_run_changes_nothing(fleet: Fleet, playbooks: Playbooks) -> None:
    before = {name: fleet.started(name) for name in fleet}
    run = playbooks.site("--skip-tags", "verify")
    assert run.rc == 0
    assert set(run.changed.values()) == {0}
    assert all(len(modules) <= 5 for modules in run.modules.values())
    assert {name: fleet.started(name) for name in fleet} == before


def test_reboot_of_one_host(fleet: Fleet) -> None:
    name = fleet.names[1]
    lease = fleet.lease(name)
    fleet.reboot(name)
    fleet.wait_for_overlay(name)
    assert fleet.subnet(name) == lease


def test_rules_are_taken_back_at_every_stop(fleet: Fleet) -> None:
    """Those that stay come before the next flanneld's own, and masquerade inside the overlay."""
    host = fleet[fleet.names[2]]
    for _round in range(10):
        host.check_output("systemctl stop flanneld")
        assert "10.20.0.0/16" not in host.check_output("iptables -w 30 -t nat -S POSTROUTING")
        host.check_output("systemctl start flanneld")


def test_docker_follows_a_flannel_that_moves_without_ending(fleet: Fleet, probes: Probes) -> None:
    """Nobody runs mk-docker-opts.sh again, as flanneld goes on."""
    name = fleet.names[2]
    old, pid = fleet.lease(name), main_pid(fleet, name, "flanneld")
    fleet[fleet.first].check_output(f"etcdctl rm {PREFIX}/subnets/{old.replace('.1/', '.0-')}")
    new = wait_for(lambda: fleet.lease(name), lambda now: now != old, 60, f"{name} takes another subnet")
    fleet.wait_for_overlay(name, seconds=60)
    assert fleet.subnet(name) == new
    assert main_pid(fleet, name, "flanneld") == pid


def test_a_dead_watch_is_seen_and_mended(fleet: Fleet, playbooks: Playbooks) -> None:
    name = fleet.names[2]
    fleet[name].check_output("systemctl stop overlay-flannel-options.path")
    run = playbooks.site("--skip-tags", "verify")
    assert run.rc == 0
    assert "overlay-flannel-options.path does not watch" in run.output
    assert fleet[name].service("overlay-flannel-options.path").is_running


def test_packets_pass_where_others_drop_what_is_forwarded(fleet: Fleet, playbooks: Playbooks) -> None:
    """flannel before 0.9.1 sets no rules for it."""
    for name in fleet:
        fleet[name].check_output("iptables -w 30 -P FORWARD DROP")
    try:
        assert playbooks.verify(overlay_verify_image=IMAGE).rc == 0
    finally:
        for name in fleet:
            fleet[name].check_output("iptables -w 30 -P FORWARD ACCEPT")


def test_members_restart_one_at_a_time_and_a_stopped_one_comes_back(fleet: Fleet, playbooks: Playbooks) -> None:
    stopped, other = fleet.names[1], fleet.names[2]
    fleet[stopped].check_output("systemctl stop etcd")
    before = main_pid(fleet, other, "etcd")
    variables = {"etcd_settings": {"snapshot-count": 5000}}
    assert playbooks.site("--skip-tags", "verify", variables=variables).rc == 0
    assert main_pid(fleet, other, "etcd") != before
    assert fleet[fleet.first].check_output("etcdctl cluster-health").count("is healthy") == 4
    assert set(playbooks.site("--skip-tags", "verify", variables=variables).changed.values()) == {0}
    assert playbooks.site("--skip-tags", "verify").rc == 0


def test_a_new_member_is_refused_until_somebody_has_added_it(fleet: Fleet, playbooks: Playbooks) -> None:
    """On a host where nothing of etcd is there, with the command of the message."""
    name = fleet.names[2]
    host, first = fleet[name], fleet[fleet.first]
    first.check_output(f"etcdctl member remove {member_id(fleet, name)}")
    host.check_output(
        "systemctl stop etcd && rm -r /etc/systemd/system/etcd.service* /etc/etcd /var/lib/etcd && systemctl daemon-reload"
    )
    run = playbooks.site("--skip-tags", "verify")
    assert run.rc != 0
    assert f"{name}: etcd_members = " in run.output and "no learners" in run.output
    assert set(run.changed.values()) == {0}
    [command] = set(re.findall(r"etcdctl member add \S+ \S+", " ".join(run.output.split())))
    assert command == f"etcdctl member add {name} http://{fleet.address(name)}:2380"
    first.check_output(command)
    assert playbooks.site("--skip-tags", "verify").rc == 0
    assert first.check_output("etcdctl cluster-health").count("is healthy") == 4
