# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of somebody else's each plan refuses. The hosts were recorded: Debian 13 with real programs; k3s, Cilium and rootless are stand-ins."""

from __future__ import annotations

import copy
import functools
import json

import docker_case
import etcd_member
import flannel_case
import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils import etcd_plan
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Controller
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_files import render

KNOWN = "a" * 64
NETWORK = {"Network": "10.20.0.0/16", "Backend": {"Type": "vxlan"}}
MARKED = {"exists": True, "type": "file", "sha256": "0", "mark": "etcd", "owner": "root", "mode": "0644"}
FOREIGN = {**MARKED, "mark": ""}
UNIT = "/etc/systemd/system/etcd.service"
DROP_IN = "/etc/systemd/system/etcd.service.d/50-overlay-flannel.conf"
FLANNEL_UNIT = "/etc/systemd/system/flanneld.service"
DOCKER_DROP_IN = "/etc/systemd/system/docker.service.d/50-overlay-flannel.conf"
SCOPE = "docker-cc281e448b3aa0bbd4302fd05cbc647d745509ddd667269e9254199fccd30956.scope"


@pytest.fixture
def host_of(recorded):
    """A recorded host by its name, with further changes."""
    hosts = json.loads(recorded("foreign_hosts.json"))

    def make(name, changes=None):
        facts = copy.deepcopy(hosts["bare"])
        for part, value in (hosts[name] if name != "bare" else {}).items():
            facts[part] = {**facts[part], **value} if isinstance(value, dict) else value
        for path, value in (changes or {}).items():
            docker_case.change(facts, path, value)
        return facts

    return make


def etcd(facts, **variables):
    settings = etcd_member.settings_of(**{"install_method": "file", "file_dir": "/p", **variables})
    controller = Controller(
        host="a-2",
        ansible_host="172.72.31.12",
        digest=lambda path: KNOWN,
        groups={"etcd": ["a-2"]},
        first_start=etcd_member.FOUNDS,
    )
    return etcd_plan.plan(settings, facts, controller, functools.partial(render, "etcd"))


def flannel(facts, **variables):
    return flannel_case.plan(facts, **{"network": NETWORK, "interface": "host0", **variables})


def docker(facts, **variables):
    return docker_case.plan(facts, **{"docker_overlay_network": "10.20.0.0/16", **variables})


