# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plan of docker lists for a host, by what differs there."""

from __future__ import annotations

import json

import docker_case as case
import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils import docker_plan

REFRESH = "overlay-docker-refresh"
COMMENT = "-m comment --comment overlay.flannel"
GUARDING = [
    f"-A OVERLAY-GUARD -m conntrack --ctstate RELATED,ESTABLISHED {COMMENT} -j RETURN",
    f"-A OVERLAY-GUARD -m conntrack --ctstate DNAT {COMMENT} -j RETURN",
    f"-A OVERLAY-GUARD {COMMENT} -j DROP",
]
ENTERING = [
    f"-A OVERLAY-FORWARD -i docker0 {COMMENT} -j RETURN",
    f"-A OVERLAY-FORWARD -i br-+ {COMMENT} -j RETURN",
    f"-A OVERLAY-FORWARD -i docker_gwbridge {COMMENT} -j RETURN",
    f"-A OVERLAY-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED {COMMENT} -j RETURN",
    f"-A OVERLAY-FORWARD -m conntrack --ctstate DNAT {COMMENT} -j RETURN",
    f"-A OVERLAY-FORWARD {COMMENT} -j DROP",
]
RULES = [
    "-A PREROUTING -d 10.43.0.0/16 -i flannel.1 -m comment --comment overlay.flannel -j ACCEPT",
    *GUARDING,
    *ENTERING,
    "-A DOCKER-USER -i flannel.1 -o docker0 -m comment --comment overlay.flannel -j ACCEPT",
    f"-A DOCKER-USER ! -i docker0 -o docker0 {COMMENT} -j OVERLAY-GUARD",
    f"-A DOCKER-USER -o flannel.1 {COMMENT} -j OVERLAY-FORWARD",
]


@pytest.fixture
def ready(facts):
    return case.as_wanted(facts)


def planned(ready, path="", value=None, **variables):
    return case.plan(case.change(ready, path, value) if path else ready, **variables)


def test_a_host_that_is_as_wanted(ready):
    found = planned(ready)
    assert found.remaining == found.refusals == found.packages == found.restart == found.watchers == []
    assert found.directories == found.files == found.sysctls == []
    assert found.active and not found.start and not found.set_rules and not found.reload_units
    assert found.options_exist and not found.wait_for_flannel and found.repository == {}
    assert found.wanted_options == ["--bip=10.43.69.1/24", "--ip-masq=false", "--mtu=1450"]
    assert found.rules == RULES
    assert found.rules_command == [
        "/usr/local/sbin/overlay-docker-rules",
        case.OPTIONS_FILE,
        "flannel.1",
        "10.43.0.0/16",
    ]
    assert found.units[-1] == "docker.service" and len(found.units) == 6
    json.dumps(found.to_dict())


def test_a_bare_host(facts):
    """Nothing of docker or flannel is there yet."""
    query = docker_plan.query(case.settings())
    facts.update(
        units={}, processes={}, packages=dict.fromkeys(query["packages"]), sysctls=dict.fromkeys(query["sysctls"], "0")
    )
    facts["files"] = {path: {"exists": False} for path in [*query["files"], *query["contents"]]}
    facts["platform"].update(case.TRIXIE)
    facts["docker"].update(running=False, options={}, docker0=None, networks=[], version=None, firewall_backend=None)
    facts["firewall"].update(forward_policy=None, raw_prerouting=[], docker_user=[])
    del facts["interfaces"]["docker0"]
    found = case.plan(facts)
    assert found.refusals == []
    assert found.packages == ["docker.io", "docker-cli", "iptables"]
    assert [item["path"] for item in found.directories] == [
        f"/etc/systemd/system/{name}.service.d" for name in ("docker", "nftables", "firewalld")
    ]
    assert len(found.files) == 13 and found.sysctls == ["net.ipv4.ip_forward"]
    assert found.watchers == [REFRESH + ".path", REFRESH + ".timer", "overlay-docker-peers.service"]
    assert (found.restart, found.start, found.active) == (["docker.service is not there"], True, False)
    assert found.wait_for_flannel and not found.set_rules and found.units == []
    assert "the package docker.io is not installed" in found.remaining
    assert found.remaining[-1] == "docker.service is not there"


