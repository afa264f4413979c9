# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One table of cases for the function in Python and for the script that runs on hosts without Python."""

from __future__ import annotations

import dataclasses
import pathlib
import subprocess
import typing as t

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import Output
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import docker_state as state
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker import parse_daemon_json
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_nft import IN_JUMPS, read_docker_nft
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_options import (
    docker_options,
    wanted_options,
)

SCRIPT = pathlib.Path(__file__).parents[5] / "roles/docker/files/overlay-docker-refresh"
KEY = "DOCKER_OPTS"
BIP, MASQ, MTU = "--bip=10.20.5.1/24", "--ip-masq=false", "--mtu=1450"
OPTIONS = f"{BIP} {MASQ} {MTU}"
IPV6 = "--ipv6 --fixed-cidr-v6=fd00:5::/64"
DOCKERD = ["/usr/sbin/dockerd", "-H", "fd://"]
PID = 7


@dataclasses.dataclass(frozen=True)
class Case:
    """A host as both read it, and the texts that both have to give. None is what cannot be read."""

    expected: t.Sequence[str] = ()
    file: str | None = f'DOCKER_OPT_BIP="{BIP}"\n{KEY}=" {OPTIONS}"\n'
    environment: t.Mapping[str, str] | None = dataclasses.field(default_factory=lambda: given(f" {OPTIONS}"))
    arguments: t.Sequence[str] | None = (*DOCKERD, BIP, MASQ, MTU)
    addresses: t.Sequence[str] | None = ("10.20.5.1/24",)
    interface: str = "docker0"
    chains: bool | None = True
    daemon_json: str = ""
    started: str = ""
    listed: str | None = ""


def given(options: str) -> dict[str, str]:
    return {"PATH": "/usr/bin", "LANG": "C", KEY: options}


