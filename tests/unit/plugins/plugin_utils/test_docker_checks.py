# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the docker role refuses: each check once with what it refuses, and with what passes beside it."""

from __future__ import annotations

import docker_case as case
import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker import DAEMON_JSON_KEYS
from ansible_collections.overlay.flannel.plugins.plugin_utils import docker_host_checks as checks

DOCKER29 = {"docker|version": "29.8.1"}
NFTABLES = {
    "firewall-backend": "nftables",
    "allow-direct-routing": True,
    "bridge-accept-fwmark": "0x10000000/0x10000000",
}
UNIT = "units|docker.service|"
FILES = "/etc/default/docker, /etc/sysconfig/docker, /etc/sysconfig/docker-network"
KEYS = "docker|daemon_json|keys"
CE = {"docker.io": None, "docker-cli": None, "docker-ce": "5:28.5.2-1~debian.13~trixie"}
BIP = "bip, mtu, ip-masq, bridge, fixed-cidr, default-gateway"
NETWORKS = [{"name": "other", "subnet": "10.43.0.0/24", "driver": "bridge"}]
OLD = [{"address": "10.43.1.1", "prefixlen": 24, "family": 4}]


@pytest.fixture
def ready(facts):
    return case.as_wanted(facts)


def refusals(ready, changes, variables):
    for path, value in changes.items():
        case.change(ready, path, value)
    return case.plan(ready, **variables).refusals


def content(text):
    return {"files|/etc/default/docker": case.text(text)}


