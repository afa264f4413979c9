# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules come back within seconds after a firewall has taken them away, and hosts reach containers by direct routes, too."""

from __future__ import annotations

import ipaddress
import re
from typing import Iterator

import pytest
from containers import PUBLISHED_PORT, Probes
from fleet import Fleet, wait_for
from neighbour import Neighbour

# What Debian's nftables.service does with its `flush ruleset`; the hosts have no nftables.
FLUSHES = r"""[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'for table in raw mangle nat filter; do iptables -w 30 -t $table -F; iptables -w 30 -t $table -X; done'
"""
UNIT = "/run/systemd/system/nftables.service"


def our_rules(fleet: Fleet, name: str) -> list[str]:
    """Those that docker's start sets; the one for the overlay's own packets has a service of its own (test_wall.py)."""
    printed = fleet[name].check_output("iptables -w 30 -S DOCKER-USER; iptables -w 30 -t raw -S PREROUTING")
    return [rule for rule in printed.splitlines() if re.search("overlay[.]flannel(?![.])", rule)]


@pytest.fixture
def flushing(fleet: Fleet) -> Iterator[str]:
    """A host with a nftables.service that flushes everything."""
    name = fleet.names[-1]
    fleet[name].check_output(f"cat >{UNIT} <<'END'\n{FLUSHES}END\nsystemctl daemon-reload")
    yield name
    fleet[name].check_output(f"systemctl stop nftables; rm {UNIT}; systemctl daemon-reload")
    fleet.wait_for_overlay(name)


def test_a_flush_by_nftables_is_mended_within_seconds(fleet: Fleet, probes: Probes, flushing: str) -> None:
    """docker's own chains come back only by its restart, and nobody runs a play."""
    before = our_rules(fleet, flushing)
    fleet[flushing].check_output("systemctl restart nftables")
    mended = "iptables -w 30 -S DOCKER && iptables -w 30 -t nat -S DOCKER | grep -c DNAT && systemctl is-active docker"
    wait_for(lambda: fleet[flushing].run(mended).rc, lambda rc: rc == 0, 30, "docker's chains are back")
    assert our_rules(fleet, flushing) == before
    url = f"http://{fleet.address(flushing)}:{PUBLISHED_PORT}/"
    wait_for(lambda: probes.fetch(fleet.first, url), lambda page: page == f"{flushing}-published", 30, url)
    said = fleet[flushing].check_output("journalctl -u overlay-docker-refresh -o cat -n 20")
    assert "restarting docker: iptables has no chain DOCKER" in said


@pytest.fixture
def direct(fleet: Fleet) -> Iterator[tuple[str, str]]:
    """Two hosts with routes and rules as with DirectRouting; flannel's own come back at the end."""
    pair = (fleet.names[0], fleet.names[1])
    for here, there in (pair, pair[::-1]):
        network = fleet[here].check_output("sed -n s/^FLANNEL_NETWORK=//p /run/flannel/subnet.env")
        subnet = ipaddress.ip_interface(fleet.lease(there)).network
        device = fleet.device(here)
        fleet[here].check_output(f"ip route replace {subnet} via {fleet.address(there)} dev {device}")
        fleet[here].check_output(f"overlay-docker-rules /run/flannel/docker flannel.1,{device} {network}")
    yield pair
    for name in pair:
        fleet[name].check_output("systemctl restart flanneld && systemctl start overlay-docker-refresh.service")
    fleet.wait_for_overlay(*pair)


def test_a_host_reaches_containers_by_a_direct_route(fleet: Fleet, probes: Probes, direct: tuple[str, str]) -> None:
    """Its packets would have the uplink's address, which the other host cannot tell from a stranger's."""
    for here, there in (direct, direct[::-1]):
        target = probes.address(there, "unpublished")
        assert f"via {fleet.address(there)} dev" in fleet[here].check_output(f"ip route get {target}")
        program = f"import urllib.request as u; print(u.urlopen('http://{target}/', timeout=3).read().decode())"
        assert fleet[here].check_output(f'python3 -c "{program}"').strip() == f"{there}-unpublished"
        assert probes.fetch(here, f"http://{target}/") == f"{there}-unpublished"


def test_a_neighbour_reaches_no_container_by_a_direct_route(
    fleet: Fleet, probes: Probes, direct: tuple[str, str], neighbour: Neighbour
) -> None:
    """Neither by the container's host nor by the other one, which forwards its packets."""
    there = direct[1]
    for router in direct:
        neighbour.route(fleet.lease(there), router)
        assert not neighbour.connects(probes.address(there, "unpublished"), 80)
