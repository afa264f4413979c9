# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet that is at work gets another network, goes back halfway, and gets other backends. They go on from each other.

wireguard and ipip need modules that the kernels of test machines do not have: not run.
"""

from __future__ import annotations

import re
import time
from types import TracebackType
from typing import Any, Iterator

import pytest
from containers import Probes
from fleet import Fleet, wait_for
from labs import Lab
from writers import NOTES

from playbooks import Playbooks, Run

PLAYBOOK = "playbooks/renumber.yml"
OLD = {"Network": "10.20.0.0/16", "SubnetLen": 24, "Backend": {"Type": "vxlan"}}
NEW = {"Network": "10.30.0.0/16", "SubnetLen": 24, "Backend": {"Type": "vxlan"}}
SMALL, LESS = 1400, "1350"  # the device of vxlan has 50 bytes less than the configured MTU
PINGS = "/run/pings.log"
# In a unit of its own: on the host, when flanneld stops.
CUT = (
    "while systemctl --quiet is-active flanneld; do sleep 0.05; done; date +%s >/run/cut; "
    "iptables -w -I INPUT -i {0} -j DROP; iptables -w -I OUTPUT -o {0} -j DROP; sleep 90; "
    "iptables -w -D INPUT -i {0} -j DROP; iptables -w -D OUTPUT -o {0} -j DROP; touch /run/cut-ended"
)
READY = 'date +%s --date="$(systemctl show -P ActiveEnterTimestamp flanneld)"'


@pytest.fixture(scope="module")
def playbooks(lab: Lab) -> Playbooks:
    _fleet, playbooks = lab.up(["trixie", "trixie", "trixie"])
    assert playbooks.site().rc == 0
    return playbooks


@pytest.fixture(scope="module")
def fleet(playbooks: Playbooks) -> Fleet:
    return Fleet(playbooks.inventory)


@pytest.fixture(scope="module")
def probes(fleet: Fleet) -> Iterator[Probes]:
    with Probes(fleet) as probes:
        yield probes


def renumber(playbooks: Playbooks, network: dict[str, Any], *args: str) -> Run:
    return playbooks.run(PLAYBOOK, *args, variables={"overlay_network": network})


def text(run: Run) -> str:
    return " ".join(run.output.split())


def networks(fleet: Fleet) -> list[str]:
    """The first two numbers of each host's subnet, as docker0 has it."""
    return [".".join(fleet.subnet(name).split(".")[:2]) for name in fleet]


def note(text: str) -> None:
    """It is printed at the end of all tests."""
    NOTES.parent.mkdir(exist_ok=True)
    with NOTES.open("a") as notes:
        print(text, file=notes)


class Ping:
    """Between docker0 of the last two hosts, five times a second, while these keep their subnets."""

    def __init__(self, fleet: Fleet, what: str) -> None:
        self.host, self.what, self.lost = fleet[fleet.names[1]], what, -1
        self.target = fleet.subnet(fleet.names[2]).partition("/")[0]

    def __enter__(self) -> Ping:
        self.host.check_output(f"systemd-run --unit pings --collect sh -c 'ping -i 0.2 {self.target} >{PINGS}'")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.host.run("systemctl kill --signal INT pings")
        time.sleep(1)
        said = self.host.check_output(f"tail -n 3 {PINGS}")
        sent, received = map(int, re.search(r"(\d+) packets transmitted, (\d+) received", said).groups())
        self.lost = sent - received
        note(f"{self.what}: {self.lost} of {sent} pings lost, {self.lost / 5} s")


def test_a_dry_run_prints_who_gets_what_and_changes_nothing(fleet: Fleet, playbooks: Playbooks, probes: Probes) -> None:
    before = {name: fleet.started(name) for name in fleet}
    run = renumber(playbooks, NEW, "--check")
    assert run.rc == 0 and set(run.changed.values()) == {0}
    assert "From 10.20.0.0/16 by /24, vxlan VNI 1 to 10.30.0.0/16 by /24, vxlan VNI 1" in text(run)
    assert "with it 3 running containers" in text(run) and "reach each other meanwhile" in text(run)
    assert {name: fleet.started(name) for name in fleet} == before


def test_a_host_that_is_left_out_is_refused(fleet: Fleet, playbooks: Playbooks) -> None:
    run = renumber(playbooks, NEW, "--limit", f"!{fleet.names[-1]}")
    assert run.rc != 0 and f"not part of this run: {fleet.names[-1]}" in text(run)


