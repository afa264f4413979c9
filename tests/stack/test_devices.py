# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""host_info sees what is broken or left over between the hosts, and its own commands mend it."""

from __future__ import annotations

import functools
import json
from typing import Any, Iterator

import pytest
from fleet import Fleet, wait_for

PREFIX = "/flannel/network"
STRANGER = {"BackendType": "vxlan", "BackendData": {"VNI": 1, "VtepMAC": "02:00:00:00:00:99"}}
Finding = dict[str, str]


class Judge:
    """Asks host_info about the last host. The leases are read once: no test changes one that stays."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.host = fleet[fleet.names[-1]]
        self.config: dict[str, Any] = json.loads(self.etcd("get", "--print-value-only", f"{PREFIX}/config"))
        asked = {**fleet.operator, "prefix": PREFIX}
        self.leases = self.ask(fleet.first, "lease_info", asked)["leases"]

    def ask(self, name: str, module: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return self.fleet.module(name, f"overlay.flannel.{module}", json.dumps(arguments))

    def etcd(self, *words: str) -> str:
        return self.fleet.etcdctl(" ".join(f"'{word}'" for word in words)).strip()

    def configure(self, config: dict[str, Any]) -> None:
        """Change the network and let every flanneld read it."""
        self.etcd("put", f"{PREFIX}/config", json.dumps(config))
        for name in self.fleet:
            self.fleet[name].check_output("systemctl restart flanneld")

    def findings(self, network: dict[str, Any] | None = None) -> list[Finding]:
        """Only those about devices and peers: others have their own tests."""
        name = self.fleet.names[-1]
        asked = {"network": network or self.config, "leases": self.leases, "address": self.fleet.address(name)}
        told = self.ask(name, "host_info", asked)["findings"]
        return [one for one in told if one["code"].startswith(("device_", "peer_", "stale_", "flanneld_", "lease_"))]

    def wait_for_none(self, network: dict[str, Any] | None = None) -> None:
        """A flanneld that has just started still writes its routes."""
        wait_for(lambda: self.findings(network), lambda found: not found, 10, "devices and peers are well")

    def mend(self, findings: list[Finding]) -> None:
        for finding in findings:
            self.host.check_output(finding["fix"])


@pytest.fixture(scope="module")
def judge(fleet: Fleet) -> Iterator[Judge]:
    """The fleet is as it was before when the tests have ended."""
    judge = Judge(fleet)
    assert judge.findings() == []
    yield judge
    judge.wait_for_none()


def codes(findings: list[Finding]) -> list[str]:
    return sorted(finding["code"] for finding in findings)


@pytest.mark.parametrize(
    "breaks, told",
    [
        (
            [
                "ip route del {subnet}",
                "ip link add flannel.7 type vxlan id 7 dev {device} dstport 8472",
                "ip route add {unknown} via {peer}",
                "bridge fdb append 02:00:00:00:00:07 dev flannel.1 dst 192.0.2.7",
            ],
            ["peer_route_missing", "stale_device", "stale_fdb", "stale_route"],
        ),
        (["ip route replace {subnet} via {peer}"], ["peer_route_wrong"]),
    ],
    ids=["gone and left over", "elsewhere"],
)
def test_what_is_broken_is_mended_by_the_commands_told(
    fleet: Fleet, judge: Judge, breaks: list[str], told: list[str]
) -> None:
    """A route to a peer is gone, or goes elsewhere; a device, a route and an entry of former times are there."""
    subnet = fleet.lease(fleet.first).replace(".1/", ".0/")
    unknown = ".".join(subnet.split(".")[:2]) + ".254.0/24"
    places = {"subnet": subnet, "unknown": unknown, "device": fleet.device(fleet.names[-1])}
    for command in breaks:
        judge.host.check_output(command.format(peer=fleet.address(fleet.first), **places))
    found = judge.findings()
    assert codes(found) == told
    judge.mend(found)
    assert judge.findings() == []


def test_a_peer_that_leaves_while_flanneld_is_away(fleet: Fleet, judge: Judge) -> None:
    network = ".".join(judge.config["Network"].split(".")[:2])
    key, subnet = f"{PREFIX}/subnets/{network}.253.0-24", f"{network}.253.0/24"
    judge.etcd("put", key, json.dumps({"PublicIP": "192.0.2.99", **STRANGER}))
    try:
        route = functools.partial(judge.host.check_output, f"ip route show {subnet}")
        wait_for(route, lambda seen: "flannel.1" in seen, 10, "the stranger's route")
        judge.host.check_output("systemctl stop flanneld")
    finally:
        judge.etcd("del", key)
    judge.host.check_output("systemctl start flanneld")
    (finding,) = judge.findings()
    assert finding["code"] == "stale_route"
    assert f"routes to {subnet}" in finding["seen"]
    judge.mend([finding])
    assert judge.findings() == []
    assert not judge.host.run("bridge fdb show dev flannel.1 | grep 192.0.2.99").stdout


def test_direct_routing_is_judged_by_the_configuration(judge: Judge) -> None:
    """The same routes are right with DirectRouting and wrong without."""
    direct = {**judge.config, "Backend": {**judge.config["Backend"], "DirectRouting": True}}
    assert [(one["code"], one["severity"]) for one in judge.findings(direct)] == [("peer_route_wrong", "warning")]
    judge.configure(direct)
    try:
        judge.wait_for_none(direct)
        assert codes(judge.findings()) == ["peer_route_wrong"]
    finally:
        judge.configure(judge.config)
