# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three hosts that had docker before; each is a member of etcd. They go on from each other, and at the end nothing is left."""

from __future__ import annotations

import functools
import json
import re
import subprocess
import threading
from typing import Iterator

import pytest
from containers import ARCHIVE, IMAGE
from fleet import Fleet, wait_for
from labs import Lab
from listing import changes, listing

from playbooks import Playbooks, etcd_on

PACKAGES = "docker.io docker-cli iptables nftables"
INSTALL = (
    f"apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends {PACKAGES}"
)
REMOVE, UNINSTALL = "playbooks/remove.yml", "playbooks/uninstall.yml"
ADDRESS = "docker inspect --format '{{ .NetworkSettings.Networks.bridge.IPAddress }}'"
Before = dict[str, list[str]]


@pytest.fixture(scope="module")
def hosts(lab: Lab) -> Iterator[tuple[Fleet, Playbooks, Before]]:
    """What docker's package brings is there before the first look."""
    fleet, plain = lab.up(["trixie"] * 3)
    for name in fleet:
        fleet[name].check_output(f"({INSTALL}) >/dev/null 2>&1 && docker import {ARCHIVE} {IMAGE}")
    before = {name: listing(fleet[name]) for name in fleet}
    playbooks = plain.changed(etcd_on(*fleet.names))
    assert playbooks.site().rc == 0
    for name in fleet:  # the timer's first run makes it, a minute after its start
        made = functools.partial(fleet.ask, name, "ls /run/overlay-flannel-repair.state 2>/dev/null")
        wait_for(made, bool, 150, f"{name} has looked at its routes once")
    yield Fleet(playbooks.inventory), playbooks, before


@pytest.fixture(scope="module")
def fleet(hosts: tuple[Fleet, Playbooks, Before]) -> Fleet:
    return hosts[0]


@pytest.fixture(scope="module")
def playbooks(hosts: tuple[Fleet, Playbooks, Before]) -> Playbooks:
    return hosts[1]


@pytest.fixture(scope="module")
def before(hosts: tuple[Fleet, Playbooks, Before]) -> Before:
    return hosts[2]


def without(playbooks: Playbooks, name: str) -> Playbooks:
    """The inventory as the user changes it afterwards."""

    def change(hosts: dict) -> None:
        for group in hosts["children"].values():
            group["hosts"].pop(name, None)
        hosts["hosts"].pop(name)

    return playbooks.changed(change)


def container(fleet: Fleet, name: str, container: str = "sleeper", *options: str) -> str:
    """Start one on docker's bridge, and give its address."""
    fleet[name].check_output(f"docker run --detach --init --name {container} {' '.join(options)} {IMAGE} sleep 99999")
    return fleet[name].check_output(f"{ADDRESS} {container}")


def said(output: str) -> str:
    return " ".join(output.split())


def leases(fleet: Fleet) -> str:
    return fleet.etcdctl("get --prefix /flannel/network/subnets/ --keys-only")


def key(subnet: str) -> str:
    """The end of the lease's key."""
    return re.sub(r"[.]1/", ".0-", subnet)


def members(fleet: Fleet) -> set[str]:
    listed = json.loads(fleet.etcdctl("member list --write-out=json"))
    return {member["name"] for member in listed["members"]}


def forgotten(fleet: Fleet, name: str, address: str, subnet: str) -> str:
    """What a host still knows of another one."""
    look = (
        f"ip route; ip neigh show nud permanent; bridge fdb show; iptables-save -t raw | grep -e '-s {address}/' || :"
    )
    network = re.sub(r"[.]1/", ".0/", subnet)
    lines = fleet[name].check_output(look).splitlines()
    return "\n".join(line for line in lines if network.partition("/")[0] in line or f" {address}" in line)


REFUSED = {
    "unknown": ({"overlay_remove": "flannel-3,flannel-9"}, "overlay_remove = flannel-9"),
    "nothing": ({}, "overlay_remove = (nothing)"),
    "all": ({"overlay_remove": ["flannel-1", "flannel-2", "flannel-3"]}, "remove the whole overlay with uninstall.yml"),
    "container": ({"overlay_remove": "flannel-3"}, "containers run on its overlay bridge: sleeper"),
}


