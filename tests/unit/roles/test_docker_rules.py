# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script that sets the accept rules, with a stand-in for iptables, held to the rules in Python."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
from typing import Sequence

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_rules import docker_rules

SCRIPT = pathlib.Path(__file__).parents[3] / "roles/docker/files/overlay-docker-rules"
LOCK = "/run/overlay-docker-rules.lock"
# A chain is a file with one rule a line. In sh, since the script calls it a hundred times.
IPTABLES = r"""#!/bin/sh
set -eu
wrong() { echo "$0: $1" >&2; exit 1; }
[ "$1 $2" = "-w 30" ] || wrong "$*"
words="$*" table=filter
shift 2
[ "$1" != -t ] || { table=$2; shift 2; }
action=$1 chain=$2
shift 2
file="FOLDER/${0##*/}.$table.$chain"
rule="-A $chain${*:+ $*}"
rules=$(cat "$file" 2>/dev/null || true)
case $action in
  -S)
    case $chain in DOCKER-USER | OVERLAY-GUARD | OVERLAY-FORWARD) [ -e "$file" ] || wrong "no such chain" ;; esac
    case $chain in DOCKER-USER) echo "-N $chain" ;; esac
    printf '%s\n' "$rules"
    exit
    ;;
  -C)
    printf '%s\n' "$rules" | grep -qxF -e "$rule"
    exit
    ;;
esac
echo "$words" >>FOLDER/changes
case $action in
  -N) ;;
  -F) rules= ;;
  -X)
    [ -z "$rules" ] && rm "$file" || wrong "chain is used"
    exit
    ;;
  -I) rules=$rule${rules:+
$rules} ;;
  -D)
    number=$(printf '%s\n' "$rules" | grep -nxF -m1 -e "$rule" | cut -d: -f1)
    [ -n "$number" ] || wrong "no such rule"
    rules=$(printf '%s\n' "$rules" | sed "${number}d")
    ;;
  *) wrong "$words" ;;
esac
printf '%s' "${rules:+$rules
}" >"$file"
"""
# What it was told to load; a table that is not there cannot be deleted.
NFT = r"""
case $1 in
-f) cat >FOLDER/nft ;;
delete) grep -qs "^table $3 $4" FOLDER/nft && rm FOLDER/nft ;;
esac"""
DOCKER = r"""
case $* in
"network ls"*) [ -e FOLDER/networks ] && echo 0123 ;;
"network inspect"*) cat FOLDER/networks ;;
esac"""
USERS = "-A DOCKER-USER -s 192.0.2.0/24 -j DROP"
DOCKERS = "-A PREROUTING -d 10.20.5.2/32 ! -i docker0 -j DROP"
ARGUMENTS = ("flannel.1", "10.20.0.0/16")
OPTIONS = 'DOCKER_OPTS=" --bip=10.20.5.1/24 --ip-masq=false --ipv6 --fixed-cidr-v6=fd00:5::/64"\n'

pytestmark = pytest.mark.skipif(not shutil.which("flock"), reason="the script needs flock")


