# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""firewalld and NetworkManager come to hosts that are at work, and somebody takes flannel's routes away.

OVERLAY_INVENTORY names a fleet that has converged; without it the tests have hosts of their own. They go on from each other.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Iterator

import pytest
from containers import Probes
from fleet import Fleet, wait_for
from labs import Lab

from playbooks import Playbooks

MANAGED = {"overlay_firewall": "managed"}
INSTALL = "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends"
REPAIR = "overlay-flannel-repair"
ROUTES = "ip -4 route show root 10.20.0.0/16 | grep via | sort"
ADDRESSES = "ip -4 -o address show | awk '/ (flannel|docker0)/ { print $2, $4 }'"
# The hosts' own uplink is not the matter here.
UPLINK = "[keyfile]\nunmanaged-devices+=interface-name:host0\n"


@pytest.fixture(scope="module")
def playbooks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playbooks]:
    folder = tmp_path_factory.mktemp("runs")
    if "OVERLAY_INVENTORY" in os.environ:
        yield Playbooks(Path(os.environ["OVERLAY_INVENTORY"]), folder)
        return
    lab = Lab(folder)
    _fleet, playbooks = lab.up(["trixie", "trixie", "sid"])
    assert playbooks.site().rc == 0
    yield playbooks
    lab("down")


@pytest.fixture(scope="module")
def fleet(playbooks: Playbooks) -> Fleet:
    return Fleet(playbooks.inventory)


@pytest.fixture(scope="module")
def probes(fleet: Fleet) -> Iterator[Probes]:
    with Probes(fleet) as probes:
        yield probes


def everywhere(fleet: Fleet, command: str) -> dict[str, str]:
    return {name: fleet[name].check_output(command) for name in fleet}


def test_a_firewalld_that_comes_later_is_named(fleet: Fleet, playbooks: Playbooks, probes: Probes) -> None:
    """Its backend is nftables, and the hosts have no program nft."""
    assert probes.unreachable() == []
    for name in fleet.names[1:]:
        fleet[name].check_output(f"({INSTALL} firewalld) 2>&1 && firewall-cmd --state")
    assert probes.unreachable() != []
    run = playbooks.verify()
    said = " ".join(run.output.split())
    assert run.rc != 0 and "[firewalld_blocks]" in said
    for part in ("--add-port=8472/udp", "--zone=trusted --change-interface=flannel.1", "systemctl restart docker"):
        assert part in said


def test_managed_puts_it_right_without_a_restart(fleet: Fleet, playbooks: Playbooks, probes: Probes) -> None:
    before = {name: fleet.started(name) for name in fleet}
    assert playbooks.site(variables=MANAGED).rc == 0
    assert probes.unreachable() == []
    assert {name: fleet.started(name) for name in fleet} == before
    again = playbooks.site(variables=MANAGED)
    assert again.rc == 0 and set(again.changed.values()) == {0}


def test_it_is_still_right_after_a_reload_and_a_restart_of_docker(fleet: Fleet, probes: Probes) -> None:
    """docker takes the zone for its own."""
    for name in fleet.names[1:]:
        fleet[name].check_output("firewall-cmd --reload && systemctl restart docker")
        assert fleet[name].check_output("firewall-cmd --get-zone-of-interface=docker0") == "docker"
    wait_for(probes.unreachable, lambda lost: lost == [], 30, "containers reach each other")


def test_a_zone_of_somebody_else_is_refused(fleet: Fleet, playbooks: Playbooks) -> None:
    name = fleet.names[1]
    fleet[name].check_output("firewall-cmd --zone=work --change-interface=flannel.1")
    run = playbooks.site(variables=MANAGED)
    said = " ".join(run.output.split())
    fleet[name].check_output("firewall-cmd --zone=trusted --change-interface=flannel.1")
    assert run.rc != 0 and set(run.changed.values()) == {0}
    assert "flannel_firewall (overlay_firewall in the inventory) = managed, with flannel.1 in zone work" in said


