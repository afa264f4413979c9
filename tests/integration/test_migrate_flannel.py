# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real flanneld 0.15.1 on v2, the module migrate, real flanneld 0.28.10 on v3: same subnets, and pings go on."""

from __future__ import annotations

import contextlib
import os

import pytest
from conftest import Place, run_module
from flannel_hosts import Host, Pinging, Switch, flanneld, wait_until

OLD, NEW = "0.15.1", "0.28.10"
LOST = 3  # a new flanneld writes routes and neighbours anew
CONFIG = {"Network": "10.45.0.0/16", "Backend": {"Type": "vxlan"}}

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(not flanneld(OLD).exists(), reason=f"no flanneld {OLD}: tests/tools/build flannel-{OLD}"),
]


@pytest.fixture
def hosts(tmp_path):
    with contextlib.ExitStack() as stack:
        stack.enter_context(Switch())
        yield [stack.enter_context(Host(number, tmp_path)) for number in (1, 2, 3)]


def leases(place):
    """Subnet of each address, and the seconds that it still lasts."""
    result = run_module("lease_info", **place.connection())
    return {lease["public_ip"]: lease["subnet"] for lease in result["leases"]}, [one["ttl"] for one in result["leases"]]


def migrate(old, new, hosts, version):
    fleet = [{"host": host.name, "public_ip": host.address, "flannel_version": version} for host in hosts]
    result = run_module("migrate", **new.connection(), source={"prefix": old.prefix}, hosts=fleet, flannel_version=NEW)
    assert not result.get("failed"), result
    return result


def test_every_host_keeps_its_subnet(hosts, start, tmp_path):
    etcd = start("3.4", "--enable-v2", address=Switch.address)
    old, new = Place(etcd, "v2", "/coreos.com/network"), Place(etcd, "v3", "/flannel/network")
    old.configure(CONFIG)
    for host in hosts:
        host.start(OLD, etcd.url, old.prefix)
    subnets = {host.address: host.wait_for_subnet() for host in hosts}
    for host in hosts:
        host.take(subnets[host.address])
    assert len(set(subnets.values())) == 3
    near, far = (subnets[host.address].split("/")[0] for host in hosts[:2])
    wait_until(lambda: hosts[0].pings(near, far))

    with Pinging(hosts[0], near, far, tmp_path / "pings") as pinging:
        wait_until(pinging.answered)
        assert migrate(old, new, hosts, OLD)["changed"]
        for host in hosts:
            host.stop()
            host.forget_subnet()  # so that only the lease in etcd can give it back
        assert not migrate(old, new, hosts, "")["changed"]
        for host in reversed(hosts):
            host.start(NEW, etcd.url, new.prefix)
        assert {host.address: host.wait_for_subnet() for host in hosts} == subnets
        wait_until(lambda: all(ttl > 86000 for ttl in leases(new)[1]))
        assert not migrate(old, new, hosts, NEW)["changed"]
        after = pinging.answered() + 20  # what the new flanneld does late is seen too
        wait_until(lambda: pinging.answered() >= after)
    assert pinging.lost <= LOST, f"{pinging.lost} of {pinging.sent} pings lost"
    assert leases(new)[0] == leases(old)[0]
    assert all(one.pings(subnets[one.address].split("/")[0], far) for one in hosts[1:])


def test_without_copying_subnets_are_others(hosts, start):
    """What the module is for: the same change without it gives the hosts other subnets."""
    etcd = start("3.4", "--enable-v2", address=Switch.address)
    old, new = Place(etcd, "v2", "/coreos.com/network"), Place(etcd, "v3", "/flannel/network")
    for place in (old, new):
        place.configure(CONFIG)
    for host in hosts:
        host.start(OLD, etcd.url, old.prefix)
    before = {host.address: host.wait_for_subnet() for host in hosts}
    for host in hosts:
        host.stop()
        host.forget_subnet()
        host.start(NEW, etcd.url, new.prefix)
    after = {host.address: host.wait_for_subnet() for host in hosts}
    assert before != after  # a random choice among a hundred: one host may be lucky