class Host:
    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        commands = folder / "commands"
        commands.mkdir()
        for name in ("iptables", "ip6tables"):
            (commands / name).write_text(IPTABLES.replace("FOLDER", str(folder)))
            (commands / name).chmod(0o755)
        for name, text in {
            "nft": NFT,
            "systemctl": "cat FOLDER/pid 2>/dev/null || echo MainPID=0",
            "docker": DOCKER,
        }.items():
            (commands / name).write_text(f"#!/bin/sh\n{text.replace('FOLDER', str(folder))}\n")
            (commands / name).chmod(0o755)
        (folder / "forwarding").write_text("1\n")
        text = SCRIPT.read_text()
        replaced = {
            "PATH=/usr": f"PATH={commands}:/usr",
            f"exec 9>{LOCK}": f"exec 9>{folder}/lock",
            "=/etc/docker/daemon.json": f"={folder}/daemon.json",
            "=/run/overlay-docker/backend": f"={folder}/backend",
            "=/var/lib/overlay-docker/bridges": f"={folder}/bridges",
            "=/proc/sys/net/ipv4/ip_forward": f"={folder}/forwarding",
        }
        for old, new in replaced.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        self.script = folder / "script"
        self.script.write_text(text)
        self.options = folder / "options"
        self.options.write_text(OPTIONS)

    def set_rules(self, *arguments: str, accepted: Sequence[str] = (), closed: Sequence[int] = ()) -> None:
        environment = {"PATH": "/usr/bin"}
        outside = ["-f", ",".join(accepted)] if accepted else []
        outside += ["-c", ",".join(map(str, closed))] if closed else []
        done = subprocess.run(
            ["sh", str(self.script), *outside, str(self.options), *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")

    def file(self, program: str, table: str, chain: str) -> pathlib.Path:
        return self.folder / f"{program}.{table}.{chain}"

    def rules(self, program: str = "iptables") -> list[str]:
        places = (
            ("raw", "PREROUTING"),
            ("filter", "OVERLAY-GUARD"),
            ("filter", "OVERLAY-FORWARD"),
            ("filter", "DOCKER-USER"),
            ("filter", "INPUT"),
            ("nat", "POSTROUTING"),
        )
        files = [self.file(program, *place) for place in places]
        return [rule for file in files if file.exists() for rule in file.read_text().splitlines()]

    def changes(self) -> int:
        file = self.folder / "changes"
        return len(file.read_text().splitlines()) if file.exists() else 0


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


@pytest.mark.parametrize(
    ("devices", "network"),
    [ARGUMENTS, ("eth1", "10.20.0.0/16"), ("flannel.1,eth1", "10.20.0.0/14"), ("flannel-wg,br0,eth1", "10.0.0.0/8")],
)
def test_the_script_sets_the_rules_of_the_plan(host, devices, network):
    host.set_rules(devices, network)
    assert host.rules() == docker_rules(devices, network, "10.20.5.1")
    assert host.file("iptables", "filter", "FORWARD").read_text() == "-A FORWARD -j DOCKER-USER\n"
    changes = host.changes()
    host.set_rules(devices, network)
    assert host.changes() == changes


@pytest.mark.parametrize("accepted", [["192.0.2.0/24"], ["192.0.2.9/32", "198.51.100.0/24"]])
def test_networks_outside_that_are_let_in(host, accepted):
    host.set_rules(*ARGUMENTS, accepted=accepted)
    assert host.rules() == docker_rules(*ARGUMENTS, accepted=accepted)
    assert len(host.rules()) == 13 + 3 * len(accepted)
    host.set_rules(*ARGUMENTS)
    assert host.rules() == docker_rules(*ARGUMENTS)


def test_other_rules_stay_behind_ours(host):
    host.file("iptables", "filter", "DOCKER-USER").write_text(USERS + "\n")
    host.file("iptables", "raw", "PREROUTING").write_text(DOCKERS + "\n")
    host.set_rules("eth1", "10.20.0.0/16")
    host.set_rules(*ARGUMENTS)
    accept, *chains, to_containers, guard, jump = docker_rules(*ARGUMENTS)
    assert host.rules() == [accept, DOCKERS, *chains, to_containers, guard, jump, USERS]


def test_ipv6_comes_and_goes(host):
    host.set_rules(*ARGUMENTS, "flannel-v6.1", "fd00::/48")
    assert host.rules("ip6tables") == docker_rules("flannel-v6.1", "fd00::/48")
    assert host.rules() == docker_rules(*ARGUMENTS)
    host.set_rules(*ARGUMENTS)
    assert host.rules("ip6tables") == []


@pytest.mark.parametrize(
    ("options", "address"),
    [
        ("--fixed-cidr-v6=fd00:5::/64", "fd00:5::1"),
        ("--fixed-cidr-v6=fd00::1:0/112 --mtu=1430", "fd00::1:1"),
        ("", ""),
    ],
)
def test_the_own_address_of_ipv6(host, options, address):
    """Docker takes the first one of its subnet."""
    host.options.write_text(f'DOCKER_OPTS="--bip=10.20.5.1/24 {options}"\n')
    host.set_rules(*ARGUMENTS, "eth1", "fd00::/16")
    assert host.rules("ip6tables") == docker_rules("eth1", "fd00::/16", address)


def test_own_packets_follow_the_subnet(host):
    """Without flannel's options there is no address to give; another subnet replaces the rule."""
    host.options.unlink()
    host.set_rules("eth1", "10.20.0.0/16")
    assert host.rules() == docker_rules("eth1", "10.20.0.0/16")
    for address in ("10.20.5.1", "10.20.9.1"):
        host.options.write_text(OPTIONS.replace("10.20.5.1", address))
        host.set_rules("eth1", "10.20.0.0/16")
        assert host.rules() == docker_rules("eth1", "10.20.0.0/16", address)
    host.set_rules(*ARGUMENTS)
    assert host.rules() == docker_rules(*ARGUMENTS)


def test_only_what_the_host_itself_sends_gets_its_address():
    """Else a neighbour that routes by this host would enter the containers of all others."""
    assert docker_rules("flannel.1,eth1", "10.20.0.0/16", "10.20.5.1")[-1] == (
        "-A POSTROUTING ! -s 10.20.0.0/16 -d 10.20.0.0/16 -o eth1 -m addrtype --src-type LOCAL "
        "-m comment --comment overlay.flannel -j SNAT --to-source 10.20.5.1"
    )


@pytest.mark.parametrize("devices", ["flannel.1", "eth1", "flannel.1,eth1"])
def test_closed_ports(host, devices):
    """Those of containers here come by a bridge of docker, those of other hosts by a device of the overlay; so they do by IPv6."""
    ours = "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"
    host.file("iptables", "filter", "INPUT").write_text(ours + "\n")
    host.set_rules(devices, "10.20.0.0/16", closed=[2379, 2380])
    closing = [
        rule for rule in docker_rules(devices, "10.20.0.0/16", "10.20.5.1", closed=[2379, 2380]) if " INPUT " in rule
    ]
    assert host.file("iptables", "filter", "INPUT").read_text().splitlines() == [*closing, ours]
    assert {rule.partition(" -i ")[2].partition(" ")[0] for rule in closing} == {
        *("docker0", "br-+", "docker_gwbridge"),
        *devices.split(","),
    }
    assert [rule for rule in closing if " -i eth1 " in rule and "-s 10.20.0.0/16" not in rule] == []
    assert host.rules("ip6tables") == closing[:3]
    host.set_rules(devices, "10.20.0.0/16")
    assert host.file("iptables", "filter", "INPUT").read_text().splitlines() == [ours]
    assert host.rules("ip6tables") == []


def test_only_containers_enter_the_overlay_here():
    """Only by flannel's devices: on others a packet keeps its sender, which the other hosts see."""
    rules = docker_rules("flannel.1", "10.20.0.0/16", accepted=["192.0.2.0/24"])
    assert [rule.rpartition(" ")[2] for rule in rules if rule.startswith("-A OVERLAY-FORWARD")] == ["RETURN"] * 6 + [
        "DROP"
    ]
    assert not any("OVERLAY-FORWARD" in rule for rule in docker_rules("eth1", "10.20.0.0/16"))


def test_rules():
    """On a device of flannel the sender does not matter."""
    raw, *chains, user, guard, _jump = docker_rules("flannel.1", "10.20.0.0/16")
    assert raw == "-A PREROUTING -d 10.20.0.0/16 -i flannel.1 -m comment --comment overlay.flannel -j ACCEPT"
    assert user == "-A DOCKER-USER -i flannel.1 -o docker0 -m comment --comment overlay.flannel -j ACCEPT"
    assert guard == "-A DOCKER-USER ! -i docker0 -o docker0 -m comment --comment overlay.flannel -j OVERLAY-GUARD"
    guarding = [rule for rule in chains if " OVERLAY-GUARD " in rule]
    assert [rule.replace("-m comment --comment overlay.flannel ", "") for rule in guarding] == [
        "-A OVERLAY-GUARD -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN",
        "-A OVERLAY-GUARD -m conntrack --ctstate DNAT -j RETURN",
        "-A OVERLAY-GUARD -j DROP",
    ]
    accepts = [rule for rule in docker_rules("eth1", "10.20.0.0/16") if rule.endswith("ACCEPT")]
    assert len(accepts) == 2 and all(" -s 10.20.0.0/16 " in rule for rule in accepts)


def test_no_rule_has_states_and_dnat_in_one_list():
    """nft shows such a rule as its opposite (iptables 1.8.13), and somebody who reads it there mends what works."""
    rules = docker_rules("flannel.1,eth1", "10.20.0.0/16", "10.20.5.1", ["192.0.2.0/24"], [2379])
    assert [rule for rule in rules if "--ctstate" in rule and "," in rule and "DNAT" in rule] == []
    assert not any("! --ctstate" in rule for rule in rules)
