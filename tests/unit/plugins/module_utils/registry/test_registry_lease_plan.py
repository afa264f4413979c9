# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import (
    OverlayError,
    RefusedError,
    StoreError,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import Entry
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import keys_below
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease import parse_key
from ansible_collections.overlay.flannel.plugins.module_utils.registry import lease_plan
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_plan import interrupted, report
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_refusals import refuse_alive
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_request import LeaseRequest
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_state import read_state

KEYS = keys_below("/x", "v3")
# Subnets 10.5.1.0 to 10.5.3.0.
SMALL = {"Network": "10.5.0.0/22", "SubnetLen": 24, "Backend": {"Type": "vxlan"}}
DUAL = {**SMALL, "EnableIPv6": True, "IPv6Network": "fd00:5::/48"}
UDP = {**SMALL, "Backend": {"Type": "udp"}}
LOW = 3300


def lease(name, address=1, backend="vxlan", ttl=80000, folder="subnets"):
    value = {"PublicIP": f"192.0.2.{address}", **({"BackendType": backend} if backend else {})}
    return Entry(f"/x/{folder}/{name}", json.dumps(value), 40 + address, ttl=ttl)


def reserved(name, address=1):
    return lease(name, address, "", None)


def text(name, value):
    return Entry(f"/x/subnets/{name}", value, 7)


def prefix(name, family="ipv4"):
    return getattr(parse_key(name), family)


SMALL_TEXT = json.dumps(SMALL)


def state(*entries, config=SMALL_TEXT, api="v3"):
    text = config if config is None or isinstance(config, str) else json.dumps(config)
    stored = [] if text is None else [Entry("/x/config", text, 3)]
    seen = entries if api == "v2" else [entry._replace(ttl=None) for entry in entries]  # v3 tells it elsewhere
    return read_state([*stored, *seen], KEYS, api, "0.17.0" if api == "v2" else "0.28.10")


def reserve(address=1, ipv4=None, ipv6=None):
    return LeaseRequest(
        True, f"192.0.2.{address}", ipv4 and prefix(ipv4), ipv6 and prefix("1.1.1.0-24&" + ipv6, "ipv6")
    )


def plan(wanted, *entries, force=False, **options):
    """The writes as text, once the refusals had their chance."""
    seen = state(*entries, **options)
    planned = lease_plan.plan(wanted, seen).with_ttls({entry.key: entry.ttl for entry in entries})
    if not force:
        refuse_alive(planned.deleted_leases, seen, LOW)
    return [
        f"{'put' if one.value is not None else 'delete'} {one.key[len('/x/subnets/') :]} {one.revision}"
        for one in planned.changes
    ]


FULL = [lease("10.5.1.0-24", 7), lease("10.5.2.0-24", 8), reserved("10.5.3.0-24", 9)]


@pytest.mark.parametrize(
    ("wanted", "entries", "writes"),
    [
        (reserve(), [], ["put 10.5.1.0-24 0"]),
        (reserve(), [lease("10.5.1.0-24", 7)], ["put 10.5.2.0-24 0"]),
        (reserve(), [lease("10.5.0.0-23", 7)], ["put 10.5.2.0-24 0"]),
        (reserve(), [text("10.5.1.0-24", "rubbish")], ["put 10.5.2.0-24 0"]),
        (reserve(), [text("rubbish", "")], ["put 10.5.1.0-24 0"]),
        (reserve(), [lease("10.5.1.0-24", 7, folder="subnets_old")], ["put 10.5.2.0-24 0"]),
        (reserve(1, "10.5.3.0-24"), FULL[:2], ["put 10.5.3.0-24 0"]),
        # as it is wanted already
        (reserve(), [lease("10.5.2.0-24")], []),
        (reserve(), [reserved("10.5.2.0-24")], []),
        (reserve(1, "10.5.2.0-24"), [lease("10.5.2.0-24", ttl=3)], []),
        (reserve(1, "10.5.2.0-24"), [reserved("10.5.2.0-24")], []),
        (reserve(), [*FULL[:2], lease("10.5.3.0-24", 1)], []),
        # another subnet than the host has
        (reserve(1, "10.5.3.0-24"), [reserved("10.5.2.0-24")], ["put 10.5.3.0-24 0", "delete 10.5.2.0-24 41"]),
        (reserve(1, "10.5.3.0-24"), [lease("10.5.2.0-24", ttl=3299)], ["put 10.5.3.0-24 0", "delete 10.5.2.0-24 41"]),
        (reserve(), [reserved("10.9.2.0-24")], ["put 10.5.1.0-24 0", "delete 10.9.2.0-24 41"]),
        (reserve(), [reserved("10.5.2.0-25")], ["put 10.5.1.0-24 0", "delete 10.5.2.0-25 41"]),
        # flannel would take the first of two
        (reserve(), [reserved("10.5.2.0-24"), reserved("10.5.3.0-24")], ["delete 10.5.3.0-24 41"]),
        (reserve(1, "10.5.3.0-24"), [reserved("10.5.2.0-24"), lease("10.5.3.0-24")], ["delete 10.5.2.0-24 41"]),
        # beside `subnets/` nothing is written
        (reserve(), [lease("10.5.1.0-24", folder="subnets_old")], ["put 10.5.1.0-24 0"]),
    ],
)  # fmt: skip
def test_reserve(wanted, entries, writes):
    assert plan(wanted, *entries) == writes


