# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet in one network with DirectRouting: packets of other hosts' containers come by the uplink, and others of the LAN stay outside."""

from __future__ import annotations

import functools
import itertools
import json
from typing import Any, Iterator

import pytest
from containers import IMAGE, Probes
from fleet import Fleet, wait_for
from neighbour import Neighbour

from playbooks import Playbooks

CONFIG = "etcdctl get --print-value-only /flannel/network/config"


def converge(fleet: Fleet, playbooks: Playbooks, gateway: str, **variables: Any) -> None:
    """Until the routes to the last host's subnet are by this gateway."""
    assert playbooks.site("--skip-tags", "verify", variables=variables).rc == 0
    last = fleet.names[-1]
    subnet = fleet.lease(last).replace(".1/", ".0/")
    for name in fleet.names[:-1]:
        route = functools.partial(fleet[name].check_output, f"ip route show {subnet}")
        wait_for(route, lambda seen: gateway in seen, 30, f"{name}: {subnet} by {gateway}")


@pytest.fixture(scope="module")
def direct(fleet: Fleet, playbooks: Playbooks, probes: Probes) -> Iterator[dict[str, Any]]:
    """The network with DirectRouting; the fleet is as it was before in the end."""
    config = json.loads(fleet[fleet.first].check_output(CONFIG))
    network = {**config, "Backend": {**config["Backend"], "DirectRouting": True}}
    last = fleet.names[-1]
    try:
        converge(fleet, playbooks, f"via {fleet.address(last)} ", overlay_network=network)
        yield network
    finally:
        converge(fleet, playbooks, " dev flannel.")
        wait_for(probes.unreachable, lambda lost: not lost, 30, "containers reach each other again")


def test_containers_reach_each_other_and_the_verdict_says_so(
    fleet: Fleet, playbooks: Playbooks, probes: Probes, direct: dict[str, Any]
) -> None:
    wait_for(probes.unreachable, lambda lost: not lost, 30, "containers reach each other")
    for here, there in itertools.permutations(fleet, 2):
        page = probes.fetch(here, f"http://{probes.address(there, 'published')}/cgi-bin/peer")
        assert probes.address(here, "unpublished") in page
    run = playbooks.verify(overlay_network=direct, overlay_verify_image=IMAGE)
    assert run.rc == 0
    assert "0 not healthy" in run.output


def test_outside_stays_closed(fleet: Fleet, probes: Probes, neighbour: Neighbour, direct: dict[str, Any]) -> None:
    for name in fleet:
        neighbour.route(fleet.lease(name), name)
        assert not neighbour.connects(probes.address(name, "unpublished"), 80), f"{name} is open to the LAN"
