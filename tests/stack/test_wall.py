# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the daemons may do, and which ways into the overlay and to etcd are closed."""

from __future__ import annotations

import itertools
import re
from typing import Iterable, Iterator

import pytest
from containers import IMAGE, Probes
from fleet import Fleet, wait_for
from neighbour import Neighbour

from playbooks import Playbooks

EXPOSURE = re.compile(r"Overall exposure level for \S+: ([0-9.]+)")
MOST = {"etcd.service": 3.0, "flanneld.service": 4.5}
NETWORK = "wall"
PEERS = "overlay-docker-peers.service"
VXLAN = re.compile(r"link/ether (\S+) .* vxlan id (\d+) .* dstport (\d+) ")


def exposure(fleet: Fleet, name: str, unit: str) -> float | None:
    """What systemd says of the unit, from 0 (best) to 10; None where it cannot tell (before 240)."""
    done = fleet[name].run(f"systemd-analyze security --no-pager {unit}")
    found = EXPOSURE.search(done.stdout)
    if found is None:
        assert "nknown operation" in done.stderr, done.stdout + done.stderr
        return None
    return float(found.group(1))


@pytest.mark.parametrize("unit", MOST)
def test_the_daemons_run_in_a_sandbox(fleet: Fleet, unit: str) -> None:
    found = {
        name: exposure(fleet, name, unit) for name in fleet if fleet[name].run(f"systemctl is-active {unit}").rc == 0
    }
    print(f"exposure of {unit}, at most {MOST[unit]}: {found}")
    if None in found.values():
        pytest.skip(f"systemd-analyze of {[name for name in found if found[name] is None]} has no verb security")
    assert found and {name: value for name, value in found.items() if value > MOST[unit]} == {}


def test_a_drop_in_of_the_user_counts(fleet: Fleet) -> None:
    name = fleet.names[-1]
    folder = "/run/systemd/system/flanneld.service.d"
    try:
        fleet[name].check_output(f"mkdir -p {folder}; printf '[Service]\\nProtectHome=no\\n' >{folder}/90-mine.conf")
        fleet[name].check_output("systemctl daemon-reload")
        assert fleet[name].check_output("systemctl show -p ProtectHome flanneld") == "ProtectHome=no"
    finally:
        fleet[name].check_output(f"rm -r {folder}; systemctl daemon-reload")


def test_a_neighbour_enters_by_no_other_host(fleet: Fleet, probes: Probes, neighbour: Neighbour) -> None:
    """A host forwards into the overlay only what its own containers send."""
    for router, there in itertools.permutations(fleet.names[:2]):
        neighbour.route(fleet.lease(there), router)
        assert not neighbour.connects(probes.address(there, "unpublished"), 80)
    assert probes.unreachable() == []


def test_a_neighbour_that_wraps_its_packets(fleet: Fleet, probes: Probes, neighbour: Neighbour) -> None:
    """Only hosts that flanneld knows are heard; without the service that follows it everybody is, so that no new host is shut out."""
    name = fleet.names[-1]
    host, target = fleet[name], probes.address(name, "unpublished")
    mac, vni, port = VXLAN.search(host.check_output("ip -d -o link show flannel.1")).groups()
    neighbour.wrap(fleet.lease(name), name, vni, port, mac)
    assert not neighbour.connects(target, 80)
    host.check_output(f"systemctl stop {PEERS}")
    assert neighbour.connects(target, 80)
    host.check_output(f"systemctl start {PEERS}")
    wait_for(lambda: neighbour.connects(target, 80), lambda seen: not seen, 10, "the neighbour is not heard")
    assert probes.unreachable() == []


def test_a_new_host_is_heard_without_a_play(fleet: Fleet, probes: Probes, neighbour: Neighbour) -> None:
    """flanneld makes an entry for it: nothing else has to happen. Without the entry it is a stranger again."""
    name = fleet.names[-1]
    host, target = fleet[name], probes.address(name, "unpublished")
    mac, vni, port = VXLAN.search(host.check_output("ip -d -o link show flannel.1")).groups()
    neighbour.wrap(fleet.lease(name), name, vni, port, mac)
    entry = f"02:00:00:00:00:99 dev flannel.1 dst {neighbour.address}"
    host.check_output(f"bridge fdb append {entry}")
    wait_for(lambda: neighbour.connects(target, 80), bool, 5, "the new host is heard")
    host.check_output(f"bridge fdb delete {entry}")
    wait_for(lambda: neighbour.connects(target, 80), lambda seen: not seen, 10, "the host that left is not heard")


