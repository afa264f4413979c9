# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What another network or backend means for hosts that are at work."""

from __future__ import annotations

import json

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.renumbering import renumbering_of

OLD = {"Network": "10.20.0.0/16", "SubnetLen": 24, "Backend": {"Type": "vxlan"}}
NEW = {**OLD, "Network": "10.30.0.0/16"}


def facts(subnet="10.20.5.1/24", containers=0, live_restore=False):
    return {
        "flannel": {"subnet_env": {"subnet": subnet} if subnet else None},
        "docker": {"containers_running": containers, "live_restore": live_restore},
    }


def found(wanted, stored=OLD, names=("one",), **hosts):
    return renumbering_of(stored, wanted, hosts or {"one": facts()}, names, "0.28.10")


@pytest.mark.parametrize(
    ("wanted", "at_once"),
    [
        (OLD, False),
        ({**OLD, "Backend": {"Type": "vxlan", "VNI": 1}}, False),
        (NEW, False),
        ({**OLD, "SubnetLen": 25}, False),
        ({**NEW, "Backend": {"Type": "host-gw"}}, True),
        ({**OLD, "Backend": {"Type": "vxlan", "VNI": 2}}, True),
        ({**OLD, "Backend": {"Type": "vxlan", "Port": 4789}}, True),
    ],
)
def test_who_reaches_whom_meanwhile(wanted, at_once):
    plan = found(wanted)
    assert plan["refusals"] == [] and plan["at_once"] is at_once
    words = "so all hosts change at once" if at_once else "reach each other meanwhile"
    assert any(words in line for line in plan["lines"]) is (
        wanted in (NEW,) or at_once or wanted.get("SubnetLen") == 25
    )


def test_a_backend_with_one_route_to_the_whole_network():
    udp = {**OLD, "Backend": {"Type": "udp"}}
    assert found({**NEW, "Backend": {"Type": "udp"}}, stored=udp)["at_once"]


def test_what_a_person_reads():
    hosts = {
        "one": facts(containers=3),
        "two": facts("10.20.6.1/24", 2, live_restore=True),
        "three": facts(""),
        "four": facts("10.30.7.1/24", 5),
        "five": {"flannel": None, "docker": None},
        "six": facts("10.20.8.1/24"),
    }
    assert found(NEW, names=list(hosts), **hosts)["lines"] == [
        "From 10.20.0.0/16 by /24, vxlan VNI 1 to 10.30.0.0/16 by /24, vxlan VNI 1",
        "one: leaves 10.20.5.0/24 for a subnet of 10.30.0.0/16; docker restarts, with it 3 running containers: those without a restart policy"
        " stay stopped",
        "two: leaves 10.20.6.0/24 for a subnet of 10.30.0.0/16; docker restarts; live-restore keeps 2 running containers on the old addresses,"
        " so they have to be stopped first",
        "three: has no subnet yet, and gets one",
        "four: keeps 10.30.7.0/24; docker restarts only where its MTU changes",
        "five: has no subnet yet, and gets one",
        "six: leaves 10.20.8.0/24 for a subnet of 10.30.0.0/16; docker restarts, no container runs",
        "Containers of hosts with the old and with the new network reach each other meanwhile: hosts change in batches (overlay_batch)",
        f"The way back, also while it runs: overlay_network: {json.dumps(OLD)}, and run this playbook again",
    ]


def test_a_run_that_was_killed_is_finished():
    lines = found(NEW, stored=NEW)["lines"]
    assert lines[0].startswith("etcd holds this configuration already (10.30.0.0/16")
    assert lines[1].startswith("one: leaves 10.20.5.0/24") and len(lines) == 2


def test_a_configuration_that_flannel_refuses_can_be_replaced():
    assert found(NEW, stored="{")["lines"][0].startswith("From a configuration that flannel refuses to 10.30.0.0/16")


def test_a_key_is_not_shown():
    secret = {**OLD, "Backend": {"Type": "wireguard", "PSK": "c" * 43 + "="}}
    assert "ccc" not in str(found(secret)) + str(found(NEW, stored=secret)) + str(found(NEW, stored=json.dumps(secret)))


@pytest.mark.parametrize(
    ("stored", "wanted", "names", "words"),
    [
        ({}, NEW, ["one"], ["etcd holds no configuration", "site.yml"]),
        (OLD, {"Network": "10.30.0.0"}, ["one"], ["overlay_network: ", "10.30.0.0"]),
        (OLD, NEW, ["one", "two"], ["not part of this run: two", "without --limit"]),
    ],
)
def test_what_is_refused(stored, wanted, names, words):
    plan = found(wanted, stored=stored, names=names)
    assert plan["lines"] == [] and len(plan["refusals"]) == 1
    assert [word for word in [*words, "Fix: "] if word not in plan["refusals"][0]] == []
