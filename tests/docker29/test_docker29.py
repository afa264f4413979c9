# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker 29 with both backends of its firewall, in the order in which somebody would come to them. The third host keeps iptables."""

from __future__ import annotations

import ipaddress

import pytest
from backends import Docker
from containers import IMAGE, Probes
from fleet import Fleet, wait_for
from labs import NFTABLES

from playbooks import Playbooks, Run

VERSION = "29.8.1"
FIRST, SECOND, THIRD = "flannel-1", "flannel-2", "flannel-3"
SWITCHED = (FIRST, SECOND)
NO_TABLES: set[str] = set()
ALL_TABLES = {"ip docker-bridges", "ip6 docker-bridges", "ip overlay-flannel", "ip6 overlay-flannel"}
STOP_REPAIR = "systemctl stop overlay-docker-refresh.path overlay-docker-refresh.timer"
REPAIR = "systemctl start overlay-docker-refresh.path overlay-docker-refresh.timer overlay-docker-refresh.service"


def said(run: Run) -> str:
    """What a run printed, without the line breaks of its width."""
    return " ".join(run.output.split())


def assert_settled(playbooks: Playbooks, fleet: Fleet) -> None:
    """A run changes nothing, and finds nothing."""
    run = playbooks.site(variables={"overlay_verify_image": IMAGE})
    assert run.rc == 0 and run.changed == dict.fromkeys(fleet, 0)
    assert "3 hosts, 3 healthy" in said(run) and "docker_" not in run.output.partition("PLAY [Report the verdict]")[2]


def test_iptables_converges(converged: tuple[Playbooks, Run], fleet: Fleet, docker: Docker) -> None:
    assert converged[1].rc == 0
    for name in fleet:
        info = docker.ask(name, "/info")
        assert (info["ServerVersion"], info["FirewallBackend"]["Driver"]) == (VERSION, "iptables")
    assert_settled(converged[0], fleet)


def test_iptables_lets_the_overlay_in_and_nobody_else(docker: Docker) -> None:
    docker.assert_passes()
    docker.assert_closed()


def test_what_is_new_in_29(docker: Docker) -> None:
    """Whoever reads docker's chains or its API relies on it."""
    chains = docker.fleet[FIRST].check_output("iptables -w 30 -S")
    assert "-N DOCKER-INTERNAL" in chains and "DOCKER-ISOLATION-STAGE" not in chains
    assert docker.ask(FIRST, "/version")["MinAPIVersion"] == "1.40"
    assert "FirewallBackend" not in docker.ask(FIRST, "/v1.40/info")
    settings = docker.ask(FIRST, "/containers/unpublished/json")["NetworkSettings"]
    assert "IPAddress" not in settings and settings["Networks"]["bridge"]["IPAddress"]


def test_nftables_is_refused_without_its_keys(playbooks: Playbooks, fleet: Fleet, docker: Docker) -> None:
    before = fleet.started(FIRST)
    for keys in ({}, {"allow-direct-routing": True}, {**NFTABLES, "bridge-accept-fwmark": "0x1/0x1"}):
        docker.configure(FIRST, {**keys, "firewall-backend": "nftables"})
        run = playbooks.site()
        assert run.rc != 0 and '"bridge-accept-fwmark": "0x10000000/0x10000000" beside it' in said(run)
    assert fleet.started(FIRST) == before and docker.tables(FIRST) == NO_TABLES


def test_to_nftables(playbooks: Playbooks, fleet: Fleet, docker: Docker) -> None:
    """Until docker restarts the rules stay those of the docker that runs; its start exchanges them."""
    docker.configure(FIRST, NFTABLES)
    run = playbooks.site()
    assert run.rc == 0 and "docker_backend_pending" in run.output
    assert docker.ours_in_iptables(FIRST) != [] and docker.backend(FIRST) == "iptables"
    docker.switch(NFTABLES, *SWITCHED)
    for name in SWITCHED:
        assert (docker.backend(name), docker.tables(name), docker.ours_in_iptables(name)) == (
            "nftables",
            ALL_TABLES,
            [],
        )
    playbooks.site()  # the bridge of the user's network has a name that only docker knows
    assert_settled(playbooks, fleet)


def test_nftables_lets_the_overlay_in_and_nobody_else(docker: Docker) -> None:
    docker.assert_passes()
    docker.assert_closed()


def test_the_guard_is_what_keeps_neighbours_out(playbooks: Playbooks, docker: Docker) -> None:
    """Without it docker lets them in to what is published on 127.0.0.1, on each of its networks."""
    host = docker.fleet[FIRST]
    host.check_output(f"{STOP_REPAIR}; nft flush chain ip overlay-flannel forward")
    assert docker.open_to_neighbour(FIRST) == ["loopback", "usual", "named"]
    run = playbooks.verify()
    assert run.rc != 0 and "docker_nft_guard_missing" in run.output and "docker_nft_mark_missing" in run.output
    host.check_output(REPAIR)
    docker.assert_closed([FIRST])


def test_a_new_network_is_shut_within_seconds(fleet: Fleet, docker: Docker) -> None:
    """Its bridge has a name that says nothing; docker is asked as soon as the kernel has it."""
    docker.make(SECOND, {"late": "--opt com.docker.network.bridge.name=late0"}, 8090)
    docker.neighbour.route(docker.subnet(SECOND, "late"), SECOND)
    address = docker.address(SECOND, "late")
    wait_for(lambda: docker.neighbour.connects(address, 80), lambda reached: not reached, 10, "the new network is shut")
    assert 'oifname "late0" drop' in fleet[SECOND].check_output("nft list table ip overlay-flannel")
    fleet[SECOND].check_output("docker rm --force late && docker network rm late")


