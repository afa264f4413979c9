# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the real flanneld makes of reservations and releases, in a network of its own."""

from __future__ import annotations

import os
import subprocess
import time

import pytest
from conftest import Place
from etcd_server import CACHE, WITH_US
from modules import answer_of, start_module

FLANNELD = CACHE / "tools/flannel-0.28.10/flanneld"
VXLAN = {"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}}
HOST, OTHER = "192.0.2.11", "192.0.2.12"


@pytest.fixture
def own_network():
    """This process and all that it starts are in a network namespace of their own, which ends with them."""
    if os.geteuid() or not hasattr(os, "unshare"):
        pytest.skip("needs root and Python 3.12 or newer, for a network namespace")
    before = os.open("/proc/self/ns/net", os.O_RDONLY)
    os.unshare(os.CLONE_NEWNET)
    try:
        for words in (
            "link set lo up",
            "link add lan type veth peer far",
            f"addr add {HOST}/24 dev lan",
            "link set lan up",
            "link set far up",
        ):
            subprocess.run(["ip", *words.split()], check=True)
        yield
    finally:
        os.setns(before, os.CLONE_NEWNET)
        os.close(before)


class Flanneld:
    def __init__(self, place, folder, public_ip, *options):
        command = [
            *WITH_US,
            FLANNELD,
            f"--etcd-endpoints={place.etcd.url}",
            f"--etcd-prefix={place.prefix}",
            "--iface=lan",
            f"--public-ip={public_ip}",
            f"--subnet-file={folder / 'subnet.env'}",
            "--iptables-forward-rules=false",
            *options,
        ]
        self.subnet_file = folder / "subnet.env"
        self.log = folder / "flanneld.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def subnet(self):
        """What it took, once it is ready."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.subnet_file.exists():
                lines = dict(line.split("=") for line in self.subnet_file.read_text().split())
                return lines["FLANNEL_SUBNET"]
            time.sleep(0.2)
        raise AssertionError(self.log.read_text()[-3000:])

    def stop(self):
        self.process.terminate()
        self.process.wait()


@pytest.fixture
def flanneld(tmp_path):
    if not FLANNELD.is_file():
        pytest.skip("no flanneld: tests/lab/lab prepare builds it")
    running = []

    def run(place, public_ip, *options):
        folder = tmp_path / str(len(running))
        folder.mkdir()
        running.append(Flanneld(place, folder, public_ip, *options))
        return running[-1]

    yield run
    for one in running:
        one.stop()


@pytest.fixture
def overlay(own_network, start):
    place = Place(start("3.6"), "v3", "/test/flanneld")
    place.configure(VXLAN)
    return place


def run(name, place, **params):
    """In the network of this test, where the session's server of modules is not."""
    return answer_of(start_module(name, {**place.connection(), **params}))


def lease(place, **params):
    return run("lease", place, flannel_version="0.28.10", **params)


def leases(place):
    return run("lease_info", place)["leases"]


def test_a_reservation_is_taken_by_its_host_only(overlay, flanneld):
    assert lease(overlay, public_ip=OTHER, subnet="10.5.1.0/24")["changed"]
    assert lease(overlay, public_ip=HOST, subnet="10.5.77.0/24")["changed"]
    running = flanneld(overlay, HOST)
    assert running.subnet() == "10.5.77.1/24"
    for options in ({}, {"subnet": "10.5.77.0/24"}):
        again = lease(overlay, public_ip=HOST, **options)
        assert (again["changed"], again["after"][0]["backend"]) == (False, "vxlan")
    found = {one["subnet"]: one for one in leases(overlay)}
    assert (found["10.5.1.0/24"]["ttl"], found["10.5.1.0/24"]["backend"]) == (None, "")
    assert 86000 < found["10.5.77.0/24"]["ttl"] <= 86400


def test_a_running_host_loses_its_lease_only_by_force(overlay, flanneld):
    running = flanneld(overlay, HOST)
    subnet = running.subnet().replace(".1/24", ".0/24")
    refused = lease(overlay, public_ip=HOST, state="absent")
    assert f"appear to be alive: {subnet} of {HOST}" in refused["msg"]
    assert "appear to be alive" in lease(overlay, public_ip=HOST, subnet="10.5.200.0/24")["msg"]
    assert running.process.poll() is None
    assert [one["subnet"] for one in leases(overlay)] == [subnet]

    moved = lease(overlay, public_ip=HOST, subnet="10.5.200.0/24", force=True)
    assert [one["subnet"] for one in moved["before"] + moved["after"]] == [subnet, "10.5.200.0/24"]
    assert running.process.wait(30) == 0
    assert "Lease has been revoked" in running.log.read_text()

    assert flanneld(overlay, HOST).subnet() == "10.5.200.1/24"
    assert lease(overlay, public_ip=HOST, state="absent", force=True)["changed"]
    assert leases(overlay) == []