BRIDGES = f"""table ip docker-bridges {{
>map {IN_JUMPS} {{
>>type ifname : verdict
>>elements = {{ "docker0" : jump filter-forward-in__docker0,
>>>     "br-0123456789ab" : jump filter-forward-in__br-0123456789ab }}
>}}

>chain filter-FORWARD {{
>>type filter hook forward priority filter; policy accept;
>}}

>chain raw-PREROUTING {{
>>type filter hook prerouting priority raw; policy accept;
>}}
}}
""".replace(">", "\t")
# As docker makes it again when a container starts after a flush
UNHOOKED = f"""table ip docker-bridges {{
>map {IN_JUMPS} {{
>>type ifname : verdict
>}}

>chain raw-PREROUTING {{
>>ip daddr 10.20.5.2 iifname != "docker0" drop
>}}
}}
""".replace(">", "\t")
OTHER = OPTIONS.replace("10.20.5.1", "10.20.9.1")
CASES = {
    "the same": Case(),
    "further arguments of the user": Case(arguments=[*DOCKERD, "--debug", BIP, "--icc=false", MASQ, MTU]),
    "another number of blanks": Case(environment=given(f"{BIP}   {MASQ}\t{MTU} ")),
    "quotes in the file": Case(file=f"{KEY}='{OPTIONS}'\n"),
    "no quotes in the file": Case(file=f"{KEY}={BIP}\n", environment=given(BIP), arguments=[*DOCKERD, BIP]),
    "the last line of the file counts": Case(file=f'{KEY}="{OTHER}"\n{KEY}="{OPTIONS}"\n'),
    "another variable with the same end": Case(file=f'MY_{KEY}="{OTHER}"\n{KEY}="{OPTIONS}"\n'),
    "IPv6": Case(
        file=f'{KEY}=" {OPTIONS} {IPV6}"\n',
        environment=given(f" {OPTIONS} {IPV6}"),
        arguments=[*DOCKERD, *OPTIONS.split(), *IPV6.split()],
    ),
    "IPv6 is new": Case(
        [
            f"dockerd was started with [{OPTIONS}]",
            "dockerd runs without --ipv6",
            "dockerd runs without --fixed-cidr-v6=fd00:5::/64",
        ],
        file=f'{KEY}=" {OPTIONS} {IPV6}"\n',
    ),
    "an option is given up": Case(
        [f"dockerd was started with [{OPTIONS}]"],
        file=f'{KEY}="{BIP} {MASQ}"\n',
    ),
    "another subnet": Case(
        [
            f"dockerd was started with [{OTHER}]",
            f"dockerd runs without {BIP}",
            "docker0 has 10.20.9.1/24, not 10.20.5.1/24",
        ],
        environment=given(OTHER),
        arguments=[*DOCKERD, *OTHER.split()],
        addresses=["10.20.9.1/24"],
    ),
    "live-restore kept the bridge": Case(["docker0 has 10.20.9.1/24, not 10.20.5.1/24"], addresses=["10.20.9.1/24"]),
    "a second address of the bridge": Case(addresses=["192.0.2.1/32", "10.20.5.1/24"]),
    "two other addresses": Case(
        ["docker0 has 192.0.2.1/32 10.20.9.1/24, not 10.20.5.1/24"], addresses=["192.0.2.1/32", "10.20.9.1/24"]
    ),
    "another length": Case(["docker0 has 10.20.5.1/25, not 10.20.5.1/24"], addresses=["10.20.5.1/25"]),
    "no bridge": Case(["docker0 has no address, not 10.20.5.1/24"], addresses=[]),
    "the address is on another interface": Case(
        ["docker0 has no address, not 10.20.5.1/24"], interface="docker01", addresses=["10.20.5.1/24"]
    ),
    "a flush took docker's chains": Case([state.NO_CHAINS], chains=False),
    "iptables cannot be read": Case(chains=None),
    "docker makes no chains, by its arguments": Case(
        chains=False, arguments=[*DOCKERD, "--iptables=false", BIP, MASQ, MTU]
    ),
    "docker makes no chains, by its file": Case(chains=False, daemon_json='{"iptables" :\n false}'),
    "docker has nftables, by its file": Case(chains=False, daemon_json='{"firewall-backend": "nftables"}'),
    "docker has nftables, by its arguments": Case(
        chains=False, arguments=[*DOCKERD, "--firewall-backend=nftables", BIP, MASQ, MTU]
    ),
    "docker runs with nftables": Case(chains=False, started="nftables", listed=BRIDGES),
    "docker runs with nftables, and its file says another": Case(
        chains=False, started="nftables", listed=BRIDGES, daemon_json="{}"
    ),
    "docker runs with iptables, and its file says nftables": Case(
        [state.NO_CHAINS], chains=False, started="iptables", daemon_json='{"firewall-backend": "nftables"}'
    ),
    "a flush took all of nftables": Case([state.NO_HOOKS], started="nftables", listed=""),
    "docker's table came back without hooks": Case([state.NO_HOOKS], started="nftables", listed=UNHOOKED),
    "one hook is gone": Case([state.NO_HOOKS], started="nftables", listed=BRIDGES.replace("hook prerouting", "-")),
    "docker0 is not in the map": Case([state.NO_HOOKS], started="nftables", listed=BRIDGES.replace("docker0", "br-1")),
    "nft cannot be read": Case(started="nftables", listed=None),
    "a flush, and another subnet": Case(
        ["docker0 has 10.20.9.1/24, not 10.20.5.1/24", state.NO_CHAINS], addresses=["10.20.9.1/24"], chains=False
    ),
    "ip fails, and a flush": Case([state.NO_CHAINS], addresses=None, chains=False),
    "started by hand": Case(
        [
            "dockerd was started with []",
            *(f"dockerd runs without {option}" for option in (BIP, MASQ, MTU)),
            "docker0 has 172.17.0.1/16, not 10.20.5.1/24",
        ],
        environment={"PATH": "/bin"},
        arguments=["dockerd"],
        addresses=["172.17.0.1/16"],
    ),
    "an argument that only begins the same": Case(
        [f"dockerd runs without {MTU}"], arguments=[*DOCKERD, BIP, MASQ, MTU + "0"]
    ),
    # What cannot be read does not differ.
    "no file yet": Case(file=None, environment=given(OTHER), addresses=["172.17.0.1/16"]),
    "a file without the variable": Case(file='DOCKER_OPT_BIP="--bip=192.0.2.1/24"\n', addresses=["172.17.0.1/16"]),
    "the environment is another title": Case(environment={"dockerd": "title"}),
    "the process is gone": Case(environment=None, arguments=None),
    "the addresses cannot be read": Case(addresses=None),
    "nothing but a wrong address is known": Case(
        ["docker0 has 10.20.9.1/24, not 10.20.5.1/24"], environment=None, arguments=None, addresses=["10.20.9.1/24"]
    ),
}


@pytest.fixture(params=list(CASES))
def case(request) -> Case:
    return CASES[request.param]


def test_python(case: Case) -> None:
    """As host_info reads a process: without PATH it is not what systemd has started."""
    environment = case.environment if "PATH" in (case.environment or {}) else None
    interfaces = {case.interface: {"addresses": [address(text) for text in case.addresses or ()]}}
    running = state.RunningDocker(
        environment=state.given_options(environment, KEY),
        arguments=case.arguments,
        addresses=None if case.addresses is None else state.bridge_addresses(interfaces),
        chains=state.has_chains(as_facts(case)),
        hooks=state.has_hooks(as_facts(case)),
    )
    found = state.differences(wanted_options(case.file, KEY), running)
    assert [difference.text for difference in found] == list(case.expected)


