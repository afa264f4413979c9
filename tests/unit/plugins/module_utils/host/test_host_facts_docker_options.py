# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import Output
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import docker_options as options
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import flannel
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.systemd_syntax import parse_environment_file


@pytest.mark.parametrize(
    ("argv", "found"),
    [
        (
            ["dockerd", "--bip=10.1.2.1/24", "--ip-masq=false", "--mtu", "1450"],
            {"bip": "10.1.2.1/24", "ip_masq": "false", "mtu": "1450"},
        ),
        (["dockerd", "--bip=1", "--bip=2"], {"bip": "2"}),
        (["dockerd", "-H", "fd://", "-b", "br0", "--ipv6"], {"host": "fd://", "bridge": "br0", "ipv6": "true"}),
        (["dockerd", "--log-level=info"], {}),
        (["dockerd", "--mtu"], {"mtu": ""}),
    ],
)
def test_docker_options(argv, found):
    assert options.docker_options(argv) == found


def test_file_of_mk_docker_opts():
    text = 'DOCKER_OPT_BIP="--bip=10.1.2.1/24"\nDOCKER_OPTS=" --bip=10.1.2.1/24 --ip-masq=true --mtu=1450"\n'
    assert options.options_in(parse_environment_file(text)) == {"bip": "10.1.2.1/24", "ip_masq": "true", "mtu": "1450"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, []),
        ("", []),
        ('DOCKER_OPT_BIP="--bip=1"\n', []),
        ('KEY=" --bip=1 --mtu=2"\n', ["--bip=1", "--mtu=2"]),
        ("KEY=--bip=1\nKEY='--bip=2'\n", ["--bip=2"]),
        ('# KEY="--bip=1"\nMY_KEY="--bip=1"\n', []),
    ],
)
def test_wanted_options(text, found):
    assert options.wanted_options(text, "KEY") == found


def test_words_of_options_are_read_as_the_same_options():
    found = {"bip": "10.1.2.1/24", "ip_masq": "false", "fixed_cidr_v6": "fd00::/64"}
    assert options.as_words(found) == ["--bip=10.1.2.1/24", "--ip-masq=false", "--fixed-cidr-v6=fd00::/64"]
    assert options.docker_options(options.as_words(found)) == found


def test_subnet_env(recorded):
    found = options.subnet_env(parse_environment_file(recorded("subnet.env")))
    assert (found["network"], found["subnet"], found["mtu"]) == ("10.43.0.0/16", "10.43.47.1/24", 1450)
    assert options.subnet_env({}) is None
    assert options.subnet_env({"FLANNEL_SUBNET": "x", "FLANNEL_MTU": "-50"})["mtu"] == -50


@pytest.mark.parametrize(
    ("code", "output", "version"),
    [
        (0, "v0.28.10\n", "0.28.10"),
        (0, "0.5.3+git\n", "0.5.3+git"),
        (0, "dev\n", "dev"),
        (2, "flag provided but not defined: -version\nUsage of flanneld:\n", None),
        (127, "", None),
    ],
)
def test_flannel_version(code, output, version):
    assert flannel.version(None, lambda argv: Output(code, "", output)) == version


@pytest.mark.parametrize(
    ("argv", "environ", "address"),
    [
        (["flanneld"], {"FLANNELD_PUBLIC_IP": "192.0.2.1"}, "192.0.2.1"),
        (["flanneld", "-public-ip=192.0.2.2"], {"FLANNELD_PUBLIC_IP": "192.0.2.1"}, "192.0.2.2"),
        (["flanneld", "--public-ip", "192.0.2.2", "-v=1"], None, "192.0.2.2"),
        (["flanneld"], None, None),
    ],
)
def test_public_ip(monkeypatch, argv, environ, address):
    monkeypatch.setattr(flannel, "environment", lambda pid: environ)
    assert flannel.public_ip({"pid": 1, "argv": argv, "executable": "", "started": 0.0}) == address


def test_devices():
    assert flannel.devices(dict.fromkeys(["lo", "flannel-v6.1", "flannel.1"])) == ["flannel.1", "flannel-v6.1"]


def test_devices_with_entries(recorded):
    links = json.loads(recorded("backends.json"))
    dual, udp = links["vxlan_dual"]["interfaces"], links["udp"]["interfaces"]
    assert flannel.devices(dual) == flannel.with_entries(dual) == ["flannel.1", "flannel-v6.1"]
    assert (flannel.devices(udp), flannel.with_entries(udp)) == (["flannel0"], [])
