# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the roles tell firewalld, where that is wished, and what they refuse; and files of networkd that take flannel's devices."""

from __future__ import annotations

import docker_case
import flannel_case
import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.networkd import parse

WISH = {"firewall": "managed"}


def zone(target="default", interfaces=(), ports=()):
    return {
        "target": target,
        "interfaces": list(interfaces),
        "sources": [],
        "ports": list(ports),
        "protocols": [],
        "forward": True,
        "rich": False,
    }


def firewalld(error=None, **zones):
    """The same for now and for later."""
    known = {"public": zone(), "trusted": zone("ACCEPT"), **zones}
    return {
        "error": error,
        "backend": "nftables",
        "default_zone": "public",
        "zones": known,
        "permanent": dict(known),
        "policies": {},
    }


def flannels(facts, seen, **variables):
    ready = flannel_case.converged(facts)
    ready["firewalld"] = seen
    return flannel_case.plan(ready, **{**WISH, **variables})


def dockers(facts, seen):
    ready = docker_case.as_wanted(facts)
    ready["firewalld"] = seen
    return docker_case.plan(ready, docker_firewall="managed")


def texts(found):
    return [" ".join(command[1:]) for command in found.firewall]


def test_what_flannel_needs(facts):
    found = flannels(facts, firewalld())
    both = ["--zone=public --add-port=8472/udp", "--zone=trusted --change-interface=flannel.1"]
    assert texts(found) == [*(f"--permanent {words}" for words in both), *both]
    assert found.remaining == [f"firewalld has not got {text}" for text in texts(found)] and found.restart == []


@pytest.mark.parametrize(
    ("seen", "variables"),
    [
        (None, {}),
        (firewalld(), {"firewall": "unmanaged"}),
        (firewalld(public=zone(ports=["8472/udp"]), trusted=zone("ACCEPT", ["flannel.1"])), {}),
    ],
)
def test_nothing_for_flannel(facts, seen, variables):
    found = flannels(facts, seen, **variables)
    assert found.firewall == found.remaining == found.refusals == []


def test_the_zone_of_docker_is_made_with_a_reload(facts):
    assert texts(dockers(facts, firewalld())) == [
        "--permanent --new-zone=docker",
        "--permanent --zone=docker --set-target=ACCEPT",
        "--permanent --zone=docker --change-interface=docker0",
        "--reload",
    ]


def test_a_zone_that_docker_has_made(facts):
    found = dockers(facts, firewalld(docker=zone("ACCEPT")))
    assert texts(found) == [
        "--permanent --zone=docker --change-interface=docker0",
        "--zone=docker --change-interface=docker0",
    ]
    assert dockers(facts, firewalld(docker=zone("ACCEPT", ["docker0"]))).firewall == []


@pytest.mark.parametrize(
    ("seen", "variables", "reason"),
    [
        (firewalld(error="no answer"), {}, "firewall-cmd fails: no answer"),
        (firewalld(trusted=zone("DROP")), {}, "target DROP of zone trusted"),
        (firewalld(work=zone(interfaces=["flannel.1"])), {}, "flannel.1 in zone work"),
        (firewalld(), {"network": {"Network": "10.43.0.0/16", "Backend": {"Type": "host-gw"}}}, "routes by host0"),
    ],
)
def test_what_cannot_be_managed(facts, seen, variables, reason):
    found = flannels(facts, seen, **variables)
    assert found.refusals and reason in found.refusals[0] and found.firewall == []


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("[Match]\nName=*\n", True),
        ("[Match]\nName=en* veth*\n", True),
        ("[Match]\n[Network]\nDHCP=yes\n", True),
        ("[Match]\nType=ether\n", True),
        ("[Match]\nName=!lo\n", True),
        ("[Match]\nName=*\n[Link]\nUnmanaged=yes\n", False),
        ("[Match]\nName=en* eth*\n", False),
        ("[Match]\nName=*\nMACAddress=02:00:00:00:00:01\n", False),
        ("[Match]\nType=wlan\n", False),
        ("", False),
    ],
)
def test_files_of_networkd_that_come_first(facts, text, refused):
    ready, file = flannel_case.converged(facts), parse("/etc/systemd/network/05-x.network", text)
    ready["network_files"] = [file] if file else []
    refusals = flannel_case.plan(ready).refusals
    assert bool(refused) == any("05-x.network" in text for text in refusals)
