# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import StoreError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import ARGUMENTS
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import firewall
from ansible_collections.overlay.flannel.plugins.module_utils.registry import task
from ansible_collections.overlay.flannel.plugins.modules import host_info


class Module:
    def __init__(self, **params):
        names = dict.fromkeys(host_info.KINDS, ())
        own = {
            "digest_key": None,
            "network": None,
            "leases": None,
            "address": None,
            "pings": 0,
            "ping_timeout": 0.1,
            "registry": None,
        }
        self.params = {**names, **own, **params}

    def run_command(self, argv, **_options):
        return 127, "", ""


@pytest.fixture
def work(monkeypatch):
    def with_facts(facts, **params):
        monkeypatch.setattr(host_info, "collect", lambda query, runner, digest_key: facts)
        return host_info.work(Module(**params))

    return with_facts


def bare_host():
    return {
        "platform": {"user": 0},
        "units": {},
        "interfaces": {"eth0": {"addresses": []}},
        "routes": [],
        "neighbours": [],
        "fdb": [],
        "processes": {},
        "sysctls": {"net.ipv4.ip_forward": "1"},
        "flannel": {"subnet_env": None, "device": None, "version": None},
        "docker": {"running": False, "docker0": None},
        "firewall": firewall.nothing(),
        "kernel": {"bridge_netfilter": False, "reverse_path_filter": {}, "transmit_checksum": {}},
    }


def test_a_bare_host_is_healthy(work):
    result = work(bare_host())
    assert (result["healthy"], result["findings"], result["lease"], result["pings"]) == (True, [], None, [])
    assert result["changed"] is False


def test_a_bare_host_that_should_have_a_lease(work):
    result = work(bare_host(), leases=[], address="192.0.2.1")
    assert not result["healthy"]
    assert {found["code"] for found in result["findings"]} == {
        "flanneld_not_active",
        "subnet_env_missing",
        "lease_not_found",
    }


def test_the_leases_are_not_told_again(work):
    """Ansible keeps the result of every host, and with it, before 2.21, the arguments."""
    leases = [{"subnet": "10.20.5.0/24", "public_ip": "192.0.2.9", "backend": "vxlan"}]
    result = work(bare_host(), leases=leases, address="192.0.2.1")
    assert "192.0.2.9" not in json.dumps(result)
    assert result["invocation"]["module_args"]["address"] == "192.0.2.1"


ETCD = {"pid": 7, "argv": ["etcd"], "executable": "/usr/bin/etcd", "started": 1.0}
REGISTRY = {**{name: option.get("default") for name, option in ARGUMENTS.items()}, "endpoints": []}


@pytest.mark.parametrize(
    ("endpoints", "own", "used"),
    [
        ([], ["http://192.0.2.1:2379", "http://192.0.2.2:2379"], ["http://192.0.2.1:2379"]),
        (["http://192.0.2.9:2379"], ["http://192.0.2.1:2379"], ["http://192.0.2.9:2379"]),
    ],
)
def test_leases_are_read_from_the_endpoints_or_from_the_etcd_of_the_host(work, monkeypatch, endpoints, own, used):
    def make_task(params):
        raise StoreError(f"no answer from {params['endpoints']}: {params['expected']}, {params['psk']}")

    monkeypatch.setattr(host_info, "client_urls", lambda process: own if process == ETCD else [])
    monkeypatch.setattr(task, "make_task", make_task)
    facts = {**bare_host(), "processes": {"etcd": ETCD}}
    result = work(facts, registry={**REGISTRY, "endpoints": endpoints, "psk": "key"})
    assert result["registry"] == {"error": f"no answer from {used}: [], key"}


@pytest.mark.parametrize("registry", [None, REGISTRY])
def test_a_host_without_etcd_reads_no_leases(work, registry):
    assert work(bare_host(), registry=registry)["registry"] is None
