# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets between containers of all pairs of hosts, and none from outside."""

from __future__ import annotations

import itertools

from containers import LOOPBACK_PORT, PUBLISHED_PORT, Probes
from fleet import Fleet
from neighbour import Neighbour


def test_full_size_pings_between_all_pairs(fleet: Fleet, probes: Probes) -> None:
    assert probes.unreachable() == []


def test_container_mtu_fits_the_overlay(fleet: Fleet, probes: Probes) -> None:
    for name in fleet:
        assert probes.inside(name, "grep -qx 1450 /sys/class/net/eth0/mtu") == 0


def test_tcp_between_all_pairs(fleet: Fleet, probes: Probes) -> None:
    for here, there in itertools.product(fleet, fleet):
        for server in ("unpublished", "published", "loopback"):
            if here == there and server == "unpublished":
                continue
            assert probes.fetch(here, f"http://{probes.address(there, server)}/") == f"{there}-{server}"


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
    for name in fleet:
        neighbour.route(fleet.lease(name), name)
        assert neighbour.connects(fleet.address(name), PUBLISHED_PORT), "published on purpose"
        assert not neighbour.connects(fleet.address(name), LOOPBACK_PORT)
        for server in ("unpublished", "loopback"):
            assert not neighbour.connects(probes.address(name, server), 80), f"{server} of {name} is open to the LAN"