def test_what_cannot_work_is_refused_before_anything_changes(fleet: Fleet, playbooks: Playbooks) -> None:
    container(fleet, "flannel-3")
    seen = {name: listing(fleet[name]) for name in fleet}
    for variables, text in REFUSED.values():
        run = playbooks.run(REMOVE, variables=variables)
        assert run.rc != 0 and text in said(run.output) and set(run.changed.values()) == {0}
    only = playbooks.changed(etcd_on("flannel-1")).run(REMOVE, variables={"overlay_remove": "flannel-1"})
    assert only.rc != 0 and "without which etcd has no member" in said(only.output)
    run = playbooks.run(UNINSTALL)
    assert run.rc != 0 and "overlay_uninstall = not set" in said(run.output)
    assert {name: changes(seen[name], listing(fleet[name])) for name in fleet} == dict.fromkeys(fleet, [])


def test_a_member_that_the_quorum_needs_is_refused(fleet: Fleet, playbooks: Playbooks) -> None:
    fleet["flannel-2"].check_output("systemctl stop etcd")
    run = playbooks.run(REMOVE, variables={"overlay_remove": "flannel-3", "overlay_remove_force": True})
    fleet["flannel-2"].check_output("systemctl start etcd")
    assert run.rc != 0 and set(run.changed.values()) == {0}
    assert "overlay_remove = flannel-3, a member of etcd; not healthy: flannel-2" in said(run.output)
    assert members(fleet) == set(fleet)


def test_check_prints_the_plan_and_changes_nothing(fleet: Fleet, playbooks: Playbooks) -> None:
    seen = listing(fleet["flannel-3"])
    run = playbooks.run(REMOVE, "--check", variables={"overlay_remove": "flannel-3", "overlay_remove_force": True})
    assert run.rc == 0 and set(run.changed.values()) == {0}
    for text in (
        "flannel-3: leaves the cluster of etcd",
        "flannel-3: the container sleeper is stopped",
        "flannel-3: flanneld.service is stopped and disabled",
        "flannel-3: docker.service restarts on its own bridge",
        "flannel-3: /etc/systemd/system/flanneld.service is deleted",
        "is released, and the other hosts forget it",
    ):
        assert text in said(run.output)
    assert changes(seen, listing(fleet["flannel-3"])) == [] and members(fleet) == set(fleet)
    fleet["flannel-3"].check_output("docker rm --force sleeper")


def test_a_host_leaves_and_the_others_do_not_notice(fleet: Fleet, playbooks: Playbooks, before: Before) -> None:
    subnet, address = fleet.subnet("flannel-3"), fleet.address("flannel-3")
    container(fleet, "flannel-1")
    target = container(fleet, "flannel-2")
    own = "/etc/sysctl.d/99-zz-overlay-flannel.conf"
    fleet["flannel-3"].check_output(f"mkdir -p /etc/flannel && echo mine >/etc/flannel/notes && test -e {own}")
    pinged: list[str] = []
    ping = f"docker exec sleeper ping -i 0.2 {target}"
    thread = threading.Thread(target=lambda: pinged.append(fleet.ask("flannel-1", ping)))
    thread.start()
    run = playbooks.run(REMOVE, variables={"overlay_remove": "flannel-3", "overlay_remove_data": True})
    fleet["flannel-1"].check_output("docker exec sleeper busybox killall -INT ping")
    thread.join(60)
    assert run.rc == 0
    sent, received = map(int, re.search(r"(\d+) packets transmitted, (\d+) packets received", pinged[0]).groups())
    print(f"of {sent} pings between the hosts that stay {sent - received} were lost")
    assert sent > 50 and sent == received
    fleet["flannel-3"].check_output("rm /etc/flannel/notes && rmdir /etc/flannel")
    assert changes(before["flannel-3"], listing(fleet["flannel-3"])) == []
    assert members(fleet) == {"flannel-1", "flannel-2"}
    assert key(subnet) not in leases(fleet)
    assert [forgotten(fleet, name, address, subnet) for name in ("flannel-1", "flannel-2")] == ["", ""]
    container(fleet, "flannel-3", "plain")
    assert fleet["flannel-3"].check_output(f"{ADDRESS} plain").startswith("172.17.0.")
    fleet["flannel-3"].check_output(f"docker exec plain busybox ping -c 2 -W 2 {address}")
    fleet["flannel-3"].check_output("docker rm --force plain")


def test_a_second_run_changes_nothing(playbooks: Playbooks) -> None:
    run = playbooks.run(REMOVE, variables={"overlay_remove": "flannel-3"})
    assert run.rc == 0 and set(run.changed.values()) == {0}


