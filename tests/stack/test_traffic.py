# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets between containers of all pairs of hosts, and none from outside."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

from containers import LOOPBACK_PORT, PUBLISHED_PORT, SERVERS, Probes
from fleet import Fleet
from neighbour import Neighbour

from playbooks import Playbooks


def test_full_size_pings_between_all_pairs(fleet: Fleet, probes: Probes) -> None:
    assert probes.unreachable() == []


def test_container_mtu_fits_the_overlay(fleet: Fleet, probes: Probes) -> None:
    for name in fleet:
        assert probes.inside(name, "grep -qx 1450 /sys/class/net/eth0/mtu") == 0


def test_tcp_between_all_pairs(fleet: Fleet, probes: Probes) -> None:
    urls = {(name, server): f"http://{probes.address(name, server)}/" for name in fleet for server in SERVERS}
    for here in fleet:
        others = {place: url for place, url in urls.items() if place != (here, "unpublished")}
        pages = [f"{name}-{server}" for name, server in others]
        assert probes.fetch_all(here, list(others.values())) == pages


def test_published_ports_on_the_hosts(fleet: Fleet, probes: Probes) -> None:
    for here, there in itertools.permutations(fleet, 2):
        url = f"http://{fleet.address(there)}:{PUBLISHED_PORT}/"
        assert probes.fetch(here, url) == f"{there}-published"


def test_host_reaches_containers_of_other_hosts(fleet: Fleet, probes: Probes) -> None:
    for here, there in itertools.permutations(fleet, 2):
        target = probes.address(there, "unpublished")
        program = f"import urllib.request as u; print(u.urlopen('http://{target}/', timeout=3).read().decode())"
        assert fleet[here].check_output(f'python3 -c "{program}"').strip() == f"{there}-unpublished"


def test_source_address_is_the_containers_own(fleet: Fleet, probes: Probes) -> None:
    """Nobody masquerades inside the overlay: a server sees the client's own address."""
    for here, there in itertools.permutations(fleet, 2):
        page = probes.fetch(here, f"http://{probes.address(there, 'published')}/cgi-bin/peer")
        assert probes.address(here, "unpublished") in page


def test_outside_stays_closed(fleet: Fleet, probes: Probes, neighbour: Neighbour) -> None:
    expected = {}
    for name in fleet:
        neighbour.route(fleet.lease(name), name)
        expected[name, fleet.address(name), PUBLISHED_PORT] = True  # published on purpose
        expected[name, fleet.address(name), LOOPBACK_PORT] = False
        for server in ("unpublished", "loopback"):
            expected[name, probes.address(name, server), 80] = False
    with ThreadPoolExecutor() as pool:
        connected = pool.map(lambda place: neighbour.connects(*place[1:]), expected)
        assert dict(zip(expected, connected)) == expected


def test_a_network_outside_that_is_let_in(
    fleet: Fleet, probes: Probes, neighbour: Neighbour, playbooks: Playbooks
) -> None:
    """docker_accept_from, on and off again, without a restart of docker."""
    name = fleet.names[-1]
    address, before = probes.address(name, "unpublished"), fleet.started(name)
    neighbour.route(fleet.lease(name), name)
    assert not neighbour.connects(address, 80)
    assert playbooks.site("--limit", name, variables=outside(fleet, [f"{neighbour.address}/32"])).rc == 0
    assert neighbour.connects(address, 80)
    assert playbooks.site("--limit", name, variables=outside(fleet, [])).rc == 0
    assert not neighbour.connects(address, 80)
    assert fleet.started(name) == before


def outside(fleet: Fleet, networks: list[str]) -> dict[str, list[str]]:
    """With --limit no member of etcd is part of the run."""
    return {
        "docker_accept_from": networks,
        "overlay_etcd_endpoints": [fleet.endpoint(fleet.first)],
    }
