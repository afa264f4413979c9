# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real flanneld goes on while users are made and authentication is enabled, and can do nothing else then."""

from __future__ import annotations

import json
import subprocess
import time

import pytest
from etcd_secured import Secured
from modules import answer_of, start_module
from place import Place
from test_lease_flanneld import HOST, OTHER, flanneld, own_network

__all__ = ["flanneld", "own_network"]
PREFIX = "/flannel/network"
VXLAN = {"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}}


def users(secured, **params):
    """In the network of this test, where the session's server of modules is not."""
    result = answer_of(start_module("etcd_users", {**secured.connection(), **params}))
    assert not result.get("failed"), result
    return result


def peer(secured, subnet, address):
    """Another host takes a subnet, as flannel's user."""
    data = {"VNI": 1, "VtepMAC": "82:5c:0f:11:22:33"}
    lease = {"PublicIP": address, "BackendType": "vxlan", "BackendData": data}
    done = secured.etcdctl("flannel", "put", f"{PREFIX}/subnets/{subnet}-24", json.dumps(lease))
    assert done.returncode == 0, done.stderr


def wait_for_route(running, subnet):
    deadline = time.monotonic() + 20
    while f"{subnet}/24 via" not in subprocess.run(["ip", "route"], capture_output=True, text=True, check=True).stdout:
        assert time.monotonic() < deadline, running.log.read_text()[-3000:]
        time.sleep(0.2)


def lease_of(secured):
    """Key, lease and revision of what flanneld holds."""
    found = json.loads(secured.etcd.etcdctl("get", "--prefix", f"{PREFIX}/subnets/", "--write-out=json").stdout)
    return [(kv["key"], kv["lease"], kv["mod_revision"]) for kv in found["kvs"] if kv.get("lease")]


@pytest.mark.parametrize("version", ["3.4", "3.5", "3.6"])
def test_flanneld_goes_on(own_network, flanneld, start, tmp_path, version):  # noqa: F811
    secured = Secured(start, tmp_path, version)
    place = Place(secured.etcd, "v3", PREFIX)
    place.configure(VXLAN)
    certificate, key = secured.files["flannel"]
    tls = [f"--etcd-cafile={secured.authority.certificate}", f"--etcd-certfile={certificate}", f"--etcd-keyfile={key}"]
    running = flanneld(place, HOST, *tls)
    subnet = running.subnet()
    peer(secured, "10.5.201.0", OTHER)
    wait_for_route(running, "10.5.201.0")
    held = lease_of(secured)
    assert len(held) == 1

    assert users(secured, auth=False)["after"]["auth"] is False
    peer(secured, "10.5.202.0", "192.0.2.13")
    wait_for_route(running, "10.5.202.0")

    assert users(secured)["after"]["auth"] is True
    assert secured.etcdctl("flannel", "put", f"{PREFIX}/config", "{}").returncode != 0
    peer(secured, "10.5.203.0", "192.0.2.14")
    wait_for_route(running, "10.5.203.0")
    wait_for_route(running, "10.5.201.0")
    assert (running.process.poll(), running.subnet(), lease_of(secured)) == (None, subnet, held)

    # A new one starts with no more rights than these, and takes the same subnet again.
    running.stop()
    again = flanneld(place, HOST, *tls)
    assert again.subnet() == subnet
    peer(secured, "10.5.204.0", "192.0.2.15")
    wait_for_route(again, "10.5.204.0")
    log = running.log.read_text() + again.log.read_text()
    assert [line for line in log.splitlines() if "denied" in line or "user name" in line] == []
