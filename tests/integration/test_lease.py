# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module lease where it has to refuse, to give way, or to take; every key is looked at from outside."""

from __future__ import annotations

import pytest
from conftest import Place, numbers, run_module

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import (
    ConflictError,
    OverlayError,
    StoreError,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import from_params
from ansible_collections.overlay.flannel.plugins.module_utils.registry.open_store import open_store
from ansible_collections.overlay.flannel.plugins.modules import lease

SMALL = {"Network": "10.5.0.0/22", "SubnetLen": 24, "Backend": {"Type": "vxlan"}}  # 10.5.1.0 to 10.5.3.0
DUAL = {**SMALL, "EnableIPv6": True, "IPv6Network": "fd00:5::/48"}
RESERVED = '{"PublicIP":"192.0.2.1"}'
NODE1 = {"host": "node1", "public_ip": "192.0.2.1"}
OLD = 3000  # seconds left: a host that is alive would have renewed it


def run(place, check_mode=False, **params):
    return run_module("lease", check_mode, **{**place.connection(), **params})


def reserve(place, check_mode=False, **params):
    return run(place, check_mode, **{"public_ip": "192.0.2.1", **params})


def release(place, check_mode=False, **params):
    return run(place, check_mode, state="absent", **params)


def stored(place):
    """Every lease as others read it: name and text."""
    entries = open_store(from_params(parameters(place)), place.api).list_prefix(place.prefix + "/subnets")
    return {entry.key[len(place.prefix) + 9 :]: entry.value for entry in entries}


def ttl_of(place, name):
    store = open_store(from_params(parameters(place)), place.api)
    entry = store.get(f"{place.prefix}/subnets/{name}")
    return store.ttls([entry])[entry.key]


def parameters(place):
    defaults = {name: option.get("default") for name, option in lease.ARGUMENTS.items()}
    return {**defaults, **place.connection()}


def failed(result, *words):
    assert result.get("failed"), result
    assert [word for word in words if word not in result["msg"]] == [], result["msg"]
    assert "Fix: " in result["msg"]


@pytest.mark.parametrize(
    ("arrange", "params", "words"),
    [
        (lambda place: place.lease("10.5.2.0-24", "192.0.2.7"), {"subnet": "10.5.2.0/24"}, ["overlaps 10.5.2.0/24 of 192.0.2.7"]),
        (lambda place: place.lease("10.5.2.0-23", "192.0.2.7"), {"subnet": "10.5.3.0/24"}, ["overlaps 10.5.2.0/23 of 192.0.2.7"]),
        (lambda place: place.lease("10.5.2.0-24", "192.0.2.7", "", None, 0), {"subnet": "10.5.2.0/24"}, ["of 192.0.2.7"]),
        (lambda place: place.lease("10.5.2.0-24"), {"subnet": "10.5.3.0/24"}, ["10.5.2.0/24 of 192.0.2.1", "appear to be alive", "force"]),
        (lambda place: place.lease("10.5.0.0-16", "192.0.2.7"), {}, ["10.5.0.0/22 is full", "3 subnets", "0 are free"]),
        (lambda place: None, {"subnet": "10.5.4.0/24"}, ["10.5.4.0/24 is not between SubnetMin 10.5.1.0", "Allowed: 10.5.1.0/24 to 10.5.3.0/24"]),
        (lambda place: None, {"subnet": "10.5.1.0/25"}, ["10.5.1.0/25 is not of SubnetLen 24"]),
        (lambda place: place.keys.delete(place.config_key), {}, ["/config is not there"]),
        (lambda place: place.configure('{"Network":"10.5.0.0/29"}'), {}, ["etwork is too small"]),
        (lambda place: None, {"public_ip": "node1"}, ["public_ip = 'node1'", "allowed: an IPv4 address"]),
        (lambda place: None, {"renew_margin": 0}, ["renew_margin = 0", "1 to 1439"]),
    ],
    ids=["taken", "longer", "reserved", "alive", "full", "outside", "length", "missing", "invalid", "address", "margin"],
)  # fmt: skip
def test_refused(either, arrange, params, words):
    either.configure(SMALL)
    arrange(either)
    before = stored(either)
    for check_mode in (True, False):
        failed(reserve(either, check_mode, **params), *words)
    assert stored(either) == before


def test_a_running_host_keeps_what_it_has(place):
    """v3: flannel gives every lease an end; v2: a lease without end keeps its text."""
    place.configure(SMALL)
    place.lease("10.5.2.0-24")
    before = stored(place)
    for changed in (place.api == "v2", False):
        assert reserve(place)["changed"] is changed
        assert stored(place) == before
    assert (ttl_of(place, "10.5.2.0-24") is None) == (place.api == "v2")


def test_force_moves_a_running_host(either):
    either.configure(SMALL)
    either.lease("10.5.2.0-24")
    result = reserve(either, subnet="10.5.3.0/24", force=True)
    assert [one["subnet"] for one in result["before"]] == ["10.5.2.0/24"]
    assert 79000 < result["before"][0]["ttl"] <= 80000
    assert stored(either) == {"10.5.3.0-24": RESERVED}


def test_the_network_fills_up(either):
    either.configure(SMALL)
    names = ["10.5.1.0-24", "10.5.2.0-24", "10.5.3.0-24"]
    for number, name in enumerate(names, 1):
        assert reserve(either, public_ip=f"192.0.2.{number}")["after"][0]["subnet"] == name.replace("-", "/")
    result = reserve(either, public_ip="192.0.2.4")
    failed(result, "10.5.0.0/22 is full")
    assert result["capacity"] == {"total": 3, "used": 0, "reserved": 3, "free": 0}
    assert list(stored(either)) == names


def test_both_families(newest):
    newest.configure(DUAL)
    newest.lease("10.5.1.0-24&fd00:5:0:1::-64", "192.0.2.7")
    assert reserve(newest)["after"][0]["ipv6_subnet"] == "fd00:5:0:2::/64"
    assert not reserve(newest, ipv6_subnet="FD00:5:0:2::/64")["changed"]
    failed(reserve(newest, ipv6_subnet="fd00:5:0:1::/64"), "overlaps 10.5.1.0/24 & fd00:5:0:1::/64 of 192.0.2.7")
    assert reserve(newest, ipv6_subnet="fd00:5:0:9::/64")["changed"]
    assert stored(newest)["10.5.2.0-24&fd00:5:0:9::-64"] == RESERVED
    assert release(newest, public_ip="192.0.2.1", ipv6_subnet="fd00:5:0:2::/64")["before"] == []
    assert release(newest, public_ip="192.0.2.1", subnet="10.5.2.0/24")["changed"]
    assert list(stored(newest)) == ["10.5.1.0-24&fd00:5:0:1::-64"]


def test_udp_is_warned_about(newest):
    newest.configure({**SMALL, "Backend": {"Type": "udp"}})
    assert "route 10.5.1.0/24 to 192.0.2.1" in str(reserve(newest)["warnings"])
    assert "warnings" not in reserve(newest)


def test_hosts_that_look_alive_keep_their_lease(place):
    place.configure(SMALL)
    place.lease()
    for check_mode in (True, False):
        result = release(place, check_mode, public_ip="192.0.2.1")
        failed(result, "10.5.1.0/24 of 192.0.2.1", "appear to be alive", "force")
        assert [one["key"] for one in result["leases"]] == [f"{place.prefix}/subnets/10.5.1.0-24"]
    assert release(place, True, public_ip="192.0.2.1", force=True)["changed"]
    assert list(stored(place)) == ["10.5.1.0-24"]
    assert release(place, public_ip="192.0.2.1", renew_margin=1400)["changed"]  # 80000 s are little then
    assert stored(place) == {}
    assert not release(place, public_ip="192.0.2.1")["changed"]


def test_the_lease_of_a_host_that_is_gone(place):
    place.configure(SMALL)
    place.lease(ttl=OLD)
    result = release(place, subnet="10.5.1.0/24")
    assert (result["changed"], result["after"]) == (True, [])
    assert 2900 < result["before"][0]["ttl"] <= OLD
    assert stored(place) == {}


def test_a_reservation_that_was_taken_by_v2(servers):
    place = Place(servers("3.4"), "v2", f"/test/{next(numbers)}")
    place.configure(SMALL)
    place.lease(ttl=0)
    failed(release(place, public_ip="192.0.2.1"), "appear to be alive")
    assert release(place, public_ip="192.0.2.1", force=True)["changed"]


def arrange_fleet(place, ttl=OLD):
    place.configure(SMALL)
    place.lease("10.5.1.0-24")  # one of ours
    place.lease("10.5.2.0-24", "192.0.2.7", ttl=ttl)  # foreign
    place.lease("10.9.1.0-24", "192.0.2.8", ttl=OLD)  # foreign and outside
    place.keys.put(f"{place.prefix}/subnets/nonsense", "x")
    place.keys.put(f"{place.prefix}/subnets/10.5.3.0-24", "x")


STAYS = ["10.5.1.0-24", "10.5.3.0-24", "nonsense"]


@pytest.mark.parametrize(
    ("selector", "released"),
    [
        ({"foreign": True, "expected": [NODE1]}, ["10.5.2.0/24", "10.9.1.0/24"]),
        ({"outside": True}, ["10.9.1.0/24"]),
        ({"outside": True, "foreign": True, "expected": [NODE1]}, ["10.5.2.0/24", "10.9.1.0/24"]),
    ],
    ids=["foreign", "outside", "both"],
)
def test_many_at_once(either, selector, released):
    arrange_fleet(either)
    predicted = release(either, True, **selector)
    result = release(either, **selector)
    assert [one["subnet"] for one in result["before"]] == released
    assert [one["subnet"] for one in predicted["before"]] == released
    assert sorted(stored(either)) == sorted({*STAYS, *(["10.5.2.0-24"] if len(released) == 1 else [])})
    assert not release(either, **selector)["changed"]


def test_all_or_nothing(either):
    arrange_fleet(either, ttl=80000)
    before = stored(either)
    for check_mode in (True, False):
        result = release(either, check_mode, foreign=True, expected=[NODE1])
        failed(result, "1 of 2 lease(s)", "10.5.2.0/24 of 192.0.2.7")
    assert stored(either) == before
    assert release(either, foreign=True, expected=[NODE1], force=True)["changed"]
    assert sorted(stored(either)) == STAYS


def test_keys_beside_the_leases_are_left_alone(newest):
    newest.configure(SMALL)
    newest.keys.put(f"{newest.prefix}/subnets_old/10.5.1.0-24", RESERVED)
    assert not release(newest, public_ip="192.0.2.1", force=True)["changed"]
    assert not release(newest, foreign=True, expected=[{**NODE1, "public_ip": "192.0.2.9"}], force=True)["changed"]
    assert newest.keys.get(f"{newest.prefix}/subnets_old/10.5.1.0-24") == RESERVED


def test_an_unreadable_text_goes_by_its_subnet(either):
    either.configure(SMALL)
    either.keys.put(f"{either.prefix}/subnets/10.5.1.0-24", "x")
    failed(reserve(either, subnet="10.5.1.0/24"), "a text that flannel cannot read")
    assert reserve(either)["after"][0]["subnet"] == "10.5.2.0/24"
    assert release(either, subnet="10.5.1.0/24")["changed"]
    assert stored(either) == {"10.5.2.0-24": RESERVED}


class Rival:
    """Real etcd, with another writer who is just ahead of us: each act comes before one of our writes."""

    def __init__(self, store, acts):
        self.store = store
        self.acts = list(acts)
        self.api = store.api

    def __getattr__(self, name):
        return getattr(self.store, name)

    def put(self, *words):
        self._act()
        return self.store.put(*words)

    def delete(self, *words):
        self._act()
        return self.store.delete(*words)

    def _act(self):
        if self.acts:
            self.acts.pop(0)()


class Module:
    check_mode = False

    def __init__(self, place, **params):
        own = {"state": "present", "public_ip": None, "subnet": None, "ipv6_subnet": None, "foreign": False}
        more = {"expected": [], "outside": False, "renew_margin": 60, "force": False}
        self.params = {**parameters(place), **own, **more, **params}

    def warn(self, text):
        raise AssertionError(text)


@pytest.fixture
def race(place, monkeypatch):
    place.configure(SMALL)

    def run_against(*acts, **params):
        module = Module(place, **params)
        store = open_store(from_params(module.params), place.api)
        monkeypatch.setattr(lease, "open_store", lambda *_: Rival(store, acts))
        return lease.work(module)

    return run_against


def test_a_rival_takes_the_subnet(place, race):
    result = race(lambda: place.lease("10.5.1.0-24", "192.0.2.7"), public_ip="192.0.2.1")
    assert [one["subnet"] for one in result["after"]] == ["10.5.2.0/24"]
    assert stored(place)["10.5.2.0-24"] == RESERVED


def test_a_rival_takes_the_subnet_that_was_asked_for(place, race):
    with pytest.raises(OverlayError, match=r"overlaps 10\.5\.1\.0/24 of 192\.0\.2\.7"):
        race(lambda: place.lease("10.5.1.0-24", "192.0.2.7"), public_ip="192.0.2.1", subnet="10.5.1.0/24")
    assert "192.0.2.7" in stored(place)["10.5.1.0-24"]


def test_a_rival_with_the_same_wish(place, race):
    result = race(lambda: place.lease("10.5.1.0-24", "192.0.2.1", ttl=0), public_ip="192.0.2.1")
    assert (result["changed"], result["before"]) == (False, result["after"])


def test_a_rival_who_does_not_stop(place, race):
    acts = [lambda number=number: place.lease(f"10.5.{number}.0-24", f"192.0.2.{number}7") for number in (1, 2, 3)]
    with pytest.raises(ConflictError, match="another writer was faster, nothing was written"):
        race(*acts, public_ip="192.0.2.1")
    assert RESERVED not in stored(place).values()


def test_the_host_comes_back_just_then(place, race):
    """It renews its old lease between our look and our write: nothing is taken from it."""
    place.lease(ttl=OLD)
    with pytest.raises(OverlayError, match=r"appear to be alive: 10\.5\.1\.0/24 of 192\.0\.2\.1"):
        race(place.lease, state="absent", public_ip="192.0.2.1")
    assert list(stored(place)) == ["10.5.1.0-24"]


def test_the_host_takes_its_old_reservation_while_it_is_moved(place, race):
    place.lease("10.5.1.0-24", backend="", vni=None, ttl=0)
    with pytest.raises(
        OverlayError, match=r"appear to be alive.* Before that it reserved 10\.5\.3\.0/24 of 192\.0\.2\.1"
    ):
        race(lambda: None, place.lease, public_ip="192.0.2.1", subnet="10.5.3.0/24")
    assert sorted(stored(place)) == ["10.5.1.0-24", "10.5.3.0-24"]


def test_an_error_halfway_tells_what_was_done(place, race):
    def fail():
        raise StoreError("etcd is gone. Fix: bring it back")

    for number in (1, 2, 3):
        place.lease(f"10.9.{number}.0-24", f"192.0.2.{number}", ttl=OLD)
    with pytest.raises(OverlayError, match="etcd is gone") as caught:
        race(lambda: None, lambda: None, fail, state="absent", outside=True)
    assert str(caught.value).endswith(
        "Before that it released 10.9.1.0/24 of 192.0.2.1; released 10.9.2.0/24 of 192.0.2.2"
    )
    assert [one["subnet"] for one in caught.value.details["before"]] == ["10.9.1.0/24", "10.9.2.0/24"]
    assert list(stored(place)) == ["10.9.3.0-24"]


def test_a_conflict_halfway_goes_on(place, race):
    """What is gone when we come is not lost from the answer's `changed`, and the rest goes too."""
    for number in (1, 2, 3):
        place.lease(f"10.9.{number}.0-24", f"192.0.2.{number}", ttl=OLD)
    gone = f"{place.prefix}/subnets/10.9.2.0-24"
    result = race(lambda: None, lambda: place.keys.delete(gone), state="absent", outside=True)
    assert [one["subnet"] for one in result["before"]] == ["10.9.1.0/24", "10.9.3.0/24"]
    assert stored(place) == {}