# Changes of the host, variables of the role, and the only refusal: without it, what passes.
SILENT = {
    "docker|error": "docker does not answer at its socket: timed out",
    "docker|live_restore": None,
    "docker|containers_running": None,
}
CASES = [
    ({"platform|init": "openrc"}, {}, "init system = openrc: allowed: systemd. Fix: "),
    ({}, {"docker_ce_url": "https://user:hush@192.0.2.1/docker"}, "docker_ce_url = https://***@192.0.2.1/docker: allowed: a URL without user"),
    ({}, {"docker_ce_key_url": "https://user:hush@192.0.2.1/gpg"}, "docker_ce_key_url = https://***@192.0.2.1/gpg: allowed: a URL without user"),
    ({}, {"docker_options_key": "A-B("}, "docker_options_key = A-B(: allowed: a name for an environment variable"),
    ({}, {"docker_options_key": "DOCKER_OPT"}, None),
    ({}, {"docker_overlay_network": "10.43.0.1/16"}, "docker_overlay_network = 10.43.0.1/16: allowed: an IPv4 network such as 10.20.0.0/16, without host bits. Fix: set it to flannel's Network."),
    ({}, {"docker_overlay_network": ""}, "docker_overlay_network = : allowed: an IPv4 network"),
    ({}, {"docker_overlay_network": "10.43.0.0"}, "docker_overlay_network = 10.43.0.0: allowed: an IPv4 network"),
    ({}, {"docker_overlay_network": "10.43.0.0/255.255.0.0"}, "docker_overlay_network = 10.43.0.0/255.255.0.0: allowed"),
    ({}, {"docker_overlay_network": "fd00::/48"}, "docker_overlay_network = fd00::/48: allowed: an IPv4 network"),
    ({}, {"docker_overlay_network": "10.43.64.0/18"}, None),
    ({}, {"docker_overlay_device": "flannel.1, eth1"}, "docker_overlay_device = flannel.1, eth1: allowed: names of devices, separated by commas"),
    ({}, {"docker_overlay_device": ""}, "docker_overlay_device = : allowed: names of devices"),
    ({}, {"docker_overlay_device": "flannel.1,eth1"}, None),
    ({}, {"docker_overlay_ipv6_network": "fd00::/48"}, "docker_overlay_ipv6_device = : allowed: with docker_overlay_ipv6_network, names"),
    ({}, {"docker_overlay_ipv6_network": "fd00::/48", "docker_overlay_ipv6_device": "flannel-v6.1"}, None),
    ({}, {"docker_overlay_ipv6_device": "a,,b"}, None),
    ({}, {"docker_restart_serial": -1}, "docker_restart_serial = -1: allowed: 0 (all hosts at once) or a number of hosts"),
    ({}, {"docker_restart_serial": 5}, None),
    ({}, {"docker_restart_timeout": 29}, "docker_restart_timeout = 29: allowed: 30 or more seconds"),
    ({}, {"docker_restart_timeout": 30}, None),
    ({UNIT + "load_state": "not-found"}, {"docker_install": False}, "docker_install = False: allowed: false only where docker.service exists (it is not-found here)"),
    ({"units": {}}, {"docker_install": False}, "docker_install = False: allowed: false only where docker.service exists (it is not-found here)"),
    ({UNIT + "load_state": "not-found"}, {}, None),
    ({"packages|docker.io": None}, {"docker_install": False}, None),
    ({UNIT + "load_state": "masked"}, {}, "docker.service = masked: allowed: a unit that can be started. Fix: systemctl unmask docker.service."),
    ({"files|/usr/sbin/iptables": {"exists": False}}, {"docker_install": False}, "/usr/sbin/iptables = missing: allowed: the program iptables, which docker needs"),
    ({"files|/usr/sbin/iptables": {"exists": False}}, {}, None),
    ({"platform|id": "fedora", "platform|family": "redhat", "platform|package_manager": "dnf", "platform|version": "42"}, {}, "docker_package_source = distribution (on fedora 42): allowed: a source with packages that the role knows"),
    ({"platform|id": "fedora", "platform|family": "redhat", "platform|package_manager": "dnf"}, {"docker_packages": ["moby-engine"]}, None),
    ({"packages": CE}, {}, "docker_package_source = distribution: allowed: the source of the installed docker (docker-ce). Fix: docker_package_source: docker-ce, or docker_install: false."),
    ({}, {"docker_package_source": "docker-ce"}, "docker_package_source = docker-ce: allowed: the source of the installed docker (docker.io). Fix: docker_package_source: distribution, or"),
    ({"packages": CE}, {"docker_package_source": "docker-ce"}, None),
    ({"packages": CE}, {"docker_install": False}, None),
    ({"packages": CE}, {"docker_packages": ["docker-ce"]}, None),
    ({}, {"docker_packages": ["docker.io=26.1.5+dfsg1-9+b9", "docker-cli"]}, "docker_packages = docker.io=26.1.5+dfsg1-9+b9: allowed: names of packages, without version, release or architecture. Fix: list only names, and set the version in docker_version: 26.1.5+dfsg1-9+b9."),
    ({}, {"docker_packages": ["docker-ce-3:26.1.4-1.el9"]}, "docker_packages = docker-ce-3:26.1.4-1.el9: allowed: names of packages, without version, release or architecture. Fix: list only names, and set the version in docker_version: 3:26.1.4-1.el9."),
    ({}, {"docker_packages": ["docker-ce-26.1.4"]}, "in docker_version: 26.1.4."),
    ({}, {"docker_packages": ["docker.io/trixie-backports"]}, "list only names, and set the version in docker_version."),
    ({}, {"docker_packages": ["docker.io:amd64"]}, "docker_packages = docker.io:amd64"),
    ({}, {"docker_packages": ["docker.io", "python3.11-docker", "libstdc++6"]}, None),
    ({}, {"docker_packages": ["docker.io=26"], "docker_install": False}, None),
    ({"docker|daemon_json|error": "line 1"}, {}, "/etc/docker/daemon.json = line 1: allowed: a JSON object. Fix: correct the file (dockerd does not start with it either)."),
    ({KEYS: {"bip": "10.99.0.1/24", "default-address-pools": []}}, {}, f"/etc/docker/daemon.json = {{\"bip\": \"10.99.0.1/24\"}}: allowed: none of {BIP}, hosts. Fix: "),
    ({KEYS: {"hosts": ["tcp://0.0.0.0"]}}, {}, "/etc/docker/daemon.json = {\"hosts\": [\"tcp://0.0.0.0\"]}: allowed: none of"),
    ({KEYS: {"hosts": ["tcp://0.0.0.0"]}, UNIT + "exec_start": "/d $DOCKER_OPTS", UNIT + "fragment_exec_start": "/d $DOCKER_OPTS"}, {}, None),
    ({KEYS: {"ipv6": True}}, {}, None),
    ({KEYS: {"ipv6": True}}, {"docker_overlay_ipv6_network": "fd00::/48", "docker_overlay_ipv6_device": "x"}, "/etc/docker/daemon.json = {\"ipv6\": true}: allowed: none of"),
    ({KEYS: {"iptables": False}}, {}, "/etc/docker/daemon.json: iptables = False: allowed: true. Fix: remove the key"),
    ({KEYS: {"iptables": True}}, {}, None),
    ({KEYS: {"firewall-backend": "nftables"}, **DOCKER29}, {}, "/etc/docker/daemon.json: firewall-backend = nftables, with {} beside it: allowed: \"allow-direct-routing\": true and \"bridge-accept-fwmark\": \"0x10000000/0x10000000\" beside it"),
    ({KEYS: {**NFTABLES, "allow-direct-routing": False}, **DOCKER29}, {}, "firewall-backend = nftables, with {\"allow-direct-routing\": false, "),
    ({KEYS: {**NFTABLES, "bridge-accept-fwmark": "0x1/0x1"}, **DOCKER29}, {}, "\"bridge-accept-fwmark\": \"0x1/0x1\"} beside it: allowed: "),
    ({KEYS: {**NFTABLES, "bridge-accept-fwmark": "0x10000000"}, **DOCKER29}, {}, "\"bridge-accept-fwmark\": \"0x10000000\"} beside it: allowed: "),
    ({KEYS: {**NFTABLES, "bridge-accept-fwmark": "268435456/0x10000000"}, **DOCKER29}, {}, None),
    ({KEYS: NFTABLES, **DOCKER29}, {}, None),
    ({KEYS: NFTABLES, **DOCKER29, "docker|running": False, "docker|version": None}, {}, None),
    ({KEYS: NFTABLES}, {}, "firewall-backend = nftables, with docker 28.5.2+dfsg4: allowed: docker 29 or newer for this backend. Fix: install docker 29 or newer, or take firewall-backend out"),
    ({KEYS: NFTABLES, "docker|version": None, "docker|running": False, "docker|installed": "26.1.5"}, {}, "nftables, with docker 26.1.5: allowed"),
    ({KEYS: NFTABLES, **DOCKER29, "docker|swarm": True}, {}, "firewall-backend = nftables, on a node of a swarm: allowed: a host without swarm"),
    ({KEYS: NFTABLES, **DOCKER29, "docker|running": False, "files|/var/lib/docker/swarm/docker-state.json": {"exists": True}}, {}, "on a node of a swarm"),
    ({KEYS: NFTABLES, **DOCKER29, "files|/usr/sbin/nft": {"exists": False}}, {"docker_install": False}, "/usr/sbin/nft = missing: allowed: the program nft, without which dockerd does not start"),
    ({KEYS: NFTABLES, **DOCKER29, "sysctls|net.ipv4.ip_forward": "0", "kernel": {"forwarding_can_be_set": False}}, {}, "net.ipv4.ip_forward = 0, and /proc/sys is read-only: allowed: 1, without which dockerd"),
    ({KEYS: NFTABLES, **DOCKER29, "sysctls|net.ipv4.ip_forward": "0", "kernel": {"forwarding_can_be_set": True}}, {}, None),
    ({"docker|firewall_backend": "nftables", **DOCKER29}, {}, None),
    ({KEYS: {"firewall-backend": "iptables"}}, {}, None),
    (content("# x\n  DOCKER_OPTS=\"--debug\"\n"), {}, f"{FILES} = DOCKER_OPTS=\"--debug\": allowed: no DOCKER_OPTS, which flannel's options would replace. Fix: overlay_docker_options_key (docker_options_key and flannel_docker_options_key without the collection's playbooks): DOCKER_NETWORK_OPTIONS. Docker then gets both."),
    (content("DOCKER_NETWORK_OPTIONS='--debug'\n"), {"docker_options_key": "DOCKER_NETWORK_OPTIONS"}, "without the collection's playbooks): DOCKER_OPTS. Docker then"),
    (content("DOCKER_OPTS=\n#DOCKER_OPTS=x\nDOCKER_OPTS=\"\"\nMY_DOCKER_OPTS=x\n"), {}, None),
    ({"files|/etc/sysconfig/docker": {"exists": True, "content": None}}, {}, None),
    (content("OTHER='--mtu=1400 --fixed-cidr 10.0.0.0/8 -b br0'\n"), {}, f"ExecStart of docker.service, {FILES} = --mtu=1400 --fixed-cidr 10.0.0.0/8 -b br0: allowed: no options of the bridge, which flannel sets"),
    ({UNIT + "exec_start": "/d --iptables=false $DOCKER_OPTS", UNIT + "fragment_exec_start": "/d --iptables=false $DOCKER_OPTS"}, {}, " = --iptables=false: allowed: no options of the bridge"),
    (content("OTHER='--fixed-cidr-v6=fd00::/80 --bip6=x --iptables'\n# --bip=1\n"), {}, None),
    ({UNIT + "exec_start": "/opt/dockerd --debug", UNIT + "drop_in_paths": ["/etc/x.conf", case.DROP_IN]}, {}, "ExecStart of docker.service = /opt/dockerd --debug: allowed: the vendor's command, or one that ends with $DOCKER_OPTS. Fix: add $DOCKER_OPTS to ExecStart in /etc/x.conf."),
    ({UNIT + "exec_start": "/opt/dockerd --debug ${DOCKER_OPTS}"}, {}, None),
    ({"docker|networks": NETWORKS}, {}, "docker_overlay_network = 10.43.0.0/16 overlaps with 10.43.0.0/24 of docker's network other: allowed: a network that docker does not use otherwise"),
    ({"docker|networks": NETWORKS}, {"docker_overlay_network": "10.44.0.0/16"}, None),
    ({KEYS: {"default-address-pools": [{"base": "10.43.128.0/17"}]}}, {}, "docker_overlay_network = 10.43.0.0/16 overlaps with 10.43.128.0/17 of default-address-pools"),
    ({"docker|live_restore": True, "docker|containers_running": 2, "interfaces|docker0|addresses": OLD}, {}, "live-restore = true, with 2 running containers: allowed: no running containers when docker has to restart with a new subnet (docker0 has 10.43.1.1/24, not 10.43.69.1/24)"),
    ({"docker|live_restore": True, "docker|containers_running": 2}, {}, None),
    ({"docker|live_restore": True, "docker|containers_running": 0, "interfaces|docker0|addresses": OLD}, {}, None),
    ({"docker|live_restore": True, "docker|containers_running": None, "interfaces|docker0|addresses": OLD}, {}, None),
    ({"docker|live_restore": True, "docker|containers_running": 2, "docker|running": False, UNIT + "active_state": "failed"}, {}, None),
    ({"docker|live_restore": None, "docker|containers_running": 2, "interfaces|docker0|addresses": OLD}, {}, None),
    # Docker does not answer: containers may be in the way. Nothing that needs no restart is refused for that.
    ({**SILENT, "interfaces|docker0|addresses": OLD}, {}, "live-restore = docker does not answer at its socket: timed out: allowed: an answer of docker, which has to restart (docker0 has 10.43.1.1/24, not 10.43.69.1/24)"),
    (SILENT, {}, None),
    ({**SILENT, "interfaces": {}}, {}, None),
    ({**SILENT, "firewall|docker_chain": False}, {}, None),
    ({**SILENT, UNIT + "active_state": "activating"}, {}, None),
    ({"docker|live_restore": True, "docker|containers_running": 2, "firewall|docker_chain": False}, {}, None),
    ({}, {"docker_start_without_flannel": -1}, "docker_start_without_flannel = -1: allowed: 0 (never) to 3600 seconds"),
    ({}, {"docker_start_without_flannel": 0}, None),
    ({"docker|live_restore": True, "docker|containers_running": 2, "files|/run/flannel/docker": {"exists": False}}, {}, None),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "variables", "expected"), CASES)