@pytest.mark.parametrize(
    ("wanted", "entries", "writes"),
    [
        (reserve(), [], ["put 10.5.1.0-24&fd00:5:0:1::-64 0"]),
        (reserve(1, "10.5.2.0-24"), [], ["put 10.5.2.0-24&fd00:5:0:1::-64 0"]),
        (reserve(1, None, "fd00:5:0:9::-64"), [], ["put 10.5.1.0-24&fd00:5:0:9::-64 0"]),
        (reserve(), [lease("10.5.1.0-24&fd00:5:0:1::-64", 7)], ["put 10.5.2.0-24&fd00:5:0:2::-64 0"]),
        (reserve(), [lease("10.5.2.0-24&fd00:5:0:9::-64")], []),
        (reserve(1, "10.5.2.0-24"), [lease("10.5.2.0-24&fd00:5:0:9::-64")], []),
        (
            reserve(1, "10.5.3.0-24"),
            [reserved("10.5.2.0-24&fd00:5:0:9::-64")],
            ["put 10.5.3.0-24&fd00:5:0:9::-64 0", "delete 10.5.2.0-24&fd00:5:0:9::-64 41"],
        ),
        (reserve(), [reserved("10.5.2.0-24")], ["put 10.5.2.0-24&fd00:5:0:1::-64 0", "delete 10.5.2.0-24 41"]),
    ],
)
def test_reserve_both_families(wanted, entries, writes):
    assert plan(wanted, *entries, config=DUAL) == writes


@pytest.mark.parametrize(
    ("wanted", "entries", "writes"),
    [
        (reserve(), [lease("10.5.2.0-24")], ["put 10.5.2.0-24 41"]),  # loses its end
        (reserve(), [lease("10.5.2.0-24", ttl=None)], []),
        (reserve(), [reserved("10.5.2.0-24")], []),
        (reserve(1, "10.5.3.0-24"), [reserved("10.5.2.0-24")], ["put 10.5.3.0-24 0", "delete 10.5.2.0-24 41"]),
    ],
)
def test_reserve_by_v2(wanted, entries, writes):
    assert plan(wanted, *entries, api="v2") == writes


def test_what_is_written():
    (change,) = lease_plan.plan(reserve(), state()).changes
    assert (change.value, change.before) == ('{"PublicIP":"192.0.2.1"}', None)


def test_an_endless_lease_keeps_its_text():
    taken = lease("10.5.2.0-24")
    (change,) = lease_plan.plan(reserve(), state(taken, api="v2")).changes
    assert change.value == taken.value
    assert (change.before.ttl, change.after.ttl) == (80000, None)