def test_site_refuses_to_take_the_subnets_from_hosts_without_a_word(fleet: Fleet, playbooks: Playbooks) -> None:
    run = playbooks.site(variables={"overlay_network": NEW})
    assert run.rc != 0 and "renumber.yml" in text(run)
    assert networks(fleet) == ["10.20"] * 3


def test_old_and_new_reach_each_other_and_the_way_back_is_open(
    fleet: Fleet, playbooks: Playbooks, probes: Probes
) -> None:
    """Killed when the second host's turn begins: the first one has the new network."""
    with Ping(fleet, "renumber.yml, two hosts that are not in their turn") as ping:
        variables = {"overlay_network": NEW, "overlay_batch": [1, "100%"]}
        playbooks.killed(PLAYBOOK, "Run the role flannel", variables=variables, times=2)
        assert networks(fleet) == ["10.30", "10.20", "10.20"]
        assert probes.unreachable() == []
    assert ping.lost == 0
    run = renumber(playbooks, OLD)
    assert run.rc == 0 and "3 hosts, 3 healthy" in run.output
    assert networks(fleet) == ["10.20"] * 3 and probes.unreachable() == []


def test_another_network(fleet: Fleet, playbooks: Playbooks, probes: Probes) -> None:
    run = renumber(playbooks, NEW)
    assert run.rc == 0 and "3 hosts, 3 healthy" in run.output
    assert networks(fleet) == ["10.30"] * 3 and probes.unreachable() == []
    assert "10.20." not in fleet.etcdctl("get --prefix --keys-only /flannel/network/subnets")
    again = renumber(playbooks, NEW)
    assert (
        again.rc == 0 and set(again.changed.values()) == {0} and "etcd holds this configuration already" in text(again)
    )


def test_a_host_that_is_cut_off_in_the_middle(fleet: Fleet, playbooks: Playbooks, probes: Probes) -> None:
    """Nothing passes its link from the moment in which its flanneld stops, for 90 s. The others do not wait for it, and it goes on by itself."""
    *others, cut = fleet.names
    fleet[cut].check_output(f"systemd-run --unit cut --collect sh -c '{CUT.format(fleet.device(cut))}'")
    network = {**NEW, "Backend": {"Type": "vxlan", "MTU": SMALL}}
    run = playbooks.run(PLAYBOOK, variables={"overlay_network": network, "overlay_batch": "100%"})
    assert run.rc != 0 and re.search(rf"^{cut} .* unreachable=1 ", run.output, re.MULTILINE)
    assert [mtu(fleet, name) for name in others] == [LESS] * len(others)
    wait_for(lambda: fleet.ask(cut, "ls /run/cut-ended"), lambda said: said.startswith("/run"), 120, "the link is back")
    begin = int(fleet[cut].check_output("cat /run/cut"))
    ready = [int(fleet[name].check_output(READY)) - begin for name in others]
    note(f"renumber.yml, the link of a host is cut: flanneld of the others is ready after {ready} s")
    assert max(ready) < 60
    wait_for(lambda: mtu(fleet, cut), lambda found: found == LESS, 60, "the host has gone on by itself")
    again = renumber(playbooks, network)
    assert again.rc == 0 and "3 hosts, 3 healthy" in again.output and probes.unreachable() == []
    assert renumber(playbooks, NEW).rc == 0


def mtu(fleet: Fleet, name: str) -> str:
    return fleet[name].run("cat /sys/class/net/flannel.1/mtu").stdout.strip()


@pytest.mark.parametrize("backend", ["host-gw", "udp"])
def test_another_backend_on_all_hosts_at_once(fleet: Fleet, playbooks: Playbooks, probes: Probes, backend: str) -> None:
    before = {name: fleet.subnet(name) for name in fleet}
    with Ping(fleet, f"renumber.yml, backend {backend}"):
        run = renumber(playbooks, {**NEW, "Backend": {"Type": backend}})
    assert run.rc == 0 and "3 hosts, 3 healthy" in run.output and "all hosts change at once" in text(run)
    assert {name: fleet.subnet(name) for name in fleet} == before and probes.unreachable() == []
    devices = "ip -o link | grep -c ': flannel' || :"
    assert {fleet[name].check_output(devices) for name in fleet} == {"1" if backend == "udp" else "0"}
