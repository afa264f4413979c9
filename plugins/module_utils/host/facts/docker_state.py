# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a running docker differs from the options that it has to run with. No I/O.

The plan, host_info and the checks use this function. Between runs `overlay-docker-refresh` of the docker role does the same in shell, as it
runs without Python: tests/unit/plugins/module_utils/host/test_host_facts_docker_state.py has one table of cases for both.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_nft import is_hooked
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_options import (
    as_words,
    docker_options,
    words,
)
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import HostFacts, Interface

ENVIRONMENT, ARGUMENTS, BRIDGE, CHAINS = "environment", "arguments", "docker0", "firewall"
NO_CHAINS = "iptables has no chain DOCKER, which docker has made"
NO_HOOKS = "nftables calls no chains of docker, which docker has made"
LOST_RULES = (NO_CHAINS, NO_HOOKS)
NFTABLES = "nftables"
BIP = "--bip="
IPV4 = 4


@dataclasses.dataclass(frozen=True)
class RunningDocker:
    """The options that dockerd was started with, in its environment and as arguments, docker0's IPv4 addresses, and whether its chains are
    there: those of iptables, or with the backend nftables those of that.

    None is what could not be read. Under live-restore arguments and environment are new while docker0 keeps its old address.
    """

    environment: t.Optional[t.Sequence[str]] = None
    arguments: t.Optional[t.Sequence[str]] = None
    addresses: t.Optional[t.Sequence[str]] = None
    chains: t.Optional[bool] = None
    hooks: t.Optional[bool] = None


@dataclasses.dataclass(frozen=True)
class Difference:
    """`where` is one of the constants above, `name` an option with `_`; `running` is empty where there is nothing."""

    where: str
    name: str
    wanted: str
    running: str
    text: str


def differences(wanted: t.Sequence[str], running: RunningDocker) -> list[Difference]:
    """What could not be read does not differ: a restart needs a reason."""
    if not wanted:
        return []
    return [
        *in_environment(wanted, running),
        *in_arguments(wanted, running),
        *on_bridge(wanted, running),
        *in_firewall(running),
    ]


def in_environment(wanted: t.Sequence[str], running: RunningDocker) -> t.Iterator[Difference]:
    """All of it has to be the same: only here an option shows that is no longer wanted."""
    if running.environment is not None and list(running.environment) != list(wanted):
        given = " ".join(running.environment)
        yield Difference(ENVIRONMENT, "", " ".join(wanted), given, f"dockerd was started with [{given}]")


def in_arguments(wanted: t.Sequence[str], running: RunningDocker) -> t.Iterator[Difference]:
    """dockerd may have further arguments, which are the user's."""
    if running.arguments is None:
        return
    given = docker_options(running.arguments)
    for option in wanted:
        if option not in running.arguments:
            name, sign, value = option.lstrip("-").partition("=")
            name = name.replace("-", "_")
            text = f"dockerd runs without {option}"
            yield Difference(ARGUMENTS, name, value if sign else "true", given.get(name, ""), text)


def on_bridge(wanted: t.Sequence[str], running: RunningDocker) -> t.Iterator[Difference]:
    bip = next((option[len(BIP) :] for option in wanted if option.startswith(BIP)), "")
    if running.addresses is None or not bip or bip in running.addresses:
        return
    given = " ".join(running.addresses)
    yield Difference(BRIDGE, "bip", bip, given, f"docker0 has {given or 'no address'}, not {bip}")


def in_firewall(running: RunningDocker) -> t.Iterator[Difference]:
    """A flush of all rules takes docker's chains away, and only a restart brings them back."""
    if running.chains is False:
        yield Difference(CHAINS, "", "", "", NO_CHAINS)
    if running.hooks is False:
        yield Difference(CHAINS, "", "", "", NO_HOOKS)


def has_chains(facts: t.Mapping[str, t.Any]) -> bool | None:
    """None where iptables could not be read, and where docker makes no chains in it."""
    firewall, docker = facts["firewall"], facts["docker"]
    keys, options = docker["daemon_json"]["keys"], docker["options"]
    without = options.get("iptables") == "false" or keys.get("iptables") is False
    if not docker["running"] or firewall["forward_policy"] is None or backend_of(docker) == NFTABLES or without:
        return None
    return bool(firewall["docker_chain"])


def has_hooks(facts: t.Mapping[str, t.Any]) -> bool | None:
    """None where nft could not be read, and where docker does not say that this is its backend."""
    docker = facts["docker"]
    if not docker["running"] or docker["firewall_backend"] != NFTABLES:
        return None
    return is_hooked(facts["firewall"].get("docker_nft"))


def backend_of(docker: t.Mapping[str, t.Any]) -> str:
    """What the running docker says, else what it would start with. Older dockers have iptables only, and say nothing."""
    given = docker["options"].get("firewall_backend") or docker["daemon_json"]["keys"].get("firewall-backend")
    return str(docker["firewall_backend"] or given or "iptables")


def given_options(environment: t.Mapping[str, str] | None, key: str) -> list[str] | None:
    return None if environment is None else words(environment.get(key, ""))


def bridge_addresses(interfaces: t.Mapping[str, Interface]) -> list[str]:
    addresses = interfaces["docker0"]["addresses"] if "docker0" in interfaces else []
    return [f"{item['address']}/{item['prefixlen']}" for item in addresses if item["family"] == IPV4]


def differences_by_name(options: t.Mapping[str, str], facts: HostFacts) -> list[Difference]:
    """The same for options by name, as host_info returns them."""
    running = RunningDocker(
        arguments=as_words(facts["docker"]["options"]), addresses=bridge_addresses(facts["interfaces"])
    )
    return differences(as_words(options), running)