UNIT = "units|docker.service|"
ADDRESSES = "interfaces|docker0|addresses"
OLD = {"address": "10.43.1.1", "prefixlen": 24, "family": 4}
OPTION_DRIFT = {
    "reason": "environment",
    "name": "DOCKER_OPTS",
    "file": "/x",
    "text": "started with another DOCKER_OPTS",
}


@pytest.mark.parametrize(
    ("path", "value", "reasons"),
    [
        (UNIT + "active_state", "inactive", ["docker.service is inactive"]),
        (UNIT + "active_state", "activating", ["docker.service is activating"]),
        (UNIT + "active_state", "reloading", []),
        (ADDRESSES, [OLD], ["docker0 has 10.43.1.1/24, not 10.43.69.1/24"]),
        ("interfaces", {}, []),  # `ip` has failed
        ("firewall|docker_chain", False, ["iptables has no chain DOCKER, which docker has made"]),
        ("firewall", {"forward_policy": None, "raw_prerouting": [], "docker_user": [], "docker_chain": False}, []),
        ("docker|firewall_backend", "nftables", []),
        (ADDRESSES, [], ["docker0 has no address, not 10.43.69.1/24"]),
        (ADDRESSES, [OLD, {**OLD, "address": "10.43.69.1"}], []),
        ("processes|dockerd|argv", ["dockerd", "--bip=10.43.69.1/24", "--ip-masq=false"], ["dockerd runs without --mtu=1450"]),
        ("processes", {}, []),
        (UNIT + "drift", [OPTION_DRIFT], [OPTION_DRIFT["text"]]),
        (UNIT + "drift", [{**OPTION_DRIFT, "name": "HTTP_PROXY"}], []),
        (UNIT + "drift", [{**OPTION_DRIFT, "reason": "unit_file", "name": "/x"}], []),
        (UNIT + "drift", [{**OPTION_DRIFT, "reason": "arguments", "name": "ipv6"}], []),
        # Without flannel's options it cannot be said whether docker differs.
        ("files|/run/flannel/docker", {"exists": False}, []),
    ],
)  # fmt: skip
def test_reasons_to_restart(ready, path, value, reasons):
    found = planned(ready, path, value)
    assert found.restart == reasons
    assert set(reasons) <= set(found.remaining)


@pytest.mark.parametrize(
    ("firewalld", "listener", "watchers"),
    [
        ("inactive", "inactive", []),
        ("active", "active", []),
        ("active", "inactive", ["overlay-docker-firewalld.service"]),
    ],
)
def test_a_firewalld_that_runs_needs_its_listener(ready, firewalld, listener, watchers):
    """The listener has no [Install]: firewalld wants it."""
    ready["units"]["firewalld.service"] = {"load_state": "loaded", "active_state": firewalld}
    ready["units"]["overlay-docker-firewalld.service"].update(active_state=listener, unit_file_state="static")
    found = planned(ready)
    assert found.watchers == watchers
    assert found.remaining == [f"{name} is not active and enabled" for name in watchers]


def test_packets_of_the_host_itself_by_its_uplink(ready):
    """The rule is compared too: without it the host does not reach containers of other hosts."""
    direct = {"docker_overlay_device": "flannel.1,host0"}
    found = planned(ready, **direct)
    assert found.rules[-1].endswith(" -j SNAT --to-source 10.43.69.1")
    raw, user, nat = (
        [rule for rule in found.rules if chain in rule] for chain in ("PREROUTING", "USER", "POSTROUTING")
    )
    ready["firewall"].update(raw_prerouting=raw, docker_user=user)
    chain = next(one for one in ready["firewall"]["chains"] if one["chain"] == "POSTROUTING")
    assert any(text.startswith("the iptables rules are not") for text in planned(ready, **direct).remaining)
    chain["rules"] = [*nat, *chain["rules"]]
    assert not any(text.startswith("the iptables rules are not") for text in planned(ready, **direct).remaining)
    ready["files"][case.OPTIONS_FILE] = {"exists": False}
    assert not any(text.startswith("the iptables rules are not") for text in planned(ready, **direct).remaining)