def test_checks(ready, changes, variables, expected):
    found = refusals(ready, changes, variables)
    if expected is None:
        assert found == []
    else:
        (refusal,) = found
        assert refusal.startswith("host1: ") and refusal.endswith(".")
        assert expected in refusal


def test_everything_wrong_at_once(ready):
    """In the order of the checks, and no check fails because of another one's input."""
    variables = {
        "docker_options_key": "(",
        "docker_overlay_network": "nonsense/",
        "docker_overlay_device": "",
        "docker_overlay_ipv6_network": "nonsense",
        "docker_restart_serial": -1,
        "docker_restart_timeout": 0,
        "docker_packages": ["="],
    }
    changes = {
        "platform|init": "",
        "platform|version": "",
        "units|docker.service": {"load_state": "masked"},
        "docker|daemon_json|error": "x",
        "docker|daemon_json|keys": {"firewall-backend": "nftables", "iptables": False},
        "docker|live_restore": True,
        "docker|containers_running": 1,
    }
    found = [text.partition(" = ")[0][len("host1: ") :] for text in refusals(ready, changes, variables)]
    assert found == [
        "init system",
        "docker_options_key",
        "docker_overlay_network",
        "docker_overlay_device",
        "docker_overlay_ipv6_device",
        "docker_restart_serial",
        "docker_restart_timeout",
        "docker.service",
        "docker_packages",
        "/etc/docker/daemon.json",
        "/etc/docker/daemon.json: iptables",
        "/etc/docker/daemon.json: firewall-backend",
        "/etc/docker/daemon.json: firewall-backend",
        "live-restore",
    ]


def test_keys_of_daemon_json_are_among_those_that_host_info_returns():
    used = {*checks.BRIDGE_KEYS, *checks.IPV6_KEYS, checks.HOSTS_KEY, checks.IPTABLES_KEY, *NFTABLES}
    assert used <= set(DAEMON_JSON_KEYS)
