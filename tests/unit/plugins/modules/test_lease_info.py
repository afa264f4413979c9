# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError, OverlayError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import ARGUMENTS
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import Entry
from ansible_collections.overlay.flannel.plugins.module_utils.registry import task
from ansible_collections.overlay.flannel.plugins.modules import lease_info

PSK = "A" * 43 + "="
WANTED = {"Network": "10.5.0.0/16", "Backend": {"Type": "wireguard"}}
WITH_KEY = {**WANTED, "Backend": {"Type": "wireguard", "PSK": PSK}}
CONFIG = Entry("/flannel/network/config", json.dumps(WITH_KEY), 7)
LEASE = Entry("/flannel/network/subnets/10.5.1.0-24", '{"PublicIP":"192.0.2.1","BackendType":"wireguard"}', 3, 9)


class Memory:
    api = "v3"

    def list_prefix(self, prefix):
        return [CONFIG, LEASE]

    def alarms(self):
        return []

    def ttls(self, entries):
        return {LEASE.key: 80000}


class Module:
    def __init__(self, **params):
        defaults = {name: option.get("default") for name, option in ARGUMENTS.items()}
        own = {"expected": [], "network": None, "psk": None}
        own.update({"renew_margin": 60, "ttl": True, "wait": False, "wait_timeout": 0})
        self.params = {**defaults, **own, **params}
        self.no_log_values = set()


@pytest.fixture
def work(monkeypatch):
    monkeypatch.setattr(task, "open_store", lambda *_: Memory())
    return lease_info.work


def host(name, address):
    return {"host": name, "public_ip": address}


def test_well(work):
    module = Module(expected=[host("node1", "192.0.2.1")], wait=True)
    result = work(module)
    assert (result["healthy"], result["findings"], result["changed"]) == (True, [], False)
    assert result["leases"][0]["ttl"] == 80000
    assert module.no_log_values == {PSK}


@pytest.mark.parametrize(
    ("network", "psk", "codes"),
    [
        (WANTED, PSK, []),
        (WANTED, "B" + PSK[1:], ["config_differs"]),
        (WANTED, None, ["config_differs"]),
        (WITH_KEY, None, []),
        (None, PSK, []),
    ],
)
def test_the_key_is_compared(work, network, psk, codes):
    result = work(Module(network=network, psk=psk))
    assert [finding["code"] for finding in result["findings"]] == codes


def test_without_times(work):
    assert work(Module(ttl=False))["leases"][0]["ttl"] is None


def test_waiting_in_vain(work):
    module = Module(expected=[host("node1", "192.0.2.1"), host("node2", "192.0.2.2")], wait=True)
    with pytest.raises(OverlayError, match=r"no lease after 0 s: node2 \(192\.0\.2\.2\)\. Fix: ") as caught:
        work(module)
    assert caught.value.details["missing"] == [host("node2", "192.0.2.2")]
    assert caught.value.details["healthy"] is False


def test_bad_addresses(work):
    with pytest.raises(InputError):
        work(Module(expected=[host("node1", "node1.example")]))
