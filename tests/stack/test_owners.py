# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is somebody else's is refused by name before the first change, and stays as it is."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any, Iterator

import pytest
from fleet import Fleet, wait_for
from testinfra.host import Host

from playbooks import Playbooks, etcd_on

UNIT = "/etc/systemd/system/etcd.service"
OWN_UNIT = """[Service]
Type=notify
ExecStart=/srv/etcd --data-dir /srv/data --listen-client-urls http://127.0.0.1:12379 --advertise-client-urls http://127.0.0.1:12379 \
 --listen-peer-urls http://127.0.0.1:12380 --initial-advertise-peer-urls http://127.0.0.1:12380 --initial-cluster default=http://127.0.0.1:12380
"""
K3S = "FLANNEL_NETWORK=10.42.0.0/16\\nFLANNEL_SUBNET=10.42.1.1/24\\nFLANNEL_MTU=1450\\nFLANNEL_IPMASQ=true\\n"


@pytest.fixture
def name(fleet: Fleet) -> str:
    """A host without etcd."""
    return next(name for name in fleet if name not in fleet.members)


@pytest.fixture
def host(fleet: Fleet, name: str) -> Host:
    return fleet[name]


def refused(playbooks: Playbooks, name: str, *words: str, **variables: Any) -> None:
    """A run with this host fails without a change, and says all of it."""
    run = playbooks.site("--limit", name, variables={"overlay_etcd_endpoints": ["http://127.0.0.1:1"], **variables})
    print(run.output)
    said = " ".join(run.output.split())
    assert run.rc != 0 and run.changed[name] == 0
    assert [word for word in (f"{name}: ", *words) if word not in said] == []


def member(playbooks: Playbooks, name: str) -> Playbooks:
    """The playbooks with this host as the only one of etcd."""
    return playbooks.changed(etcd_on(name))


@pytest.fixture
def own_etcd(fleet: Fleet, name: str, host: Host, tmp_path: Path) -> Iterator[None]:
    """An etcd of somebody else with a unit and data of its own."""
    for source, module, words in (
        (fleet.first, "fetch", f"src=/usr/local/bin/etcd dest={tmp_path}/ flat=true"),
        (name, "copy", f"src={tmp_path}/etcd dest=/srv/etcd mode=0755"),
    ):
        command = ["ansible", source, "-i", str(fleet.inventory), "-m", f"ansible.builtin.{module}", "-a", words]
        subprocess.run(command, check=True)
    host.check_output(f"cat > {UNIT} <<'END'\n{OWN_UNIT}END\nsystemctl daemon-reload && systemctl start etcd")
    yield
    host.check_output(f"systemctl stop etcd; rm -r {UNIT} /srv/etcd /srv/data; systemctl daemon-reload")


def state_of_etcd(host: Host) -> list[str]:
    return [host.check_output(f"sha256sum {UNIT}"), host.check_output("systemctl show -p MainPID etcd")]


def test_etcd_of_somebody_else(playbooks: Playbooks, own_etcd: None, name: str, host: Host) -> None:
    before = state_of_etcd(host)
    for method in ("file", "package"):
        words = (f"etcd.service = {UNIT}, which this role has not written", "with its data in /srv/data")
        refused(member(playbooks, name), name, *words, "etcd_adopt", etcd_install_method=method)
    assert state_of_etcd(host) == before


def test_port_of_somebody_else(playbooks: Playbooks, name: str, host: Host) -> None:
    host.check_output("systemd-run --unit somebody python3 -m http.server 2379")
    try:
        wait_for(lambda: host.run("ss -Hltn sport = 2379").stdout, bool, 10, "somebody listens")
        refused(member(playbooks, name), name, "etcd_client_port = 2379", "python3, process", "somebody.service")
        assert host.check_output("systemctl is-active somebody") == "active"
    finally:
        host.check_output("systemctl stop somebody")


def test_vxlan_of_somebody_else(playbooks: Playbooks, fleet: Fleet, name: str, host: Host) -> None:
    network = {"Network": "10.20.0.0/16", "SubnetLen": 24, "Backend": {"Type": "vxlan", "VNI": 77}}
    host.check_output(f"ip link add other77 type vxlan id 77 dstport 4789 dev {fleet.device(name)}")
    try:
        refused(playbooks, name, "the device other77 has VNI 77 and port 4789", overlay_network=network)
        assert host.run("ip link show other77").rc == 0
    finally:
        host.check_output("ip link delete other77")


def test_flannel_of_kubernetes(playbooks: Playbooks, name: str, host: Host) -> None:
    host.check_output(
        "cp /run/flannel/subnet.env /run/flannel/kept && ip link add cni0 type bridge && ip address add 10.42.1.1/24 dev cni0"
        f" && printf '{K3S}' > /run/flannel/subnet.env"
    )
    try:
        refused(playbooks, name, "in the flannel network 10.42.0.0/16 of somebody else (cni0, /run/flannel/subnet.env)")
        assert "10.42.1.1" in host.check_output("cat /run/flannel/subnet.env; ip address show cni0")
    finally:
        host.check_output("mv /run/flannel/kept /run/flannel/subnet.env; ip link delete cni0")


def test_docker_of_a_snap(playbooks: Playbooks, name: str, host: Host) -> None:
    """A dockerd with this unit and a bridge of its own; with `--bridge none` it would delete docker0."""
    options = "--data-root /srv/snap --exec-root /run/snap -p /run/snap.pid -H unix:///run/snap.sock --bridge snap0 --iptables=false"
    host.check_output("ip link add snap0 type bridge && ip address add 10.98.0.1/24 dev snap0")
    host.check_output(f"systemd-run --unit snap.docker.dockerd dockerd {options}")
    try:
        wait_for(lambda: host.file("/run/snap.pid").exists, bool, 15, "the other dockerd runs")
        refused(playbooks, name, "dockerd, process", "of snap.docker.dockerd.service", "snap stop --disable docker")
        assert host.check_output("systemctl is-active snap.docker.dockerd") == "active"
    finally:
        host.check_output("systemctl stop snap.docker.dockerd; ip link delete snap0; rm -r /srv/snap")