@pytest.mark.parametrize(
    ("wanted", "entries", "config", "words"),
    [
        (reserve(1, "10.9.1.0-24"), [], SMALL, "10.9.1.0/24 is not between SubnetMin 10.5.1.0 and .* Allowed: 10.5.1.0/24 to 10.5.3.0/24. Fix: "),
        (reserve(1, "10.5.1.0-25"), [], SMALL, "10.5.1.0/25 is not of SubnetLen 24"),
        (reserve(1, "10.5.0.0-24"), [], SMALL, "10.5.0.0/24 is not between"),
        (reserve(1, None, "fd00:5:0:1::-64"), [], SMALL, "IPv6 is switched off"),
        (reserve(1, None, "fd00:6:0:1::-64"), [], DUAL, "fd00:6:0:1::/64 is not between"),
        (reserve(1, "10.5.1.0-24"), [lease("10.5.1.0-24", 7)], SMALL, "10.5.1.0/24 of 192.0.2.1 overlaps 10.5.1.0/24 of 192.0.2.7"),
        (reserve(1, "10.5.1.0-24"), [lease("10.5.1.0-24", 7, ttl=3)], SMALL, "overlaps 10.5.1.0/24 of 192.0.2.7"),
        (reserve(1, "10.5.1.0-24"), [reserved("10.5.1.0-24", 7)], SMALL, "overlaps 10.5.1.0/24 of 192.0.2.7"),
        (reserve(1, "10.5.2.0-24"), [lease("10.5.2.0-23", 7)], SMALL, "overlaps 10.5.2.0/23 of 192.0.2.7"),
        (reserve(1, "10.5.2.0-24"), [lease("10.5.2.128-25", 7)], SMALL, "overlaps 10.5.2.128/25 of 192.0.2.7"),
        (reserve(), [lease("10.5.2.0-24"), lease("10.5.2.0-25", 7)], SMALL, "overlaps 10.5.2.0/25 of 192.0.2.7"),
        (reserve(1, "10.5.2.0-24"), [text("10.5.2.0-24", "x")], SMALL, "overlaps 10.5.2.0/24 of a text that flannel cannot read"),
        (reserve(1, "10.5.2.0-24", "fd00:5:0:1::-64"), [lease("10.5.1.0-24&fd00:5:0:1::-64", 7)], DUAL, "overlaps 10.5.1.0/24 & fd00:5:0:1::/64 of 192.0.2.7"),
        (reserve(), FULL, SMALL, "10.5.0.0/22 is full: of its 3 subnets of length 24 2 are in use, 1 are reserved, 0 are free"),
        (reserve(), [lease("10.5.0.0-16", 7)], SMALL, "is full: of its 3 subnets .* 0 are in use, 0 are reserved, 0 are free"),
        (reserve(1, "10.5.3.0-24"), [lease("10.5.2.0-24")], SMALL, "1 of 1 lease.* appear to be alive: 10.5.2.0/24 of 192.0.2.1"),
        (reserve(), [lease("10.9.2.0-24", ttl=3300)], SMALL, "appear to be alive: 10.9.2.0/24 of 192.0.2.1"),
        (reserve(), [], None, "/x/config is not there"),
        (reserve(), [], '{"Network":"10.5.0.0/29"}', "network is too small"),
        (reserve(), [], {**DUAL, "EnableIPv4": False}, "EnableIPv4 = false"),
    ],
)  # fmt: skip
def test_reserve_refused(wanted, entries, config, words):
    with pytest.raises(RefusedError, match=words):
        plan(wanted, *entries, config=config)


def test_force_takes_a_living_lease_but_never_the_subnet_of_another():
    writes = plan(reserve(1, "10.5.3.0-24"), lease("10.5.2.0-24"), force=True)
    assert writes == ["put 10.5.3.0-24 0", "delete 10.5.2.0-24 41"]
    with pytest.raises(RefusedError, match="overlaps"):
        plan(reserve(1, "10.5.2.0-24"), lease("10.5.2.0-24", 7), force=True)


def test_a_full_network_tells_its_numbers():
    with pytest.raises(RefusedError) as caught:
        plan(reserve(), *FULL)
    assert caught.value.details["capacity"] == {"total": 3, "used": 2, "reserved": 1, "free": 0}


@pytest.mark.parametrize(
    ("config", "entries", "count"),
    [(UDP, [], 1), (UDP, [lease("10.5.1.0-24", backend="")], 0), (SMALL, [], 0)],
)
def test_udp_is_warned_about(config, entries, count):
    assert len(lease_plan.plan(reserve(), state(*entries, config=config)).warnings) == count


def release(**selector):
    return LeaseRequest(False, **selector)


HOST1 = release(public_ip="192.0.2.1")
FOREIGN = release(known=frozenset(["192.0.2.1"]))
OUTSIDE = release(outside=True)


@pytest.mark.parametrize(
    ("wanted", "entries", "writes"),
    [
        (HOST1, [], []),
        (HOST1, [lease("10.5.1.0-24", 7)], []),
        (HOST1, [lease("10.5.1.0-24", ttl=3299)], ["delete 10.5.1.0-24 41"]),
        (HOST1, [lease("10.5.1.0-24", ttl=0)], ["delete 10.5.1.0-24 41"]),
        (HOST1, [reserved("10.5.1.0-24")], ["delete 10.5.1.0-24 41"]),
        (HOST1, [lease("10.5.1.0-24", ttl=None)], ["delete 10.5.1.0-24 41"]),
        (HOST1, [lease("10.5.1.0-24", folder="subnets_old", ttl=3)], []),
        (release(ipv4=prefix("10.5.1.0-24")), [lease("10.5.1.0-24", ttl=3)], ["delete 10.5.1.0-24 41"]),
        (release(ipv4=prefix("10.5.1.7-24")), [lease("10.5.1.7-24", ttl=3)], ["delete 10.5.1.7-24 41"]),
        (release(ipv4=prefix("10.5.1.0-24")), [lease("10.5.1.0-24&fd00::-64", ttl=3)], ["delete 10.5.1.0-24&fd00::-64 41"]),
        (release(ipv4=prefix("10.5.1.0-24")), [text("10.5.1.0-24", "x")], ["delete 10.5.1.0-24 7"]),
        (release(ipv4=prefix("10.5.1.0-24"), public_ip="192.0.2.7"), [lease("10.5.1.0-24", ttl=3)], []),
        (FOREIGN, [lease("10.5.1.0-24"), lease("10.5.2.0-24", 7, ttl=3), reserved("10.5.3.0-24", 8)], ["delete 10.5.2.0-24 47", "delete 10.5.3.0-24 48"]),
        (FOREIGN, [text("10.5.1.0-24", "x"), text("nonsense", "x"), lease("10.5.1.0-24", 7, ttl=3, folder="subnets_old")], []),
        (OUTSIDE, [lease("10.5.1.0-24"), lease("10.9.1.0-24", ttl=3), lease("10.5.2.0-25", 7, ttl=3)], ["delete 10.9.1.0-24 41", "delete 10.5.2.0-25 47"]),
        (OUTSIDE, [text("10.9.1.0-24", "x")], []),
        (
            release(known=frozenset(["192.0.2.1"]), outside=True),
            [lease("10.9.1.0-24", ttl=3), lease("10.5.1.0-24", 7, ttl=3), lease("10.5.2.0-24")],
            ["delete 10.9.1.0-24 41", "delete 10.5.1.0-24 47"],
        ),
    ],
)  # fmt: skip
def test_release(wanted, entries, writes):
    assert plan(wanted, *entries) == writes


