# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The flow of the module over a store in memory; the integration tests do the same on real etcd."""

from __future__ import annotations

import json

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import (
    ConflictError,
    InputError,
    RefusedError,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import ARGUMENTS
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import Entry
from ansible_collections.overlay.flannel.plugins.modules import network

KEY = "/flannel/network/config"
WANTED = {"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}}
OTHER = {"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan", "VNI": 2}}
BREAKING = {"Network": "10.6.0.0/16", "Backend": {"Type": "vxlan"}}
LEASE = Entry("/flannel/network/subnets/10.5.1.0-24", '{"PublicIP":"192.0.2.1","BackendType":"vxlan"}', 3, 9)


class Memory:
    """Compare-and-swap as etcd does it; `rivals` write just before we do."""

    api = "v3"

    def __init__(self, config=None, entries=(), rivals=()):
        self.entries = {entry.key: entry for entry in entries}
        self.rivals = list(rivals)
        self.revision = 10
        if config is not None:
            self.write(KEY, json.dumps(config))

    def write(self, key, value):
        self.revision += 1
        self.entries[key] = Entry(key, value, self.revision)

    def get(self, key):
        return self.entries.get(key)

    def list_prefix(self, prefix):
        return [entry for key, entry in self.entries.items() if key.startswith(prefix)]

    def swap(self, key, revision):
        if self.rivals:
            self.write(KEY, json.dumps(self.rivals.pop(0)))
        if (self.entries[key].revision if key in self.entries else 0) != revision:
            raise ConflictError(f"{key}: another writer was faster")

    def put(self, key, value, revision):
        self.swap(key, revision)
        self.write(key, value)
        return self.revision

    def delete(self, key, revision):
        self.swap(key, revision)
        del self.entries[key]


class Module:
    def __init__(self, check_mode=False, **params):
        defaults = {name: option.get("default") for name, option in ARGUMENTS.items()}
        own = {"config": WANTED, "psk": None, "state": "present", "force": False, "allow_extension": False}
        self.params = {**defaults, **own, **params}
        self.check_mode = check_mode
        self.no_log_values = set()
        self.warnings = []

    def warn(self, text):
        self.warnings.append(text)


@pytest.fixture
def work(monkeypatch):
    def run(store, module=None):
        monkeypatch.setattr(network, "open_store", lambda *_: store)
        return network.work(module or Module())

    return run


def stored(store):
    return json.loads(store.entries[KEY].value) if KEY in store.entries else None


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("before", "params", "changed", "after"),
    [
        (None, {}, True, WANTED),
        (WANTED, {}, False, WANTED),
        ({"network": "10.5.0.0/16", "SubnetLen": 24, "backend": {"type": "VXLAN"}}, {}, False, "before"),
        (OTHER, {}, True, WANTED),
        (WANTED, {"state": "absent", "config": None}, True, None),
        (None, {"state": "absent", "config": None}, False, None),
    ],
)
def test_states(work, check_mode, before, params, changed, after):
    store = Memory(before)
    result = work(store, Module(check_mode, **params))
    after = before if after == "before" else after
    assert (result["changed"], result["before"], result["after"]) == (changed, before, after)
    assert stored(store) == (before if check_mode else after)
    if not check_mode:
        assert result["revision"] == (store.entries[KEY].revision if after else 0)


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("params", [{"config": BREAKING}, {"state": "absent"}])
def test_leases_in_use_are_protected(work, check_mode, params):
    store = Memory(WANTED, [LEASE])
    with pytest.raises(RefusedError, match=r"10\.5\.1\.0/24 of 192\.0\.2\.1"):
        work(store, Module(check_mode, **params))
    assert stored(store) == WANTED


@pytest.mark.parametrize(("params", "after"), [({"config": BREAKING}, BREAKING), ({"state": "absent"}, None)])
def test_force(work, params, after):
    store = Memory(WANTED, [LEASE])
    assert work(store, Module(force=True, **params))["changed"]
    assert stored(store) == after


def test_changes_that_break_nothing_pass(work):
    store = Memory(WANTED, [LEASE, Entry("/flannel/network/subnets/nonsense", "", 4)])
    assert work(store, Module(config=OTHER))["changed"]


def test_another_writer_with_the_same_wish(work):
    store = Memory(None, rivals=[WANTED])
    result = work(store)
    assert (result["changed"], result["before"]) == (False, WANTED)


def test_another_writer_with_another_wish(work):
    store = Memory(None, rivals=[OTHER])
    result = work(store)
    assert (result["changed"], result["before"]) == (True, OTHER)
    assert stored(store) == WANTED


def test_a_writer_who_does_not_stop(work):
    store = Memory(None, rivals=[OTHER, BREAKING, OTHER, BREAKING])
    with pytest.raises(ConflictError):
        work(store)


def test_warnings(work):
    module = Module(config={"Network": "10.5.0.0/16"})
    result = work(Memory(), module)
    assert [finding["code"] for finding in result["config_warnings"]] == ["backend_absent"]
    assert "so flannel uses udp" in module.warnings[0]


def test_useless_configurations(work):
    useless = {**WANTED, "SubnetMin": "10.5.9.0", "SubnetMax": "10.5.8.0"}
    with pytest.raises(RefusedError):
        work(Memory(), Module(config=useless))
    assert work(Memory(), Module(config=useless, force=True))["changed"]


def test_secrets_are_masked(work):
    psk, old = "A" * 43 + "=", "B" * 43 + "="
    module = Module(config={"Network": "10.5.0.0/16", "Backend": {"Type": "wireguard"}}, psk=psk)
    store = Memory({"Network": "10.5.0.0/16", "Backend": {"Type": "wireguard", "PSK": old}})
    work(store, module)
    assert stored(store)["Backend"]["PSK"] == psk
    assert module.no_log_values == {psk, old}


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("there", [None, {"Network": "10.5.0.0/16", "Backend": {"Type": "extension"}}])
def test_commands_from_etcd_need_a_word_of_their_own(work, force, there):
    """Whatever is there already, and also where leases may break."""
    wanted = {"Network": "10.5.0.0/16", "Backend": {"Type": "Extension"}}
    store = Memory(there)
    with pytest.raises(InputError, match="Backend.Type = extension: allowed: another backend.* set allow_extension"):
        work(store, Module(config=wanted, force=force))
    assert stored(store) == there
    result = work(store, Module(config=wanted, force=force, allow_extension=True))
    assert result["changed"] == (there is None)
    assert [finding["code"] for finding in result["config_warnings"]] == ["backend_runs_commands"]
    assert work(store, Module(config=None, state="absent", force=True))["changed"]
