# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import DeclinedError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import Entry
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import keys_below
from ansible_collections.overlay.flannel.plugins.module_utils.registry.expected import Expected
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_result import report
from ansible_collections.overlay.flannel.plugins.module_utils.registry.leases import Task, Waiting, read, wait_for

KEYS = keys_below("/x", "v3")
CONFIG = Entry("/x/config", '{"Network":"10.5.0.0/16","Backend":{"Type":"vxlan"}}', 7)
VALUE = '{"PublicIP":"192.0.2.%d","BackendType":"vxlan"}'


def entry(number, lease=1):
    return Entry(f"/x/subnets/10.5.{number}.0-24", VALUE % number, number, lease)


class Fake:
    api = "v3"

    def __init__(self, *entries):
        self.entries = list(entries)
        self.asked = []

    def list_prefix(self, prefix):
        self.asked.append(prefix)
        return [one for one in self.entries if one.key.startswith(prefix)]

    def alarms(self):
        return []

    def ttls(self, entries):
        self.asked.append("ttls")
        return {one.key: 5000 if one.lease else None for one in entries}


def task(*entries, **options):
    defaults = {"flannel_version": "0.28.10", "expected": [], "renew_margin": 60}
    return Task(Fake(*entries), KEYS, **{**defaults, **options})


def codes(*entries, **options):
    asked = task(*entries, **options)
    return [(one["severity"], one["code"]) for one in report(asked, read(asked))["findings"]]