@pytest.mark.parametrize("ttl", [3300, 86400])
def test_hosts_that_look_alive_keep_their_lease(ttl):
    with pytest.raises(RefusedError, match=r"appear to be alive: 10\.5\.1\.0/24 of 192\.0\.2\.1\.") as caught:
        plan(HOST1, lease("10.5.1.0-24", ttl=ttl))
    assert [one["ttl"] for one in caught.value.details["leases"]] == [ttl]
    assert plan(HOST1, lease("10.5.1.0-24", ttl=ttl), force=True) == ["delete 10.5.1.0-24 41"]


def test_all_or_nothing_names_every_living_host():
    entries = [lease(f"10.9.{number}.0-24", number, ttl=3 if number == 2 else 80000) for number in range(1, 14)]
    with pytest.raises(RefusedError, match=r"12 of 13 .*192\.0\.2\.1, .* and 2 more") as caught:
        plan(OUTSIDE, *entries)
    assert len(caught.value.details["leases"]) == 12


@pytest.mark.parametrize(
    ("one", "config", "alive"),
    [
        (lease("10.5.1.0-24", ttl=None), SMALL, True),  # took a reservation
        (reserved("10.5.1.0-24"), SMALL, False),
        (reserved("10.5.1.0-24"), UDP, True),  # whether it was taken cannot be told
    ],
)
def test_without_end_by_v2(one, config, alive):
    if alive:
        with pytest.raises(RefusedError, match="appear to be alive"):
            plan(HOST1, one, config=config, api="v2")
    else:
        assert plan(HOST1, one, config=config, api="v2") == ["delete 10.5.1.0-24 41"]


def test_outside_of_what():
    with pytest.raises(RefusedError, match="leases outside .* /x/config is not there"):
        plan(OUTSIDE, config=None)
    assert plan(FOREIGN, lease("10.5.2.0-24", 7, ttl=3), config=None) == ["delete 10.5.2.0-24 47"]


def test_report():
    planned = lease_plan.plan(reserve(1, "10.5.3.0-24"), state(reserved("10.5.2.0-24")))
    result = report(planned.kept, planned.changes, KEYS)
    assert result["changed"]
    assert [one["subnet"] for one in result["before"]] == ["10.5.2.0/24"]
    assert [one["subnet"] for one in result["after"]] == ["10.5.3.0/24"]
    assert '"subnet": "10.5.2.0/24"' in result["diff"]["before"]
    assert '"subnet": "10.5.3.0/24"' in result["diff"]["after"]


def test_report_of_nothing_to_do():
    planned = lease_plan.plan(reserve(), state(lease("10.5.2.0-24")))
    result = report(planned.kept, planned.changes, KEYS)
    assert (result["changed"], result["before"]) == (False, result["after"])
    assert result["after"][0]["key"] == "/x/subnets/10.5.2.0-24"


def test_an_interruption_tells_what_was_done():
    planned = lease_plan.plan(FOREIGN, state(lease("10.5.2.0-24", 7, ttl=3), lease("10.5.3.0-24", 8, ttl=3)))
    error = StoreError("etcd is gone. Fix: bring it back", endpoints="x")
    assert interrupted(error, []) is error
    told = interrupted(error, planned.changes[:1])
    assert isinstance(told, OverlayError)
    assert str(told).endswith("Before that it released 10.5.2.0/24 of 192.0.2.7")
    assert (told.details["changed"], told.details["endpoints"]) == (True, "x")
    assert [one["subnet"] for one in told.details["before"]] == ["10.5.2.0/24"]
