# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script with docker's firewall backend nftables, held to the rules in Python; and from one backend to the other."""

from __future__ import annotations

import shutil
from typing import Sequence

import pytest
from test_docker_rules import ARGUMENTS, OPTIONS, USERS, Host

from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_nft_rules import HOOKS, Table, nft_rules
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_rules import docker_rules

DEVICES, NETWORK = ARGUMENTS
ADDRESS = "10.20.5.1"
MARKED = "meta mark set meta mark | 0x10000000 accept"

pytestmark = pytest.mark.skipif(not shutil.which("flock"), reason="the script needs flock")


@pytest.fixture
def host(tmp_path) -> Host:
    host = Host(tmp_path)
    (tmp_path / "daemon.json").write_text('{"firewall-backend" :\n "nftables", "debug": true}')
    return host


def text_of(table: Table) -> str:
    """One transaction: no packet passes between the old rules and the new ones."""
    name = f"table {table.family} overlay-flannel"
    chains = [
        f"\tchain {chain} {{\n\t\t{HOOKS[chain]}; policy accept;\n"
        + "".join(f"\t\t{rule}\n" for rule in rules)
        + "\t}\n"
        for chain, rules in nft_rules(table).items()
    ]
    return f"{name}\ndelete {name}\n{name} {{\n{''.join(chains)}}}\n"


def loaded(host: Host) -> str:
    return (host.folder / "nft").read_text()


@pytest.mark.parametrize("devices", ["flannel.1", "eth1", "flannel.1,eth1"])
@pytest.mark.parametrize("accepted", [[], ["192.0.2.9/32", "198.51.100.0/24"]])
@pytest.mark.parametrize("closed", [[], [2379, 2380]])
def test_the_script_loads_the_rules_of_the_plan(
    host: Host, devices: str, accepted: Sequence[str], closed: Sequence[int]
) -> None:
    host.set_rules(devices, NETWORK, accepted=accepted, closed=closed)
    four, six = Table("ip", devices, NETWORK, ADDRESS, accepted, closed), Table("ip6", "", "", closed=closed)
    assert loaded(host) == text_of(four) + text_of(six)
    assert host.rules() == []


def test_ipv6(host: Host) -> None:
    host.set_rules(*ARGUMENTS, "flannel-v6.1,eth1", "fd00::/48")
    six = Table("ip6", "flannel-v6.1,eth1", "fd00::/48", "fd00:5::1")
    assert loaded(host) == text_of(Table("ip", DEVICES, NETWORK, ADDRESS)) + text_of(six)


def test_bridges_as_docker_tells_them(host: Host) -> None:
    """Before docker starts they are those that it has told last."""
    (host.folder / "networks").write_text(
        "docker0 mode4= mode6=\nbr-0123456789ab mode4=nat mode6=routed\nmine mode4= mode6=\nopen mode4=nat-unprotected mode6=\n"
    )
    (host.folder / "pid").write_text("MainPID=7\n")
    (host.folder / "backend").write_text("nftables\n")
    four = Table("ip", DEVICES, NETWORK, ADDRESS, named=["mine", "open"], opened=["open"])
    six = Table("ip6", "", "", named=["mine", "open"], opened=["br-0123456789ab"])
    host.set_rules(*ARGUMENTS)
    assert loaded(host) == text_of(four) + text_of(six)
    for name in ("pid", "networks", "nft"):
        (host.folder / name).unlink()
    host.set_rules(*ARGUMENTS)
    assert loaded(host) == text_of(four) + text_of(six)


def test_there_and_back(host: Host) -> None:
    """Nothing of the role is left in the other backend, and what is the user's stays."""
    daemon_json = (host.folder / "daemon.json").read_text()
    (host.folder / "daemon.json").unlink()
    host.set_rules("flannel.1,eth1", NETWORK, closed=[2379])
    assert host.rules() == docker_rules("flannel.1,eth1", NETWORK, ADDRESS, closed=[2379])
    (host.folder / "daemon.json").write_text(daemon_json)
    host.set_rules("flannel.1,eth1", NETWORK, closed=[2379])
    assert host.rules() == [] and "overlay-flannel" in loaded(host)
    assert not host.file("iptables", "filter", "DOCKER-USER").exists()
    assert host.file("iptables", "filter", "FORWARD").read_text() == ""
    (host.folder / "daemon.json").write_text("{}")
    host.set_rules(*ARGUMENTS)
    assert host.rules() == docker_rules(*ARGUMENTS) and not (host.folder / "nft").exists()


def test_a_rule_of_the_user_keeps_the_chain(host: Host) -> None:
    host.file("iptables", "filter", "DOCKER-USER").write_text(USERS + "\n")
    host.file("iptables", "filter", "FORWARD").write_text("-A FORWARD -j DOCKER-USER\n")
    host.set_rules(*ARGUMENTS)
    assert host.rules() == [USERS]
    assert host.file("iptables", "filter", "FORWARD").read_text() == "-A FORWARD -j DOCKER-USER\n"


def test_a_docker_that_runs_has_the_backend_of_its_start(host: Host) -> None:
    """Its file may have changed since: rules of the other backend would cut the overlay until docker restarts."""
    host.set_rules(*ARGUMENTS)
    (host.folder / "pid").write_text("MainPID=7\n")
    (host.folder / "daemon.json").write_text("{}")
    host.set_rules(*ARGUMENTS)
    assert host.rules() == [] and "overlay-flannel" in loaded(host)
    (host.folder / "pid").unlink()
    host.set_rules(*ARGUMENTS)
    assert host.rules() == docker_rules(*ARGUMENTS) and not (host.folder / "nft").exists()


def test_forwarding_is_switched_on(host: Host) -> None:
    """docker does so with iptables only, and does not start without it."""
    (host.folder / "forwarding").write_text("0\n")
    host.set_rules(*ARGUMENTS)
    assert (host.folder / "forwarding").read_text() == "1\n"


def test_rules() -> None:
    rules = nft_rules(Table("ip", "flannel.1,eth1", NETWORK, ADDRESS))
    assert rules["forward"][:2] == [
        f'iifname "flannel.1" oifname "docker0" ip daddr {NETWORK} {MARKED}',
        f'iifname "eth1" oifname "docker0" ip saddr {NETWORK} ip daddr {NETWORK} {MARKED}',
    ]
    assert rules["postrouting"] == [
        f'oifname "eth1" ip saddr != {NETWORK} ip daddr {NETWORK} fib saddr type local snat to {ADDRESS}'
    ]
    assert OPTIONS.count(ADDRESS) == 1 and "input" not in rules


def test_the_guard_is_there_without_an_overlay_of_ipv6() -> None:
    """allow-direct-routing opens networks of both families."""
    assert nft_rules(Table("ip6", "", ""))["forward"] == [
        "ct state established,related accept",
        "ct status dnat accept",
        'iifname "docker0" oifname "docker0" accept',
        'oifname "docker0" drop',
        'iifname "br-*" oifname "br-*" accept',
        'oifname "br-*" drop',
    ]