def test_report():
    asked = task(CONFIG, entry(1), expected=[Expected("node1", "192.0.2.1")])
    result = report(asked, read(asked))
    assert result["config"] == {"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}}
    assert result["normalized"]["SubnetMin"] == "10.5.1.0"
    assert (result["revision"], result["api"], result["healthy"], result["findings"]) == (7, "v3", True, [])
    (lease,) = result["leases"]
    assert (lease["host"], lease["subnet"], lease["ttl"]) == ("node1", "10.5.1.0/24", 5000)
    assert lease["expiry"].endswith("Z")


def test_room_and_the_next_end():
    asked = task(CONFIG, entry(1, lease=0), entry(2), expected=[Expected("node2", "192.0.2.2")])
    result = report(asked, read(asked))
    family = {"total": 255, "used": 2, "reserved": 0, "free": 253}
    assert result["capacity"] == {**family, "full_at": 255, "ipv4": family, "ipv6": None}
    expiry = result["leases"][1]["expiry"]
    ends = {"subnet": "10.5.2.0/24", "public_ip": "192.0.2.2", "host": "node2", "ttl": 5000, "expiry": expiry}
    assert result["next_expiry"] == ends


def test_the_scarcer_family_counts():
    text = '{"Network":"10.5.0.0/16","EnableIPv6":true,"IPv6Network":"fd00::/60","IPv6SubnetLen":64,"Backend":{"Type":"vxlan"}}'
    asked = task(CONFIG._replace(value=text), renew_margin=None)
    result = report(asked, read(asked))
    assert (result["capacity"]["full_at"], result["capacity"]["ipv4"]["free"]) == (15, 255)
    assert result["capacity"]["ipv6"] == {"total": 15, "used": 0, "reserved": 0, "free": 15}
    assert result["next_expiry"] is None


def test_without_a_configuration_there_is_no_room_to_tell():
    assert report(task(entry(1)), read(task(entry(1))))["capacity"] is None


def test_times_are_read_only_if_wanted():
    asked = task(CONFIG, entry(1), renew_margin=None)
    assert report(asked, read(asked))["leases"][0]["ttl"] is None
    assert asked.store.asked == ["/x/"]


@pytest.mark.parametrize(
    ("entries", "version", "finding"),
    [
        ([], "0.28.10", ("error", "config_missing")),
        ([Entry("/x/config", "{", 1)], "0.28.10", ("error", "config_invalid")),
        ([Entry("/x/config", '{"Network":"10.5.0.0/29"}', 1)], "0.28.10", ("error", "config_invalid")),
        ([Entry("/x/config", '{"Network":"10.5.0.0/16"}', 1)], "0.28.10", ("warning", "backend_absent")),
        ([CONFIG, Entry("/x/subnets/nonsense", "", 1)], "0.28.10", ("warning", "malformed_key")),
        ([CONFIG, Entry("/x/subnets/nonsense", "", 1)], "0.28.9", ("error", "malformed_key")),
        ([CONFIG, Entry("/x/subnets/nonsense", "", 1)], "0.20.2", ("warning", "malformed_key")),
        ([CONFIG, Entry("/x/subnets/10.5.1.0-24", "{", 1)], "0.28.9", ("error", "malformed_value")),
        ([CONFIG, Entry("/x/subnets_old/10.5.1.0-24", VALUE % 1, 1, 1)], "0.28.10", ("warning", "malformed_key")),
        ([CONFIG, Entry("/x/subnets/010.5.1.0-24", VALUE % 1, 1, 1)], "0.28.10", ("warning", "malformed_key")),
    ],
)
def test_findings_of_reading(entries, version, finding):
    assert codes(*entries, flannel_version=version) == [finding]


def test_other_keys_are_left_alone():
    assert codes(CONFIG, Entry("/x/other/key", "", 1), Entry("/xx/subnets/nonsense", "", 1)) == []


def test_the_given_network_counts():
    wanted = {"Network": "10.5.0.0/16", "SubnetLen": 25, "Backend": {"Type": "vxlan"}}
    assert codes(CONFIG, entry(1), network=wanted) == [("error", "config_differs"), ("error", "lease_outside_network")]


def test_the_given_network_may_be_spelt_otherwise():
    assert codes(CONFIG, entry(1), network={"network": "10.5.0.0/16", "backend": {"type": "VXLAN"}}) == []


def test_a_missing_configuration_is_said_even_with_a_given_one():
    assert codes(network={"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}}) == [("error", "config_missing")]


class Clock:
    """Time that passes only while someone sleeps."""

    def __init__(self, events=None):
        self.now = 100.0
        self.slept = []
        self.events = events or {}

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds
        self.events.get(len(self.slept), lambda: None)()


def test_waiting_ends_at_once_when_all_are_there():
    clock = Clock()
    asked = task(CONFIG, entry(1), expected=[Expected("node1", "192.0.2.1")])
    assert wait_for(asked, Waiting(60, clock, clock.sleep)) == []
    assert clock.slept == []
    assert asked.store.asked == ["/x/"]


def test_waiting_ends_when_the_last_one_comes():
    asked = task(CONFIG, expected=[Expected("node1", "192.0.2.1")])
    clock = Clock({3: lambda: asked.store.entries.append(entry(1))})
    assert wait_for(asked, Waiting(60, clock, clock.sleep)) == []
    assert clock.slept == [1, 1, 1]


def test_waiting_ends_when_the_time_is_over():
    asked = task(CONFIG, entry(1), expected=[Expected("node1", "192.0.2.1"), Expected("node2", "192.0.2.2")])
    clock = Clock()
    assert [one.host for one in wait_for(asked, Waiting(2.5, clock, clock.sleep))] == ["node2"]
    assert clock.slept == [1, 1, 0.5]


class Least(Fake):
    """For a user with the rights of flannel: the configuration and the leases, not all below the prefix."""

    def list_prefix(self, prefix):
        if prefix == KEYS.folder:
            raise DeclinedError("permission denied")
        return super().list_prefix(prefix)

    def get(self, key):
        return next((one for one in self.entries if one.key == key), None)


@pytest.mark.parametrize("entries", [(CONFIG, entry(1)), (entry(1),), ()])
def test_who_may_only_read_what_flannel_reads(entries):
    asked = task(*entries)
    limited = asked._replace(store=Least(*entries))
    assert read(limited) == read(asked)
