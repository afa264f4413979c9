# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module network where it has to refuse, to give way, or to overwrite."""

from __future__ import annotations

import json

import pytest
from conftest import run_module

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import ConflictError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import from_params
from ansible_collections.overlay.flannel.plugins.module_utils.registry.open_store import open_store
from ansible_collections.overlay.flannel.plugins.modules import network

VXLAN = {"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}}
DUAL = {**VXLAN, "EnableIPv6": True, "IPv6Network": "fd00:5::/48"}


def run(place, check_mode=False, **params):
    return run_module("network", check_mode, **{**place.connection(), **params})


BREAKING = [
    {**VXLAN, "Network": "10.6.0.0/16"},
    {**VXLAN, "SubnetLen": 25},
    {**VXLAN, "SubnetMin": "10.5.2.0"},
    {**VXLAN, "Backend": {"Type": "host-gw"}},
    {"state": "absent"},
]


def wish(wanted):
    return wanted if "state" in wanted else {"config": wanted}


@pytest.mark.parametrize("wanted", BREAKING, ids=["network", "length", "min", "backend", "absent"])
def test_leases_in_use(newest, wanted):
    newest.configure(VXLAN)
    newest.lease()
    for check_mode in (True, False):
        result = run(newest, check_mode, **wish(wanted))
        assert result["failed"]
        assert "10.5.1.0/24 of 192.0.2.1" in result["msg"]
        assert "force" in result["msg"]
        assert [lease["public_ip"] for lease in result["leases"]] == ["192.0.2.1"]
    assert newest.config == VXLAN
    assert run(newest, force=True, **wish(wanted))["changed"]
    assert newest.config == (None if "state" in wanted else wanted)


def test_leases_in_use_by_either_api(place):
    place.configure(VXLAN)
    place.lease()
    assert "10.5.1.0/24 of 192.0.2.1" in run(place, config=BREAKING[1])["msg"]
    assert run(place, config={**VXLAN, "Network": "10.4.0.0/15"})["changed"]
    assert "10.5.1.0/24" in run(place, state="absent")["msg"]


def test_dual_stack(newest):
    assert run(newest, config=DUAL)["normalized"]["IPv6SubnetMin"] == "fd00:5:0:1::"
    assert not run(newest, config=DUAL)["changed"]
    newest.lease("10.5.1.0-24&fd00:5:0:1::-64")
    assert "it has an IPv6 subnet" in run(newest, config=VXLAN)["msg"]


@pytest.mark.parametrize("stored", ["{broken", "[]", '{"Network":"10.5.0.0/33"}', "ünïcode \\ \"quotes\" and 'quotes'"])
def test_what_is_stored_may_be_anything(either, stored):
    either.configure(stored)
    result = run(either, config=VXLAN)
    assert result["changed"]
    assert result["before"] == (stored if stored[0] not in "[{" or stored == "{broken" else json.loads(stored))
    assert either.config == VXLAN


def test_odd_texts_arrive_unharmed(place):
    config = {
        "Network": "10.5.0.0/16",
        "Backend": {"Type": "extension", "PostStartupCommand": "echo 'a' \"b\" \\ $x\nü😀"},
    }
    refused = run(place, config=config)
    assert refused["failed"] and "set allow_extension to true" in refused["msg"]
    assert place.config is None
    assert run(place, config=config, allow_extension=True)["changed"]
    assert place.config == config
    assert not run(place, config=config, allow_extension=True)["changed"]


@pytest.mark.parametrize(
    ("version", "config", "words"),
    [
        ("0.28.10", {"Network": "10.5.0.0/29"}, ["Network = 10.5.0.0/29", "network is too small", "Allowed: ", "Fix: "]),
        ("0.28.10", {**VXLAN, "SubnetLen": 31}, ["SubnetLen = 31", "18 to 30", "Fix: "]),
        ("0.28.10", {"Network": "10.5.0.0/16", "Backend": {"Type": "gce"}}, ["Backend.Type = 'gce'", "vxlan", "older than 0.20.0"]),
        ("0.28.10", {**VXLAN, "SubnetMin": "10.5.9.0", "SubnetMax": "10.5.8.0"}, ["SubnetMin 10.5.9.0 lies above", "force"]),
        ("latest", VXLAN, ["flannel_version = 'latest'", "allowed: ", "Fix: "]),
    ],
)  # fmt: skip
def test_bad_configurations(newest, version, config, words):
    for check_mode in (True, False):
        result = run(newest, check_mode, config=config, flannel_version=version)
        assert result["failed"]
        assert [word for word in words if word not in result["msg"]] == []
    assert newest.config is None


def test_warnings(newest):
    result = run(newest, config={"Network": "10.5.0.0/16", "SubnetLenn": 24})
    assert [finding["code"] for finding in result["config_warnings"]] == ["unknown_key", "backend_absent"]
    assert "did you mean SubnetLen?" in str(result["warnings"])


def test_secrets_are_not_shown(newest):
    psk, old = "A" * 43 + "=", "B" * 43 + "="
    newest.configure({"Network": "10.5.0.0/16", "Backend": {"Type": "wireguard", "PSK": old}})
    result = run(newest, config={"Network": "10.5.0.0/16", "Backend": {"Type": "wireguard"}}, psk=psk)
    assert result["changed"]
    assert newest.config["Backend"]["PSK"] == psk
    assert psk not in json.dumps(result)
    assert old not in json.dumps(result)
    result = run(newest, config={"Network": "10.5.0.0/16", "Backend": {"Type": "wireguard", "PSK": old}})
    assert "give the key as psk" in str(result["warnings"])
    assert old not in json.dumps(result)


class Rival:
    """Real etcd, with another writer who is always just ahead of us."""

    def __init__(self, store, place, configs):
        self.store = store
        self.place = place
        self.configs = list(configs)
        self.api = store.api

    def __getattr__(self, name):
        return getattr(self.store, name)

    def put(self, key, value, revision):
        if self.configs:
            self.place.configure(self.configs.pop(0))
        return self.store.put(key, value, revision)


class Module:
    def __init__(self, place, config):
        arguments = {name: option.get("default") for name, option in network.ARGUMENTS.items()}
        self.params = {
            **arguments,
            **place.connection(),
            "config": config,
            "psk": None,
            "state": "present",
            "force": False,
            "allow_extension": False,
        }
        self.check_mode = False
        self.no_log_values = set()

    def warn(self, text):
        pass


@pytest.fixture
def race(place, monkeypatch):
    def run_against(*configs):
        module = Module(place, VXLAN)
        store = open_store(from_params(module.params), place.api)
        monkeypatch.setattr(network, "open_store", lambda *_: Rival(store, place, configs))
        return network.work(module)

    return run_against


OTHER = {**VXLAN, "SubnetLen": 25}


def test_a_rival_with_the_same_wish(place, race):
    result = race(VXLAN)
    assert (result["changed"], result["before"]) == (False, VXLAN)


def test_a_rival_with_another_wish(place, race):
    result = race(OTHER)
    assert (result["changed"], result["before"]) == (True, OTHER)
    assert place.config == VXLAN


def test_a_rival_who_does_not_stop(place, race):
    with pytest.raises(ConflictError, match="another writer was faster, nothing was written"):
        race(OTHER, {**VXLAN, "SubnetLen": 26}, OTHER)
    assert place.config == OTHER


def test_what_another_deleted_is_not_deleted_twice(place):
    place.configure(VXLAN)
    store = open_store(from_params(Module(place, VXLAN).params), place.api)
    revision = store.get(place.config_key).revision
    place.keys.delete(place.config_key)
    with pytest.raises(ConflictError):
        store.delete(place.config_key, revision)
    with pytest.raises(ConflictError):
        store.put(place.config_key, "{}", revision)
    assert place.config is None