def test_ports_that_are_closed_to_containers(ready):
    ports = {"docker_closed_ports": [2379, 2380]}
    found = planned(ready, **ports)
    assert found.set_rules and found.rules_command[1:3] == ["-c", "2379,2380"]
    chain = next(one for one in ready["firewall"]["chains"] if one["chain"] == "INPUT")
    chain["rules"] = [rule for rule in found.rules if rule.startswith("-A INPUT ")]
    assert len(chain["rules"]) == 4
    assert not any(text.startswith("the iptables rules are not") for text in planned(ready, **ports).remaining)
    assert planned(ready).set_rules


@pytest.mark.parametrize(
    "path", ["/usr/local/sbin/overlay-docker-peers", "/etc/systemd/system/overlay-docker-peers.service"]
)
def test_who_follows_the_peers_starts_anew_with_another_file(ready, path):
    assert planned(ready).watchers == []
    assert planned(ready, f"files|{path}|sha256", "0").watchers == ["overlay-docker-peers.service"]
    assert planned(ready, docker_peers_only=False).watchers == ["overlay-docker-peers.service"]


def test_secrets_among_the_options_are_neither_shown_nor_a_difference(ready):
    ready["files"]["/run/flannel/docker"]["content"] = 'DOCKER_OPTS="--bip=10.43.69.1/24 --some-secret=hush"\n'
    ready["processes"]["dockerd"]["argv"] = ["dockerd", "--bip=10.43.69.1/24", "--some-secret=***"]
    found = planned(ready)
    assert found.restart == []
    assert "hush" not in str(found.to_dict())


@pytest.mark.parametrize(
    ("content", "flannel", "options", "restarts", "waits"),
    [
        (None, "active", False, False, True),
        (None, "activating", False, False, True),
        ("DOCKER_OPTS=--mtu=1450\n", "active", False, False, True),
        ("DOCKER_OPTS=--bip= --mtu=1450\n", "active", False, False, True),
        ("DOCKER_OPTS=--bip=10.43.69.1/24\n", "activating", True, False, False),
        ("DOCKER_OPTS=--bip=10.43.70.1/24\n", "activating", True, True, True),
        ("DOCKER_OPTS=--bip=10.43.70.1/24\n", "active", True, True, False),
    ],
)
def test_docker_waits_for_flannel(ready, content, flannel, options, restarts, waits):
    """A restart would wait behind a flanneld that is still starting."""
    ready["files"]["/run/flannel/docker"] = {"exists": False} if content is None else case.text(content)
    ready["units"]["flanneld.service"]["active_state"] = flannel
    if not options:  # unit_drift reports it, as no file sets the variable any more
        ready["units"]["docker.service"]["drift"] = [OPTION_DRIFT]
    found = planned(ready)
    assert (found.options_exist, bool(found.restart), found.wait_for_flannel) == (options, restarts, waits)
    assert ("/run/flannel/docker has no DOCKER_OPTS with --bip" in found.remaining) == (not options)
    elsewhere = planned(ready, docker_flannel_unit="")
    assert elsewhere.wait_for_flannel == (not options)


@pytest.mark.parametrize(
    ("path", "value", "remaining"),
    [
        (UNIT + "unit_file_state", "disabled", "docker.service does not start at boot"),
        (UNIT + "need_daemon_reload", True, "unit files are newer than what systemd has loaded"),
        (f"units|{REFRESH}.path|active_state", "failed", f"{REFRESH}.path is not active and enabled"),
        (f"units|{REFRESH}.timer|unit_file_state", "disabled", f"{REFRESH}.timer is not active and enabled"),
        ("sysctls|net.ipv4.ip_forward", "0", "net.ipv4.ip_forward has another value"),
        ("packages|docker-cli", None, "the package docker-cli is not installed"),
        ("packages|iptables", None, "the package iptables is not installed"),
        (f"files|{case.DROP_IN}|sha256", "0", f"{case.DROP_IN} differs"),
        ("files|/usr/local/sbin/overlay-docker-rules|mode", "0644", "/usr/local/sbin/overlay-docker-rules differs"),
        ("files|/etc/systemd/system/docker.service.d|exists", False, "/etc/systemd/system/docker.service.d differs"),
        ("firewall|docker_user", [], "the iptables rules are not " + ", ".join(RULES)),
    ],
)
def test_what_remains(ready, path, value, remaining):
    assert planned(ready, path, value).remaining == [remaining]