def as_facts(case: Case) -> dict[str, t.Any]:
    """As the plan reads them. The script has no such facts of a dockerd that it cannot read."""
    docker: dict[str, t.Any] = {"running": case.arguments is not None, "firewall_backend": case.started or None}
    docker["options"] = docker_options(case.arguments or ())
    docker["daemon_json"] = parse_daemon_json(case.daemon_json)
    policy = None if case.chains is None else "ACCEPT"
    rules = None if case.listed is None else read_docker_nft(lambda argv: Output(0, case.listed or ""), case.listed)
    return {"docker": docker, "firewall": {"forward_policy": policy, "docker_chain": case.chains, "docker_nft": rules}}


def address(text: str) -> dict[str, t.Any]:
    return {"address": text.split("/")[0], "prefixlen": int(text.split("/")[1]), "family": 4}


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def test_the_script(case: Case, host: Host) -> None:
    """All of it: with a reason it restarts docker, without one it does not."""
    host.set(case)
    done = host.run()
    assert (done.returncode, done.stderr) == (0, "")
    reasons = "; ".join(case.expected)
    restarted = f"restarting docker for {' '.join(wanted_options(case.file, KEY))}: {reasons}"
    if reasons in state.LOST_RULES:
        restarted = f"restarting docker: {reasons}; published ports do not work without it"
    assert (restarted in done.stdout) == bool(reasons), done.stdout
    assert host.restarts() == (1 if reasons else 0)


DIFFERENT = CASES["another subnet"]


def test_the_script_restarts_only_once(host):
    """Docker that still runs with other options would be restarted without end."""
    host.set(DIFFERENT)
    done = host.run(after="active")
    assert done.returncode == 1
    assert done.stderr.startswith(f"docker was restarted and still does not run with {OPTIONS}: ")
    assert host.restarts() == 1


def test_the_script_waits_for_docker_and_not_for_a_stopped_one(host):
    host.set(DIFFERENT)
    assert "docker is stopped" in host.run(before="inactive").stdout
    done = host.run(before="failed")
    assert (done.returncode, done.stderr) == (1, "docker.service has failed (result )\n")
    done = host.run(before="activating", timeout=0)
    assert done.returncode == 1 and "docker.service is still activating" in done.stderr
    assert host.restarts() == 0


def test_the_script_refuses_options_without_an_address(host):
    host.set(dataclasses.replace(DIFFERENT, file=f'{KEY}="{MTU}"\n'))
    done = host.run()
    assert (done.returncode, host.restarts()) == (1, 0)
    assert f"has no --bip: [{MTU}]" in done.stderr


@pytest.mark.parametrize(
    ("info", "restarts", "said"),
    [
        ("echo true 2", 0, "live-restore is enabled and 2 containers run"),
        ("echo true 0", 1, ""),
        ("echo false 2", 1, ""),
        ("exit 1", 0, "docker info does not answer within 10 s, so it is not known whether live-restore"),
        ("echo", 0, "docker info does not answer within 10 s"),
        ("echo '<no value>'", 0, "docker info does not answer within 10 s"),
    ],
)
def test_the_script_and_live_restore(host, info, restarts, said):
    host.set(DIFFERENT)
    done = host.run(info=info)
    assert (done.returncode, host.restarts()) == (0 if restarts else 1, restarts)
    assert said in done.stderr


UPTIME = int(float(pathlib.Path("/proc/uptime").read_text().split()[0]))


@pytest.mark.parametrize(
    ("case", "hold", "restarts"),
    [
        ("IPv6 is new", str(UPTIME + 900), 0),
        ("IPv6 is new", str(UPTIME), 1),
        ("IPv6 is new", "", 1),
        ("IPv6 is new", "soon", 1),
        ("another subnet", str(UPTIME + 900), 1),
        ("live-restore kept the bridge", str(UPTIME + 900), 1),
        ("a flush took docker's chains", str(UPTIME + 900), 1),
    ],
)
def test_the_script_waits_for_the_turn_of_a_play(host, case, hold, restarts):
    """Not where containers have no network, or published ports do not work, until docker restarts; and not for ever."""
    host.set(CASES[case])
    (host.folder / "hold").write_text(hold)
    done = host.run()
    assert (done.returncode, host.restarts()) == (0, restarts)
    assert ("docker is not restarted yet: a play holds it" in done.stdout) is (not restarts)


CHAINS = CASES["a flush took docker's chains"]


@pytest.mark.parametrize("info", ["echo true 2", "exit 1"])
def test_the_script_restarts_docker_for_its_chains_under_live_restore(host, info):
    """Containers go on and nothing of flannel changes; nobody has to be asked for that."""
    host.set(CHAINS)
    assert (host.run(info=info).returncode, host.restarts()) == (0, 1)