def test_direct_routes(fleet: Fleet, docker: Docker, probes: Probes) -> None:
    """As with DirectRouting and host-gw: containers and hosts pass by the uplink, a neighbour by neither host."""
    for here, there in (SWITCHED, SWITCHED[::-1]):
        subnet, device = ipaddress.ip_interface(fleet.lease(there)).network, fleet.device(here)
        fleet[here].check_output(f"ip route replace {subnet} via {fleet.address(there)} dev {device}")
        fleet[here].check_output(f"overlay-docker-rules /run/flannel/docker flannel.1,{device} 10.20.0.0/16")
    for here, there in (SWITCHED, SWITCHED[::-1]):
        url = f"http://{probes.address(there, 'unpublished')}/"
        assert probes.fetch(here, url) == docker.from_host(here, url) == f"{there}-unpublished"
    for router in SWITCHED:
        docker.neighbour.route(fleet.lease(SECOND), router)
        assert not docker.neighbour.connects(probes.address(SECOND, "unpublished"), 80)
    for name in SWITCHED:
        fleet[name].check_output("systemctl restart flanneld && systemctl start overlay-docker-refresh.service")
    fleet.wait_for_overlay(*SWITCHED)


def test_docker_starts_where_somebody_has_switched_forwarding_off(fleet: Fleet, docker: Docker) -> None:
    """With iptables docker switches it on; with nftables it would not start, not even after a reboot."""
    fleet[SECOND].check_output("echo 0 >/proc/sys/net/ipv4/ip_forward; systemctl restart docker")
    assert fleet[SECOND].check_output("cat /proc/sys/net/ipv4/ip_forward") == "1"
    assert docker.backend(SECOND) == "nftables"


def test_a_lost_lease(fleet: Fleet, docker: Docker) -> None:
    old = fleet.lease(SECOND)
    subnet = ipaddress.ip_interface(old).network
    fleet.etcdctl(f"del /flannel/network/subnets/{subnet.network_address}-{subnet.prefixlen}")
    wait_for(
        lambda: fleet.etcdctl("get --prefix --keys-only /flannel/network/subnets/").count("subnets"),
        lambda n: n == 3,
        90,
        "3 leases",
    )
    fleet.wait_for_overlay(SECOND, seconds=90)
    docker.assert_passes()


def test_all_hosts_reboot(playbooks: Playbooks, fleet: Fleet, docker: Docker) -> None:
    fleet.reboot(*fleet)
    fleet.wait_for_overlay(*fleet)
    docker.assert_passes()
    docker.assert_closed()
    assert [docker.ours_in_iptables(name) for name in SWITCHED] == [[], []]
    assert_settled(playbooks, fleet)


def test_a_flush_is_found_and_mended(playbooks: Playbooks, fleet: Fleet, docker: Docker) -> None:
    """docker's table comes back with the next container, without hooks: it does nothing, and says nothing."""
    host = fleet[FIRST]
    host.check_output(f"{STOP_REPAIR}; nft flush ruleset; docker run --rm {IMAGE} true")
    assert "ip docker-bridges" in docker.tables(FIRST)
    assert docker.open_to_neighbour(FIRST) != []
    run = playbooks.verify()
    assert run.rc != 0 and "docker_nft_hooks_missing" in run.output and "docker_nft_guard_missing" in run.output
    host.check_output(REPAIR)
    assert "nftables calls no chains of docker" in host.check_output(
        "journalctl -u overlay-docker-refresh -o cat -n 30"
    )
    fleet.wait_for_overlay(FIRST)
    host.check_output("systemctl restart flanneld")  # its own rules went as well
    docker.assert_passes()
    docker.assert_closed([FIRST])


def test_a_flush_by_nftables_service_is_mended_within_seconds(fleet: Fleet, docker: Docker) -> None:
    fleet[SECOND].check_output("systemctl restart nftables")
    mended = "nft list chain ip docker-bridges filter-FORWARD && nft list chain ip overlay-flannel forward && systemctl is-active docker"
    wait_for(lambda: fleet[SECOND].run(mended).rc, lambda rc: rc == 0, 30, "docker's chains and ours are back")
    docker.assert_passes()
    docker.assert_closed([SECOND])
    fleet[SECOND].check_output("systemctl stop nftables")
    fleet.wait_for_overlay(SECOND)


@pytest.mark.parametrize("keys", [{}, NFTABLES], ids=["to iptables", "to nftables"])
def test_the_backend_changes_under_live_restore(playbooks: Playbooks, fleet: Fleet, docker: Docker, keys: dict) -> None:
    """Containers go on, and no rule of the role is left in the other backend."""
    docker.switch({**({} if keys else NFTABLES), "live-restore": True}, FIRST)
    started = fleet[FIRST].check_output("docker inspect --format '{{ .State.StartedAt }}' unpublished usual named")
    docker.switch({**keys, "live-restore": True}, FIRST)
    assert (
        fleet[FIRST].check_output("docker inspect --format '{{ .State.StartedAt }}' unpublished usual named") == started
    )
    if keys:
        assert (docker.tables(FIRST), docker.ours_in_iptables(FIRST)) == (ALL_TABLES, [])
    else:
        assert docker.tables(FIRST) == NO_TABLES and docker.ours_in_iptables(FIRST) != []
    docker.assert_passes()
    docker.assert_closed([FIRST])
    assert_settled(playbooks, fleet)


def test_back_to_iptables(playbooks: Playbooks, fleet: Fleet, docker: Docker) -> None:
    docker.switch({}, *SWITCHED)
    assert [(docker.backend(name), docker.tables(name)) for name in SWITCHED] == [("iptables", NO_TABLES)] * 2
    docker.assert_passes()
    docker.assert_closed()
    assert_settled(playbooks, fleet)