def test_the_others_are_healthy_without_it(playbooks: Playbooks) -> None:
    rest = without(playbooks, "flannel-3")
    assert rest.site().rc == 0
    verdict = rest.verify()
    assert verdict.rc == 0 and "flannel-3" not in verdict.output


def test_a_dead_host_leaves_by_its_name_alone(fleet: Fleet, playbooks: Playbooks) -> None:
    assert playbooks.site("--skip-tags", "verify").rc == 0 and members(fleet) == set(fleet)
    subnet, address = fleet.subnet("flannel-3"), fleet.address("flannel-3")
    fleet.ask("flannel-3", "systemd-run --on-active=1 systemctl poweroff --force --force")
    wait_for(lambda: fleet.boot("flannel-3"), lambda boot: boot == "", 60, "flannel-3 is off")
    refused = playbooks.run(REMOVE, variables={"overlay_remove": "flannel-3"})
    assert refused.rc != 0 and "set overlay_remove_dead=true" in said(refused.output)
    assert members(fleet) == set(fleet) and key(subnet) in leases(fleet)
    run = playbooks.run(REMOVE, variables={"overlay_remove": "flannel-3", "overlay_remove_dead": True})
    assert members(fleet) == {"flannel-1", "flannel-2"}
    assert key(subnet) not in leases(fleet)
    assert [forgotten(fleet, name, address, subnet) for name in ("flannel-1", "flannel-2")] == ["", ""]
    assert run.rc == 0


def test_the_whole_overlay_leaves_and_etcds_data_stay(fleet: Fleet, playbooks: Playbooks, before: Before) -> None:
    """The first run is killed, the next one finishes it."""
    rest = without(playbooks, "flannel-3")
    for name in ("flannel-1", "flannel-2"):
        fleet[name].check_output("docker rm --force sleeper")
    rest.killed(UNINSTALL, "Delete files", variables={"overlay_uninstall": True})
    run = rest.run(UNINSTALL, variables={"overlay_uninstall": True})
    assert run.rc == 0
    path = re.search(r"a snapshot of etcd is in (\S+[.]db)", said(run.output)).group(1)
    assert fleet["flannel-1"].check_output(f"stat -c '%a %U' {path}") == "600 root"
    for name in ("flannel-1", "flannel-2"):
        left = changes(before[name], listing(fleet[name]))
        kinds = ("+ state: d /var/lib/etcd", "+ state: d /var/backups", "+ state: f /var/backups", "+ user: etcd")
        users = ("content: ", "+ content: ", "- content: ")
        assert [
            line for line in left if not line.startswith(kinds) and not (line.startswith(users) and is_of_users(line))
        ] == []
        assert fleet[name].file("/var/lib/etcd/overlay/member").exists
    again = rest.run(UNINSTALL, variables={"overlay_uninstall": True})
    assert again.rc == 0 and set(again.changed.values()) == {0}


def is_of_users(line: str) -> bool:
    """The files in which the user of etcd's data is."""
    return line.split()[-1] in ("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow")


def test_the_snapshot_can_be_read(fleet: Fleet, playbooks: Playbooks, tmp_path) -> None:
    folder = json.loads(playbooks.inventory.read_text())["all"]["vars"]["etcd_file_dir"]
    path = fleet["flannel-1"].check_output("ls /var/backups/overlay-etcd/*.db | tail -n 1")
    text = fleet["flannel-1"].check_output(f"base64 -w0 {path}")
    (tmp_path / "snapshot.b64").write_text(text)
    copied = subprocess.run(["base64", "-d", tmp_path / "snapshot.b64"], capture_output=True, check=True).stdout
    (tmp_path / "snapshot.db").write_bytes(copied)
    words = [f"{folder}/etcdutl", "snapshot", "status", "--write-out=json", str(tmp_path / "snapshot.db")]
    status = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    assert status["totalKey"] > 0


def test_nothing_is_left_with_the_data_deleted(fleet: Fleet, playbooks: Playbooks, before: Before) -> None:
    rest = without(playbooks, "flannel-3")
    run = rest.run(UNINSTALL, variables={"overlay_uninstall": True, "overlay_uninstall_data": True})
    assert run.rc == 0
    fleet["flannel-1"].check_output("rm -r /var/backups/overlay-etcd")
    left = {name: changes(before[name], listing(fleet[name])) for name in ("flannel-1", "flannel-2")}
    assert left == {"flannel-1": [], "flannel-2": []}