# Each: the recorded host and changes of it, variables, and the words of the only refusal; without them nothing is refused.
ETCD = {
    "bare": ("bare", {}, {}, ""),
    "unit that runs": ("own_units", {}, {}, f"etcd.service = {UNIT}, which this role has not written; it runs etcd, process 22259 of etcd.service, with its data in /srv/app-etcd: "),
    "way out": ("own_units", {}, {}, f"etcd_adopt: true and etcd_data_dir: /srv/app-etcd, which keeps the file as {UNIT}.before-overlay."),
    "by package": ("own_units", {}, {"install_method": "package"}, f"etcd.service = {UNIT}, which this role has not written"),
    "unit that is stopped": ("own_units", {"daemons": [], "listeners": [], "units|etcd.service|main_pid": 0}, {}, "it does not run: allowed: no such unit, or the one that the role has written. Fix: use another host for etcd; or, if that etcd is not needed, systemctl disable --now etcd.service and remove"),
    "its data is known from the unit": ("own_units", {"daemons": [], "listeners": [], "units|etcd.service|main_pid": 0}, {}, "etcd_adopt: true and etcd_data_dir: /srv/app-etcd,"),
    "another folder": ("bare", {"units|etcd.service|fragment_path": "/usr/local/lib/systemd/system/etcd.service"}, {}, "etcd.service = /usr/local/lib/systemd/system/etcd.service, which"),
    "unit of a package": ("bare", {"units|etcd.service|fragment_path": "/usr/lib/systemd/system/etcd.service"}, {}, ""),
    "masked unit": ("bare", {f"files|{UNIT}": {**FOREIGN, "target": "/dev/null"}, "units|etcd.service|load_state": "masked"}, {}, "etcd.service = masked"),
    "unit of the role": ("bare", {f"files|{UNIT}": MARKED}, {}, ""),
    "adopted, with other data": ("own_units", {}, {"adopt": True}, "etcd_data_dir = /var/lib/etcd/overlay: allowed: /srv/app-etcd, where the running etcd has its data"),
    "adopted, data of root": ("own_units", {"files|/srv/app-etcd/member": {"exists": True, "type": "directory", "owner": "root"}}, {"adopt": True, "data_dir": "/srv/app-etcd"}, "etcd_data_dir = /srv/app-etcd, whose data belongs to the user root: allowed: data of the user etcd"),
    "adopted": ("own_units", {"files|/srv/app-etcd/member": {"exists": True, "type": "directory", "owner": "etcd"}}, {"adopt": True, "data_dir": "/srv/app-etcd"}, ""),
    "role's unit, another directory by a drop-in": ("own_units", {f"files|{UNIT}": MARKED}, {}, "etcd_data_dir = /var/lib/etcd/overlay: allowed: /srv/app-etcd"),
    "member that moves": ("own_units", {f"files|{UNIT}": MARKED, "files|/etc/etcd/overlay.env": {**MARKED, "content": "ETCD_DATA_DIR=/srv/app-etcd\n"}, "files|/var/lib/etcd/overlay/member": {"exists": True}}, {}, ""),
    "another unit on the client port": ("other_units", {}, {}, "etcd_client_port = 2379: allowed: a port on which nothing else listens; there is etcd, process 22375 of app9-etcd.service, with its data in /srv/app, which listens on 172.72.31.12. Fix: set etcd_client_port to another port; or systemctl disable --now app9-etcd.service"),
    "another port": ("other_units", {}, {"client_port": 4001}, ""),
    "another address": ("other_units", {"listeners": [{"address": "192.0.2.1", "port": 2379, "pid": 5, "name": "x", "unit": "x.service"}]}, {}, ""),
    "peer port": ("bare", {"listeners": [{"address": "::", "port": 2380, "pid": 5, "name": "x", "unit": ""}]}, {}, "etcd_peer_port = 2380: allowed: a port on which nothing else listens; there is x, process 5 of an unknown unit, which listens on ::. Fix: set etcd_peer_port to another port; or stop process 5 if"),
    "unknown listener": ("bare", {"listeners": [{"address": "::", "port": 2379, "pid": 0, "name": "", "unit": ""}]}, {}, "there is a program, process (unknown) of an unknown unit, which"),
    "unknown listener, etcd runs": ("bare", {"listeners": [{"address": "::", "port": 2379, "pid": 0, "name": "", "unit": ""}], "units|etcd.service|active_state": "active"}, {}, ""),
    "published port": ("bare", {"listeners": [{"address": "0.0.0.0", "port": 2379, "pid": 5, "name": "docker-proxy", "unit": "docker.service"}]}, {}, "or stop the container that publishes it (docker ps --filter publish=2379) if"),
    "container": ("containers", {}, {}, f"there is etcd, process 22628 of {SCOPE} in a container, with its data in /var/data, which listens on 127.0.0.1. Fix: set etcd_client_port to another port; or stop its container cc281e448b3a if"),
    "our directory": ("other_units", {"listeners": []}, {"data_dir": "/srv/app"}, "etcd_data_dir = /srv/app: allowed: a directory that no other etcd uses; there is etcd, process 22375"),
    "our directory, in a container": ("containers", {"listeners": []}, {"data_dir": "/var/data"}, ""),
    "program": ("bare", {"files|/usr/local/bin/etcdctl": FOREIGN}, {}, "etcd_install_method = file, and there is /usr/local/bin/etcdctl, which this role has not installed: allowed: no other programs"),
    "the same program": ("bare", {"files|/usr/local/bin/etcdctl": {**FOREIGN, "sha256": KNOWN}}, {}, ""),
    "program beside the unit of the role": ("bare", {"files|/usr/local/bin/etcd": FOREIGN, f"files|{UNIT}": MARKED}, {}, ""),
    "program, by package": ("bare", {"files|/usr/local/bin/etcd": FOREIGN}, {"install_method": "package"}, ""),
    "program, adopted": ("bare", {"files|/usr/local/bin/etcd": FOREIGN}, {"adopt": True}, ""),
}  # fmt: skip
FLANNEL = {
    "bare": ("bare", {}, {}, ""),
    "unit that runs": ("own_units", {}, {}, f"flanneld.service = {FLANNEL_UNIT}, which this role has not written; it runs flanneld, process 22292 of flanneld.service: allowed"),
    "unit that is stopped": ("own_units", {"daemons": [], "units|flanneld.service|main_pid": 0}, {}, "; it does not run: allowed: no such unit"),
    "adopted": ("own_units", {}, {"adopt": True}, ""),
    "unit of a package that runs": ("own_units", {f"files|{FLANNEL_UNIT}": {"exists": False}, "units|flanneld.service|fragment_path": "/usr/lib/systemd/system/flanneld.service"}, {}, "flanneld.service = /usr/lib/systemd/system/flanneld.service, which"),
    "unit of a package": ("own_units", {"daemons": [], f"files|{FLANNEL_UNIT}": {"exists": False}, "units|flanneld.service|fragment_path": "/usr/lib/systemd/system/flanneld.service"}, {}, ""),
    "unit of the role": ("own_units", {f"files|{FLANNEL_UNIT}": {**MARKED, "mark": "flannel"}}, {}, ""),
    "another unit": ("other_units", {}, {}, "flanneld = flanneld, process 22379 of app9-flannel.service: allowed: no other flanneld than that of flanneld.service in the network of the host. Fix: leave this host out of the group flannel; or systemctl disable --now app9-flannel.service"),
    "another unit cannot be adopted": ("other_units", {}, {"adopt": True}, "flanneld = flanneld, process 22379"),
    "program and settings": ("bare", {"files|/usr/local/bin/flanneld": FOREIGN, "files|/etc/flannel/flanneld.env": FOREIGN}, {}, "flannel_install_method = file, and there is /etc/flannel/flanneld.env, /usr/local/bin/flanneld, which"),
    "the same program": ("bare", {"files|/usr/local/bin/flanneld": {**FOREIGN, "sha256": flannel_case.sha256("flanneld")}}, {}, ""),
    "program beside the unit of the role": ("bare", {"files|/usr/local/bin/flanneld": FOREIGN, f"files|{FLANNEL_UNIT}": {**MARKED, "mark": "flannel"}, "units|flanneld.service|fragment_exec_start": "/usr/local/bin/flanneld"}, {}, ""),
    "program beside the unit of the role for a package": ("bare", {"files|/usr/local/bin/flanneld": FOREIGN, f"files|{FLANNEL_UNIT}": {**MARKED, "mark": "flannel"}, "units|flanneld.service|fragment_exec_start": "/usr/bin/flanneld-start"}, {}, "and there is /usr/local/bin/flanneld, which"),
    "k3s": ("k3s", {}, {}, "overlay_network = 10.20.0.0/16, and this host is in the flannel network 10.42.0.0/16 of somebody else (cni0, flannel.1, /run/flannel/subnet.env, k3s-server, process 22924 of k3s.service): allowed: a host without another flannel"),
    "k3s cannot be adopted": ("k3s", {}, {"adopt": True}, "in the flannel network 10.42.0.0/16 of somebody else"),
    "left by k3s": ("k3s", {"daemons": []}, {"adopt": True}, ""),
    "k3s in our network": ("k3s", {"interfaces|cni0|addresses": []}, {"network": {**NETWORK, "Network": "10.42.0.0/16"}}, "in the flannel network 10.42.0.0/16 of somebody else"),
    "cni0 in our network": ("k3s", {"daemons": []}, {"network": {**NETWORK, "Network": "10.42.0.0/16"}}, "in the flannel network 10.42.0.0/16 of somebody else"),
    "our former network": ("k3s", {"daemons": [], "interfaces|cni0|addresses": [], f"files|{FLANNEL_UNIT}": {**MARKED, "mark": "flannel"}}, {}, ""),
    "k3s came later": ("k3s", {"daemons": [], f"files|{FLANNEL_UNIT}": {**MARKED, "mark": "flannel"}}, {}, "in the flannel network 10.42.0.0/16 of somebody else (cni0, flannel.1"),
    "only the device": ("k3s", {"daemons": [], "interfaces|cni0|addresses": [], "flannel|subnet_env": None}, {}, "in the flannel network 10.42.1.0/32 of somebody else (flannel.1): "),
    "our device without its files": ("k3s", {"daemons": [], "interfaces|cni0|addresses": [], "flannel|subnet_env": None}, {"network": {**NETWORK, "Network": "10.42.0.0/16"}}, ""),
    "Cilium": ("cilium", {}, {}, "overlay_network = VNI 1, Port 8472: allowed: a VNI and a UDP port that no other VXLAN device has; the device cilium_vxlan has VNI 0 and port 8472. Fix: set another Port and VNI in Backend of overlay_network, for all hosts, such as VNI: 2, Port: 8473"),
    "the VNI": ("cilium", {"interfaces|cilium_vxlan|vni": 1, "interfaces|cilium_vxlan|port": 4789}, {}, "the device cilium_vxlan has VNI 1 and port 4789. Fix: set another Port and VNI in Backend of overlay_network, for all hosts, such as VNI: 2, Port: 8473"),
    "neither": ("cilium", {"interfaces|cilium_vxlan|vni": 2, "interfaces|cilium_vxlan|port": 4789}, {}, ""),
    "another port": ("cilium", {}, {"network": {**NETWORK, "Backend": {"Type": "vxlan", "VNI": 2, "Port": 8473}}}, ""),
    "both are there": ("cilium", {f"files|{FLANNEL_UNIT}": {**MARKED, "mark": "flannel"}, "interfaces|flannel.1": {"kind": "vxlan", "vni": 1, "port": 8472, "addresses": []}}, {}, ""),
    "both are there, for another VNI": ("cilium", {f"files|{FLANNEL_UNIT}": {**MARKED, "mark": "flannel"}, "interfaces|flannel.1": {"kind": "vxlan", "vni": 1, "port": 8472, "addresses": []}}, {"network": {**NETWORK, "Backend": {"Type": "vxlan", "VNI": 5}}}, "the device cilium_vxlan has VNI 0 and port 8472"),
    "another backend": ("cilium", {}, {"network": {**NETWORK, "Backend": {"Type": "host-gw"}}}, ""),
}  # fmt: skip
CE = {"docker_package_source": "docker-ce"}
ENTRY = {"file": "/etc/apt/sources.list.d/mine.list", "uri": "https://download.docker.com/linux/debian", "suite": "trixie", "components": ["stable"], "signed_by": "/k"}  # fmt: skip
REMOVED = {"packages|docker.io": None, "packages|docker-cli": None}
DOCKER = {
    "bare": ("bare", {}, {}, ""),
    "container with the host's network": ("containers", {"daemons": [{"name": "dockerd", "pid": 9, "unit": SCOPE, "in_container": True, "on_host_network": True, "data_dir": "", "executable": "/dockerd"}]}, {}, ""),
    "docker.service": ("containers", {}, {}, ""),
    "snap": ("dockerds", {}, {}, "dockerd = dockerd, process 22742 of snap.docker.dockerd.service: allowed: no other dockerd than that of docker.service"),
    "way out of the snap": ("dockerds", {}, {}, "Fix: snap stop --disable docker (or snap remove docker), then run again"),
    "rootless": ("dockerds", {}, {}, "dockerd = dockerd, process 22744 of user-stand-in.service: allowed"),
    "rootless beside the role's docker": ("dockerds", {f"files|{DOCKER_DROP_IN}": {**MARKED, "mark": "docker"}}, {}, "dockerd = dockerd, process 22742 of snap."),
    "containerd.io": ("bare", {**REMOVED, "packages|containerd.io": "1.7.29-1"}, {}, "docker_package_source = distribution, whose docker.io replaces containerd.io 1.7.29-1: allowed: packages that remove none of this host. Fix: docker_package_source: docker-ce, whose"),
    "containerd.io, own list": ("bare", {**REMOVED, "packages|containerd.io": "1.7.29-1"}, {"docker_packages": ["docker.io"]}, "docker_packages = docker.io, whose docker.io replaces containerd.io 1.7.29-1"),
    "containerd.io, with a version": ("bare", {**REMOVED, "packages|containerd.io": "1.7.29-1"}, {"docker_version": "26.1*"}, "whose docker.io replaces containerd.io"),
    "containerd.io for docker-ce": ("bare", {**REMOVED, "packages|containerd.io": "1.7.29-1"}, CE, ""),
    "containerd.io, docker not installed by the role": ("bare", {**REMOVED, "packages|containerd.io": "1.7.29-1", "units|docker.service|load_state": "loaded", "files|/usr/sbin/iptables": {"exists": True}}, {"docker_install": False}, ""),
    "containerd of Debian": ("bare", {**REMOVED, "packages|containerd": "1.7.24", "packages|runc": "1.1.15"}, CE, "docker_package_source = docker-ce, whose containerd.io replaces containerd 1.7.24, runc 1.1.15: allowed"),
    "containerd for docker.io": ("bare", {**REMOVED, "packages|containerd": "1.7.24", "packages|runc": "1.1.15"}, {}, ""),
    "repository without the component": ("bare", {**REMOVED, "packages|containerd": None, "packages|runc": None, "repositories": [{**ENTRY, "components": ["test"]}]}, CE, "docker_package_source = docker-ce, and /etc/apt/sources.list.d/mine.list has this repository (https://download.docker.com/linux/debian trixie) with Signed-By /k, but without stable"),
}  # fmt: skip


