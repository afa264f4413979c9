# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What breaks comes back: by itself after a reboot or a lost lease, by the next run after a killed one."""

from __future__ import annotations

import ipaddress
import re

import pytest
from containers import IMAGE, Probes
from fleet import Fleet, wait_for

from playbooks import Playbooks

STRANGER = '{"PublicIP":"192.0.2.99","BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"02:00:00:00:00:99"}}'


@pytest.fixture(scope="module", autouse=True)
def healthy(playbooks: Playbooks):
    """After all of it the verdict is good, containers to containers."""
    yield
    assert playbooks.verify(overlay_verify_image=IMAGE).rc == 0


@pytest.fixture(autouse=True)
def mended(fleet: Fleet, probes: Probes):
    """Whatever a test did, at its end containers of all hosts reach each other again."""
    yield
    fleet.wait_for_overlay(*fleet)
    wait_for(probes.unreachable, lambda pairs: not pairs, 30, "containers that do not reach each other")


def test_reboot_of_one_host(fleet: Fleet, probes: Probes) -> None:
    name = fleet.names[1]
    lease = fleet.lease(name)
    fleet.reboot(name)
    fleet.wait_for_overlay(name)
    assert fleet.subnet(name) == lease


def test_lost_lease_moves_docker_to_the_new_subnet(fleet: Fleet, probes: Probes) -> None:
    """The lease goes and a stranger takes its subnet while flanneld is away: nobody runs a play."""
    name = fleet.names[1]
    old = fleet.lease(name)
    subnet = ipaddress.ip_interface(old).network
    key = f"/flannel/network/subnets/{subnet.network_address}-{subnet.prefixlen}"
    fleet.etcdctl(f"del {key}", f"put {key} '{STRANGER}'")
    try:
        new = wait_for(lambda: fleet.lease(name), lambda now: now != old, 60, f"{name} takes another subnet")
        fleet.wait_for_overlay(name, seconds=60)
        assert fleet.subnet(name) == new
    finally:
        fleet.etcdctl(f"del {key}")


def test_lost_rules_come_back_by_themselves(fleet: Fleet) -> None:
    """A flush takes away the rules that let the overlay in; what the timer starts every ten minutes puts them back."""
    name = fleet.names[-1]
    host = fleet[name]
    before = our_rules(fleet, name)
    assert len(before) == 4
    started = restarts(fleet, name)
    host.check_output("iptables -w 30 -F DOCKER-USER && iptables -w 30 -t raw -F PREROUTING")
    assert our_rules(fleet, name) == []
    assert host.check_output("systemctl is-active overlay-docker-refresh.timer") == "active"
    host.check_output("systemctl start overlay-docker-refresh.service")
    assert our_rules(fleet, name) == before
    assert restarts(fleet, name) == started
    # Only a restart brings back docker's own rules, which the flush has taken too.
    host.check_output("systemctl restart docker")
    fleet.wait_for_overlay(name, seconds=60)


def test_rules_are_set_once_however_many_set_them(fleet: Fleet) -> None:
    """Docker's start and the refresh service set them by themselves, at the same moment after a boot."""
    name = fleet.names[-1]
    host = fleet[name]
    before = our_rules(fleet, name)
    command = host.check_output("systemctl cat docker | sed -n 's/^ExecStartPre=\\(.*overlay-docker-rules .*\\)/\\1/p'")
    for _round in range(5):
        for rule in before:
            table = "raw" if "PREROUTING" in rule else "filter"
            host.check_output(f"iptables -w 30 -t {table} {rule.replace('-A', '-D', 1)}")
        assert our_rules(fleet, name) == []
        host.check_output(f"for _ in 1 2 3 4 5 6; do {command} & done; wait")
        assert our_rules(fleet, name) == before


def our_rules(fleet: Fleet, name: str) -> list[str]:
    """Those that docker's start sets; the one for the overlay's own packets has a service of its own (test_wall.py)."""
    printed = fleet[name].check_output("iptables -w 30 -S DOCKER-USER; iptables -w 30 -t raw -S PREROUTING")
    return [rule for rule in printed.splitlines() if re.search("overlay[.]flannel(?![.])", rule)]


def test_run_killed_between_write_and_restart(fleet: Fleet, playbooks: Playbooks) -> None:
    """A run that died after it wrote flanneld's settings is finished by the next run, though nothing differs on disk."""
    name = fleet.names[-1]
    settings, margin = "/etc/flannel/flanneld.env", "FLANNELD_SUBNET_LEASE_RENEW_MARGIN=61"
    only = ["--limit", name, "--skip-tags", "verify"]  # the verdict follows, with all hosts
    alone = {"overlay_etcd_endpoints": [fleet.endpoint(fleet.first)]}
    fleet[name].check_output(f"echo {margin} >>{settings} && systemctl restart flanneld")
    assert margin in running_environment(fleet, name)
    playbooks.killed_site("flannel : Report why flanneld", *only, variables=alone)
    assert margin not in fleet[name].check_output(f"cat {settings}")
    assert margin in running_environment(fleet, name)
    assert playbooks.site(*only, variables=alone).rc == 0
    assert margin not in running_environment(fleet, name)
    assert playbooks.site(*only, variables=alone).changed == {name: 0}


def running_environment(fleet: Fleet, name: str) -> str:
    pid = fleet[name].check_output("systemctl show --property MainPID --value flanneld")
    return fleet[name].file(f"/proc/{pid}/environ").content_string


def test_flanneld_with_the_same_lease_leaves_docker_alone(fleet: Fleet) -> None:
    name = fleet.names[-1]
    before = restarts(fleet, name)
    fleet[name].check_output("systemctl restart flanneld")
    wait_for(lambda: fleet.is_there(name), bool, 30, f"{name} is back")
    assert restarts(fleet, name) == before


def restarts(fleet: Fleet, name: str) -> str:
    return fleet[name].check_output("systemctl show --property ExecMainStartTimestampMonotonic docker")