def test_a_fault_of_a_unit_is_for_systemd(ready):
    assert planned(ready, UNIT + "need_daemon_reload", True).reload_units
    found = planned(ready, f"units|{REFRESH}.path|active_state", "inactive")
    assert found.watchers == [REFRESH + ".path"]
    assert planned(ready, UNIT + "unit_file_state", "disabled").start


@pytest.mark.parametrize(
    ("path", "value", "sets"),
    [
        ("firewall|docker_user", [], True),
        ("firewall|raw_prerouting", ["-A PREROUTING -i eth9 -m comment --comment \"overlay.flannel\" -j ACCEPT"], True),
        ("firewall|docker_user", ["-A DOCKER-USER -j RETURN"], True),
        ("firewall|forward_policy", None, False),
        (f"files|{case.DROP_IN}|sha256", "0", True),
        ("files|/usr/local/sbin/overlay-docker-rules|sha256", "0", True),
        ("files|/usr/local/sbin/overlay-docker-refresh|sha256", "0", False),
    ],
)  # fmt: skip
def test_rules_under_a_running_docker(ready, path, value, sets):
    """Rules of IPv6 are not among the facts; rules that cannot be read do not differ."""
    if value is None:
        ready["firewall"].update(docker_user=[], raw_prerouting=[])
    assert planned(ready, path, value).set_rules == sets
    ready["units"]["docker.service"]["active_state"] = "inactive"
    assert not planned(ready).set_rules


def test_rules_of_other_variables(ready):
    """New devices change the rules, and the files that hold them."""
    found = planned(ready, docker_overlay_device="flannel.1,eth1")
    assert found.set_rules
    assert [item["path"].rpartition("/")[2] for item in found.files] == [
        "50-overlay-flannel.conf",
        REFRESH + ".service",
    ]
    six = planned(ready, docker_overlay_ipv6_network="fd00::/48", docker_overlay_ipv6_device="flannel-v6.1")
    assert six.rules_command[-2:] == ["flannel-v6.1", "fd00::/48"]
    assert six.set_rules and six.rules == RULES


def test_a_changed_watcher_starts_anew(ready):
    ready["files"]["/run/docker_opts"] = ready["files"]["/run/flannel/docker"]
    found = planned(ready, docker_options_file="/run/docker_opts")
    assert found.watchers == [REFRESH + ".path"]


def test_forwarding_of_ipv6_is_only_for_an_overlay_with_ipv6(ready):
    ready["sysctls"]["net.ipv6.conf.all.forwarding"] = "0"
    assert planned(ready).sysctls == []
    found = planned(ready, docker_overlay_ipv6_network="fd00::/48", docker_overlay_ipv6_device="flannel-v6.1")
    assert found.sysctls == ["net.ipv6.conf.all.forwarding"]


def test_query():
    query = docker_plan.query(case.settings(docker_packages=["moby"], docker_options_file="/run/x"))
    assert "moby" in query["packages"] and len(query["packages"]) == len(set(query["packages"]))
    assert "/run/x" in query["contents"] and "flanneld.service" in query["units"]
    assert "flanneld.service" not in docker_plan.query(case.settings(docker_flannel_unit=""))["units"]


@pytest.mark.parametrize("value", [None, {}, [], "", 7])
def test_a_query_with_values_of_a_wrong_type(value):
    """These are refused, but only after the query."""
    docker_plan.query({**case.settings(), "packages": None if value == 7 else value, "flannel_unit": value})