def told(found):
    return [text.partition(": ")[2] for text in found.refusals]


@pytest.mark.parametrize("case", ETCD)
def test_etcd(case, host_of):
    name, changes, variables, words = ETCD[case]
    found = told(etcd(host_of(name, changes), **variables))
    assert [text for text in found if words in text] == found and bool(found) == bool(words)


@pytest.mark.parametrize("case", FLANNEL)
def test_flannel(case, host_of):
    name, changes, variables, words = FLANNEL[case]
    found = told(flannel(host_of(name, changes), **variables))
    assert [text for text in found if words in text] == found and bool(found) == bool(words)


@pytest.mark.parametrize("case", DOCKER)
def test_docker(case, host_of):
    """The recorded host has two foreign ones at once."""
    name, changes, variables, words = DOCKER[case]
    found = told(docker(host_of(name, {"packages|containerd": None, "packages|runc": None, **changes}), **variables))
    assert sum(bool(words) and words in text for text in found) == bool(words)
    assert len(found) == (2 if name == "dockerds" and "role's" not in case else bool(words))


def test_what_is_taken_over_is_kept(host_of):
    data = {"files|/srv/app-etcd/member": {"exists": True, "type": "directory", "owner": "etcd"}}
    facts = host_of(
        "own_units", {**data, "files|/usr/local/bin/etcdctl": FOREIGN, "files|/etc/flannel/flanneld.env": FOREIGN}
    )
    assert etcd(facts, adopt=True, data_dir="/srv/app-etcd").adopted == [UNIT, "/usr/local/bin/etcdctl"]
    assert etcd(facts, adopt=True, data_dir="/srv/app-etcd", install_method="package").adopted == [UNIT]
    assert flannel(facts, adopt=True).adopted == [FLANNEL_UNIT, "/etc/flannel/flanneld.env"]
    facts["files"][UNIT] = MARKED
    assert etcd(facts, adopt=True, data_dir="/srv/app-etcd").adopted == []


@pytest.mark.parametrize(
    ("entries", "is_written"),
    [
        ([], True),
        ([ENTRY], False),
        ([{**ENTRY, "suite": "bookworm"}], True),
        ([{**ENTRY, "uri": "https://mirror/linux/debian"}], True),
        ([{**ENTRY, "file": "/etc/apt/sources.list.d/docker-ce.sources"}], True),
    ],
)
def test_a_repository_that_is_there_is_used(host_of, entries, is_written):
    changes = {"packages|containerd": None, "packages|runc": None, **REMOVED, "repositories": entries}
    found = docker(host_of("bare", changes), **CE)
    assert found.refusals == []
    assert bool(found.repository) == is_written


def test_facts_without_a_mark_refuse_nothing(host_of):
    facts = host_of("bare", {f"files|{UNIT}": {"exists": True, "type": "file", "sha256": "0"}})
    assert etcd(facts).refusals == []