def test_the_script_restarts_docker_for_its_chains_only_once(host):
    """A docker that makes no such chains for another reason would be restarted at each check."""
    host.set(CHAINS)
    done = host.run(after="active")
    assert (done.returncode, host.restarts()) == (1, 1)
    assert "docker was restarted because iptables has no chain DOCKER" in done.stderr
    (host.folder / "restarted").unlink()
    assert (host.run(after="active").returncode, host.restarts()) == (1, 0)
    host.set(CASES["the same"])
    assert (host.run().returncode, (host.folder / "chains").exists()) == (0, False)


class Host:
    """A folder in the place of /proc, and stand-ins for the commands that the script calls."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.commands = folder / "commands"
        self.commands.mkdir()
        text = SCRIPT.read_text()
        replaced = {
            "PATH=/usr": f"PATH={self.commands}:/usr",
            '"/proc/$1/': f'"{folder}/proc/$1/',
            "CHAINS_PATIENCE=5": "CHAINS_PATIENCE=0",
            "=/etc/docker/daemon.json": f"={folder}/daemon.json",
            "=/run/overlay-docker-refresh.chains": f"={folder}/chains",
            "=/run/overlay-docker/backend": f"={folder}/backend",
            "=/run/overlay-docker.hold": f"={folder}/hold",
        }
        for old, new in replaced.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        self.script = folder / "script"
        self.script.write_text(text)

    def set(self, case: Case) -> None:
        process = self.folder / "proc" / str(PID)
        process.mkdir(parents=True, exist_ok=True)
        if case.environment is not None:
            pairs = [f"{name}={value}" for name, value in case.environment.items()]
            (process / "environ").write_bytes(nul(pairs))
        if case.arguments is not None:
            (process / "cmdline").write_bytes(nul(case.arguments))
        if case.file is not None:
            (self.folder / "options").write_text(case.file)
        if case.daemon_json:
            (self.folder / "daemon.json").write_text(case.daemon_json)
        if case.started:
            (self.folder / "backend").write_text(f"{case.started}\n")
        self.command("nft", "exit 1" if case.listed is None else f"cat <<'END'\n{case.listed}END")
        missing = 'case "$*" in *DOCKER) exit 1 ;; esac'
        self.command("iptables", {True: "true", False: missing, None: "exit 4"}[case.chains])
        lines = ["1: lo    inet 127.0.0.1/8 scope host lo"]
        lines += [f"3: {case.interface}    inet {text} scope global docker0" for text in case.addresses or ()]
        self.command("ip", "exit 1" if case.addresses is None else f"cat <<'END'\n{chr(10).join(lines)}\nEND")

    def command(self, name: str, text: str) -> None:
        (self.commands / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.commands / name).chmod(0o755)

    def run(
        self, before: str = "active", after: str = "inactive", info: str = "echo false 1", timeout: int = 30
    ) -> subprocess.CompletedProcess[str]:
        log = self.folder / "restarted"
        self.command("docker", info)
        self.command("journalctl", "true")
        self.command(
            "systemctl",
            f"""case "$*" in
*--no-block*) echo "$*" >>{log} ;;
*Job*) [ -e {log} ] && echo ActiveState={after} || echo ActiveState={before}; echo Job= ;;
*MainPID*) echo MainPID={PID} ;;
*ActiveState*) echo ActiveState={before} ;;
*is-active*) ;;
esac""",
        )
        settings = {"PATH": "/usr/bin", "OPTIONS_FILE": str(self.folder / "options"), "OPTIONS_KEY": KEY}
        environment = {**settings, "FLANNEL_UNIT": "flanneld.service", "TIMEOUT": str(timeout)}
        return subprocess.run(
            ["sh", str(self.script)], env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    def restarts(self) -> int:
        log = self.folder / "restarted"
        return len(log.read_text().splitlines()) if log.exists() else 0


def nul(texts: t.Iterable[str]) -> bytes:
    return b"".join(text.encode() + b"\0" for text in texts)


def test_names_and_values_for_checks():
    found = state.differences(
        [BIP, "--ipv6", "--new-option=x"], state.RunningDocker(arguments=["--bip", "10.20.9.1/24"])
    )
    assert [(one.where, one.name, one.wanted, one.running) for one in found] == [
        ("arguments", "bip", "10.20.5.1/24", "10.20.9.1/24"),
        ("arguments", "ipv6", "true", ""),
        ("arguments", "new_option", "x", ""),
    ]


def test_options_without_an_address_do_not_differ_from_the_bridge():
    assert state.differences([MTU], state.RunningDocker(arguments=[MTU], addresses=["172.17.0.1/16"])) == []


def test_by_name(facts):
    options = facts["flannel"]["docker_options"]
    assert state.differences_by_name(options, facts) == []
    assert state.differences_by_name({}, facts) == []
    found = state.differences_by_name({**options, "mtu": "1400", "ipv6": "true"}, facts)
    assert [(one.name, one.running) for one in found] == [("mtu", "1450"), ("ipv6", "")]
