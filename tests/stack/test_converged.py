# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A converged fleet stays as it is: nothing changes, nothing restarts, and looking is cheap."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Callable, Iterator

import pytest
from containers import IMAGE
from fleet import Fleet

from playbooks import AT_ONCE, Playbooks, Run, chosen, etcd_on

MOST_EXECUTIONS = 1
VERIFY = "playbooks/verify.yml"


def second(fleet: Fleet, playbooks: Playbooks) -> Run:
    return playbooks.unheard("site.yml")


def dry(fleet: Fleet, playbooks: Playbooks) -> Run:
    return playbooks.unheard("site.yml", "--check", "--diff")


def oldest_core(fleet: Fleet, playbooks: Playbooks) -> Run:
    return playbooks.unheard("site.yml", core="2.16")


def with_containers(fleet: Fleet, playbooks: Playbooks) -> Run:
    return playbooks.unheard(VERIFY, variables={"overlay_verify_image": IMAGE})


def foreign_etcd(fleet: Fleet, playbooks: Playbooks) -> Run:
    return playbooks.changed(etcd_on()).unheard("site.yml", "--limit", fleet.names[-1], variables=fleet.external)


def first_is_gone(fleet: Fleet, playbooks: Playbooks) -> Run:
    return playbooks.changed(etcd_on(*fleet.members, gone=nobody(fleet))).unheard(VERIFY)


def no_leases(fleet: Fleet, playbooks: Playbooks) -> Run:
    variables = {"overlay_etcd_endpoints": [f"http://{nobody(fleet)}:2379"], "overlay_verify_timeout": 1}
    return playbooks.unheard(VERIFY, "--check", variables=variables)


RUNS: dict[str, Callable[[Fleet, Playbooks], Run]] = {
    run.__name__: run for run in (second, dry, oldest_core, with_containers, foreign_etcd, first_is_gone, no_leases)
}


@pytest.fixture(scope="module")
def started(fleet: Fleet) -> dict[str, object]:
    """When the services of each host started, before any of the runs."""
    return {name: fleet.started(name) for name in fleet}


@pytest.fixture(scope="module")
def runs(
    request: pytest.FixtureRequest, fleet: Fleet, playbooks: Playbooks, probes: object, started: object
) -> Iterator[dict[str, Future[Run]]]:
    """All runs, a few at a time: none of them changes anything."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(RUNS[name], fleet, playbooks) for name in chosen(request)}


@pytest.fixture
def run(case: str, runs: dict[str, Future[Run]]) -> Run:
    """The run of the case, at its end."""
    done = runs[case].result()
    print(done.output)
    return done


@pytest.mark.parametrize("case", ["second"])
def test_second_run_changes_nothing_and_is_cheap(fleet: Fleet, run: Run, started: dict[str, object]) -> None:
    assert run.rc == 0
    assert run.changed and set(run.changed.values()) == {0}
    assert {name: fleet.started(name) for name in fleet} == started
    executions = {host: len(modules) for host, modules in run.modules.items()}
    print("module executions per host:", executions)
    assert set(executions) == set(fleet)
    assert max(executions.values()) <= MOST_EXECUTIONS


@pytest.mark.parametrize("case", ["oldest_core"])
def test_the_oldest_ansible_core_finds_the_same(fleet: Fleet, run: Run) -> None:
    assert run.rc == 0
    assert run.changed and set(run.changed.values()) == {0}
    assert f"{len(fleet.names)} hosts, {len(fleet.names)} healthy" in run.output


@pytest.mark.parametrize("case", ["dry"])
def test_dry_run_tells_no_change(fleet: Fleet, run: Run, started: dict[str, object]) -> None:
    assert run.rc == 0
    assert run.changed and set(run.changed.values()) == {0}
    assert {name: fleet.started(name) for name in fleet} == started


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


@pytest.mark.parametrize("case", ["with_containers"])
def test_verdict_is_healthy_with_containers(run: Run) -> None:
    assert run.rc == 0
    assert "0 not healthy" in run.output


@pytest.mark.parametrize("case", ["foreign_etcd"])
def test_one_host_with_an_etcd_that_is_not_ours(fleet: Fleet, run: Run) -> None:
    """The modules run on the first flannel host, which is no part of the run."""
    name = fleet.names[-1]
    assert run.rc == 0
    assert run.changed == {name: 0}
    assert "1 hosts, 1 healthy" in run.output
    assert f"[{name} -> {fleet.first}" in run.output


@pytest.mark.parametrize("case", ["first_is_gone"])
def test_verdict_without_the_first_etcd_host(fleet: Fleet, run: Run) -> None:
    """It has its row, too, though it is only a member."""
    assert "gone" in run.output and "UNREACHABLE" in run.output
    assert f"{len(fleet.names) + 1} hosts, {len(fleet.names)} healthy, 1 not healthy" in run.output


@pytest.mark.parametrize("case", ["no_leases"])
def test_verdict_without_leases(fleet: Fleet, run: Run) -> None:
    """What could not be read is unknown, and fails, also with --check."""
    assert run.rc != 0
    assert f"{len(fleet.names)} hosts, 0 healthy, 0 not healthy, {len(fleet.names)} unknown" in run.output
    assert f"etcd does not answer: http://{nobody(fleet)}:2379" in run.output


def nobody(fleet: Fleet) -> str:
    """An address of the hosts' network that no host has."""
    return fleet.address(fleet.first).rsplit(".", 1)[0] + ".250"