def test_rules_of_iptables_come_back_after_a_reload(fleet: Fleet, probes: Probes) -> None:
    """Flows that are new after the reload: running ones go on without the rules, and show nothing."""
    for name in fleet.names[1:]:
        fleet[name].check_output(
            "sed -i 's/^FirewallBackend=.*/FirewallBackend=iptables/' /etc/firewalld/firewalld.conf && systemctl restart firewalld"
        )
    wait_for(probes.unreachable, lambda lost: lost == [], 60, "containers reach each other")
    for name in fleet.names[1:]:
        fleet[name].check_output("firewall-cmd --reload")
    wait_for(probes.unreachable, lambda lost: lost == [], 20, "containers reach each other by new flows")


def test_a_networkmanager_that_comes_later_takes_nothing(fleet: Fleet, probes: Probes) -> None:
    name, command = fleet.names[1], f"{ADDRESSES}; {ROUTES}"
    fleet[name].check_output(
        f"mkdir -p /etc/NetworkManager/conf.d && printf '{UPLINK}' >/etc/NetworkManager/conf.d/host0.conf"
    )
    before = fleet[name].check_output(command)
    fleet[name].check_output(f"({INSTALL} network-manager) 2>&1")
    fleet[name].check_output("nmcli networking off && sleep 2 && nmcli networking on && sleep 2")
    assert fleet[name].check_output(command) == before
    assert probes.unreachable() == []


def test_a_catch_all_of_networkd_is_refused(fleet: Fleet, playbooks: Playbooks) -> None:
    name, path = fleet.names[1], "/etc/systemd/network/05-all.network"
    fleet[name].check_output(f"printf '[Match]\nName=*\n[Network]\nDHCP=yes\n' >{path}")
    run = playbooks.site()
    fleet[name].check_output(f"rm {path}")
    assert run.rc != 0 and set(run.changed.values()) == {0}
    assert f"{path} = [Match] Name=*" in " ".join(run.output.split())


LOSSES = {
    "device": ("ip link delete flannel.1", "flannel.1 is not the device that flanneld has made"),
    "address": ("ip address flush dev flannel.1", "flannel.1 has lost its address"),
    "route": ("ip route flush root 10.20.0.0/16 dev flannel.1", "is gone"),
}


@pytest.mark.parametrize("loss", list(LOSSES))
def test_what_flanneld_lost_comes_back(fleet: Fleet, probes: Probes, loss: str) -> None:
    """A second loss within the hour is not fought."""
    name, (command, reason) = fleet.names[0], LOSSES[loss]
    fleet[name].check_output(f"rm -f /run/{REPAIR}.*; systemctl start {REPAIR}.service")
    before = fleet[name].check_output(ROUTES)
    fleet[name].check_output(f"{command}; systemctl start {REPAIR}.service")
    said = fleet[name].check_output(f"journalctl -u {REPAIR} -o cat -n 1")
    assert said.startswith("restarting flanneld: ") and reason in said
    wait_for(lambda: fleet[name].check_output(ROUTES), lambda now: now == before, 20, "flannel's routes")
    wait_for(probes.unreachable, lambda lost: lost == [], 30, "containers reach each other")
    flanneld = fleet[name].check_output(f"systemctl start {REPAIR}.service; systemctl show -p MainPID flanneld")
    fleet[name].check_output(f"{command}; systemctl start {REPAIR}.service; systemctl start {REPAIR}.service")
    assert fleet[name].check_output("systemctl show -p MainPID flanneld") == flanneld
    said = fleet[name].check_output(f"journalctl -u {REPAIR} -o cat -n 2")
    assert (
        said.splitlines()[0].startswith("restarting flanneld") and "not restarted a second time" in said.splitlines()[1]
    )
    fleet[name].check_output(f"systemctl restart flanneld && rm -f /run/{REPAIR}.*")
    wait_for(probes.unreachable, lambda lost: lost == [], 30, "containers reach each other")
