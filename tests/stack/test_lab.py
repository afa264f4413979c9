# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab's own instructions have always looked at by hand: etcd, devices, files, names."""

from __future__ import annotations

import ipaddress
import itertools
import json

from fleet import Fleet

OVERLAY = ipaddress.ip_network("10.20.0.0/16")


def address_of(fleet: Fleet, name: str, device: str) -> ipaddress.IPv4Interface:
    [link] = json.loads(fleet[name].check_output(f"ip -json -4 address show dev {device}"))
    [address] = link["addr_info"]
    return ipaddress.IPv4Interface(f"{address['local']}/{address['prefixlen']}")


def test_configuration_in_etcd(fleet: Fleet) -> None:
    key = "/flannel/network/config"
    options = "" if fleet.speaks_v2() else "--print-value-only "
    text = fleet[fleet.first].check_output(f"bash -lc 'etcdctl get {options}{key}'")
    assert json.loads(text) == {"Network": "10.20.0.0/16", "SubnetLen": 24, "Backend": {"Type": "vxlan"}}


def test_etcd_is_well(fleet: Fleet) -> None:
    """etcdctl says so on its error output from 3.0 to 3.5, on its output from 3.6 on."""
    if fleet.speaks_v2():
        command, words = "cluster-health", "cluster is healthy"
    else:
        command, words = "endpoint health 2>&1", "is healthy: successfully committed proposal"
    assert words in fleet[fleet.first].check_output(f"bash -lc 'etcdctl {command}'")


def test_docker0_and_flannel_in_one_subnet(fleet: Fleet) -> None:
    for name in fleet:
        docker, flannel = address_of(fleet, name, "docker0"), address_of(fleet, name, "flannel.1")
        assert docker.network.prefixlen == 24
        assert docker.network.subnet_of(OVERLAY)
        assert docker.ip == docker.network[1]
        assert (flannel.ip, flannel.network.prefixlen) == (docker.network[0], 32)


def test_mtu_leaves_room_for_vxlan(fleet: Fleet) -> None:
    for name in fleet:
        assert fleet[name].file("/sys/class/net/flannel.1/mtu").content_string.strip() == "1450"
        assert "FLANNEL_MTU=1450" in fleet[name].file("/run/flannel/subnet.env").content_string


def test_options_file_holds_the_four_variables(fleet: Fleet) -> None:
    for name in fleet:
        text = fleet[name].file("/run/flannel/docker").content_string
        bip = f"--bip={fleet.lease(name)}"
        assert f'DOCKER_OPT_BIP="{bip}"' in text
        assert 'DOCKER_OPT_IPMASQ="--ip-masq=false"' in text
        assert 'DOCKER_OPT_MTU="--mtu=1450"' in text
        assert f'DOCKER_OPTS=" {bip} --ip-masq=false --mtu=1450"' in text


def test_docker_unit_has_our_drop_in(fleet: Fleet) -> None:
    for name in fleet:
        text = fleet[name].check_output("systemctl cat docker.service")
        assert "# /etc/systemd/system/docker.service.d/" in text
        assert "EnvironmentFile=-/run/flannel/docker" in text


def test_files_of_the_packages_are_unchanged(fleet: Fleet) -> None:
    for name in fleet:
        host = fleet[name]
        packages = [p for p in ("docker.io", "containerd", "etcd-server") if host.package(p).is_installed]
        assert "docker.io" in packages
        # dpkg --verify compares every file, configuration included, with the checksum of the package.
        assert host.check_output("dpkg --verify " + " ".join(packages)) == ""
        assert not host.file("/etc/docker/daemon.json").exists


def test_flanneld_knows_interface_and_endpoints(fleet: Fleet) -> None:
    endpoints = ",".join(map(fleet.endpoint, fleet.members))
    for name in fleet:
        settings = fleet[name].file("/etc/flannel/flanneld.env").content_string.replace('"', "")
        assert f"FLANNELD_IFACE={fleet.address(name)}\n" in settings
        assert f"FLANNELD_ETCD_ENDPOINTS={endpoints}\n" in settings
        assert "FLANNELD_ETCD_PREFIX=/flannel/network\n" in settings


def test_hosts_reach_each_other_by_name(fleet: Fleet) -> None:
    for here, there in itertools.product(fleet, repeat=2):
        assert fleet[here].check_output(f"getent ahostsv4 {there}").split()[0] == fleet.address(there)
        assert fleet[here].run(f"ping -c 1 -W 2 {there}").rc == 0
