# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A converged fleet stays as it is: nothing changes, nothing restarts, and looking is cheap."""

from __future__ import annotations

from containers import IMAGE
from fleet import Fleet

from playbooks import Playbooks, etcd_on

MOST_EXECUTIONS = 5


def test_second_run_changes_nothing_and_is_cheap(fleet: Fleet, playbooks: Playbooks) -> None:
    before = {name: fleet.started(name) for name in fleet}
    run = playbooks.site()
    assert run.rc == 0
    assert run.changed and set(run.changed.values()) == {0}
    assert {name: fleet.started(name) for name in fleet} == before
    executions = {host: len(modules) for host, modules in run.modules.items()}
    print("module executions per host:", executions)
    assert set(executions) == set(fleet)
    assert max(executions.values()) <= MOST_EXECUTIONS


def test_dry_run_tells_no_change(fleet: Fleet, playbooks: Playbooks) -> None:
    before = {name: fleet.started(name) for name in fleet}
    run = playbooks.site("--check", "--diff")
    assert run.rc == 0
    assert run.changed and set(run.changed.values()) == {0}
    assert {name: fleet.started(name) for name in fleet} == before


def test_docker_sits_on_the_lease(fleet: Fleet) -> None:
    subnets = {name: fleet.lease(name) for name in fleet}
    assert {name: fleet.subnet(name) for name in fleet} == subnets
    assert len(set(subnets.values())) == len(fleet.names)
    for name, subnet in subnets.items():
        pid = fleet[name].check_output("systemctl show --property MainPID --value docker")
        assert f"--bip={subnet}" in fleet[name].file(f"/proc/{pid}/cmdline").content_string.split("\0")


def test_forwarding_stays_open(fleet: Fleet) -> None:
    for name in fleet:
        assert "-P FORWARD ACCEPT" in fleet[name].check_output("iptables -w -S FORWARD")


def test_verdict_is_healthy_with_containers(playbooks: Playbooks, probes: object) -> None:
    run = playbooks.verify(overlay_verify_image=IMAGE)
    assert run.rc == 0
    assert "0 not healthy" in run.output


def test_one_host_with_an_etcd_that_is_not_ours(fleet: Fleet, playbooks: Playbooks) -> None:
    """The modules run on the first flannel host, which is no part of the run."""
    name = fleet.names[-1]
    url = f"http://{fleet.address(fleet.first)}:2379"
    run = playbooks.changed(etcd_on()).site("--limit", name, variables={"overlay_etcd_endpoints": [url]})
    assert run.rc == 0
    assert run.changed == {name: 0}
    assert "1 hosts, 1 healthy" in run.output
    assert f"[{name} -> {fleet.first}" in run.output


def test_verdict_without_the_first_etcd_host(fleet: Fleet, playbooks: Playbooks) -> None:
    run = playbooks.changed(etcd_on(*fleet.members, gone=nobody(fleet))).verify()
    assert "gone" in run.output and "UNREACHABLE" in run.output
    assert f"{len(fleet.names)} hosts, {len(fleet.names)} healthy" in run.output


def test_verdict_without_leases(fleet: Fleet, playbooks: Playbooks) -> None:
    """Every host is judged by itself, and the run fails all the same."""
    url = f"http://{nobody(fleet)}:2379"
    run = playbooks.verify(overlay_etcd_endpoints=[url], overlay_verify_timeout=1)
    assert run.rc != 0
    assert f"{len(fleet.names)} hosts, {len(fleet.names)} healthy" in run.output
    assert f"etcd does not answer: {url}" in run.output


def nobody(fleet: Fleet) -> str:
    """An address of the hosts' network that no host has."""
    return fleet.address(fleet.first).rsplit(".", 1)[0] + ".250"