def test_a_device_that_is_made_anew(fleet: Fleet, probes: Probes, neighbour: Neighbour) -> None:
    """Also then the rules are there; and they come back after a flush."""
    name = fleet.names[-1]
    fleet[name].check_output("ip link delete flannel.1 && systemctl restart flanneld")
    wait_for(probes.unreachable, lambda lost: lost == [], 30, "all containers reach each other")
    before = peers_rules(fleet, name)
    assert before
    fleet[name].check_output("iptables -w 30 -t raw -F PREROUTING; systemctl start overlay-docker-refresh.service")
    assert peers_rules(fleet, name) == before
    assert probes.unreachable() == []


def peers_rules(fleet: Fleet, name: str) -> list[str]:
    printed = fleet[name].check_output("iptables -w 30 -t raw -S")
    return sorted(rule for rule in printed.splitlines() if "OVERLAY-PEERS" in rule)


@pytest.fixture
def second_network(fleet: Fleet) -> Iterator[str]:
    """A network of docker that a user makes, on the first host."""
    host = fleet[fleet.first]
    host.check_output(f"docker network create {NETWORK}")
    yield NETWORK
    host.check_output(f"docker network rm {NETWORK}")


def reached(fleet: Fleet, name: str, network: str, places: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """Where a container of that host, in that network of docker, connects."""
    tries = "".join(
        f'(busybox timeout 2 busybox nc {there} {port} </dev/null && echo "{there} {port}") & '
        for there, port in places
    )
    printed = fleet[name].run(f"docker run --rm --init --network {network} {IMAGE} sh -c '{tries} wait'").stdout
    return {(there, int(port)) for there, port in (line.split() for line in printed.splitlines())}


def test_containers_of_another_network_enter_the_overlay(fleet: Fleet, probes: Probes, second_network: str) -> None:
    target = probes.address(fleet.names[1], "unpublished")
    assert reached(fleet, fleet.first, second_network, [(target, 80)])


OPEN_PORT = 2378
LISTENER = """
import selectors, socket, sys
ready = selectors.DefaultSelector()
for address in sys.argv[1:]:
    for port in (2378, 2379):
        ready.register(socket.create_server((address, port)), selectors.EVENT_READ)
while True:
    for key, _events in ready.select():
        key.fileobj.accept()[0].close()
"""


@pytest.fixture
def listening(fleet: Fleet) -> Iterator[list[str]]:
    """The other addresses of the first host that its containers know: etcd could listen there, too. A program does."""
    host = fleet[fleet.first]
    addresses = [fleet.subnet(fleet.first).partition("/")[0]]
    addresses += host.check_output(
        'ip -4 -o address show | awk \'$2 ~ /^flannel/ { sub("/.*", "", $4); print $4 }\''
    ).split()
    host.check_output(f"cat >/run/wall-listener <<'END'{LISTENER}END")
    host.check_output(f"systemd-run --unit wall-listener python3 /run/wall-listener {' '.join(addresses)}")
    wait_for(
        lambda: len(host.run("ss -Hltn | grep :2378").stdout.splitlines()),
        lambda seen: seen == len(addresses),
        20,
        "listeners",
    )
    yield addresses
    host.check_output("systemctl stop wall-listener; rm /run/wall-listener")


def test_containers_do_not_reach_etcd(fleet: Fleet, probes: Probes, second_network: str, listening: list[str]) -> None:
    """By none of the host's addresses, from no network of docker. Hosts do."""
    address = fleet.address(fleet.first)
    places = [(address, 2379), (address, 2380), *itertools.product(listening, (OPEN_PORT, 2379))]
    is_open = {(there, OPEN_PORT) for there in listening}
    for network in ("bridge", second_network):
        assert reached(fleet, fleet.first, network, places) == is_open
    assert reached(fleet, fleet.names[1], "bridge", places[2:]) == is_open  # by the overlay
    for name in fleet:
        assert fleet[name].run(f"timeout 3 bash -c '</dev/tcp/{address}/2379'").rc == 0


def test_the_ports_stay_closed(fleet: Fleet, probes: Probes, playbooks: Playbooks) -> None:
    """docker's restart keeps the rules, verify reports a flush, and the refresh service brings them back."""
    host = fleet[fleet.first]
    before = closing(fleet)
    assert before
    host.check_output("systemctl restart docker")
    fleet.wait_for_overlay(fleet.first)
    assert closing(fleet) == before
    host.check_output("iptables -w 30 -F INPUT")
    said = playbooks.verify()
    assert said.rc == 0 and "etcd_open_to_containers" in said.output
    host.check_output("systemctl start overlay-docker-refresh.service")
    assert closing(fleet) == before
    probes.restore()


def closing(fleet: Fleet) -> list[str]:
    printed = fleet[fleet.first].check_output("iptables -w 30 -S INPUT")
    return [rule for rule in printed.splitlines() if "overlay.flannel" in rule]
