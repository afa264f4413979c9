# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The iptables rules of the docker role: peers' packets are let in, everything else stays out of docker0. No I/O.

flannel masquerades what a host forwards into the overlay, and the other hosts let it in: so only containers' packets get there.
Without a device of flannel the packets of a host itself would leave with its uplink's address, which no other host can tell from
a stranger's: they get the host's own address in the overlay.
files/overlay-docker-rules of the role sets them, in shell, as it runs without Python; a unit test compares both.
"""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_host import DockerHost, DockerSettings

SCRIPT = "/usr/local/sbin/overlay-docker-rules"
COMMENT = "-m comment --comment overlay.flannel"
NAT = "POSTROUTING"
ENTERS, GUARDS = "OVERLAY-FORWARD", "OVERLAY-GUARD"
# The bridges of a host's containers: docker0, those of docker's other networks, and that of its swarm
BRIDGES = ("docker0", "br-+", "docker_gwbridge")
# States and DNAT in rules of their own: nft shows a rule that has both in one list as its opposite.
KNOWN = [f"-m conntrack --ctstate {states} {COMMENT} -j RETURN" for states in ("RELATED,ESTABLISHED", "DNAT")]
GUARD = f"-A DOCKER-USER ! -i docker0 -o docker0 {COMMENT} -j {GUARDS}"


def docker_rules(
    devices: str, network: str, address: str = "", accepted: t.Sequence[str] = (), closed: t.Sequence[int] = ()
) -> list[str]:
    """As `iptables -S` prints them. Flannel's devices carry nothing but the overlay; on others the sender has to be of it too.

    `address` is this host's in the overlay, empty as long as it is not known; `accepted` are networks outside of the overlay that may
    reach containers by their addresses, `closed` ports of this host that containers may not reach.
    """
    names = devices.split(",")
    sources = {name: "" if name.startswith("flannel") else f"-s {network} " for name in names}
    flannels = [name for name in names if not sources[name]]
    return [
        *(f"-A PREROUTING {sources[name]}-d {network} -i {name} {COMMENT} -j ACCEPT" for name in names),
        *(f"-A PREROUTING -s {outside} -d {network} {COMMENT} -j ACCEPT" for outside in accepted),
        *(f"-A {GUARDS} {rule}" for rule in KNOWN),
        f"-A {GUARDS} {COMMENT} -j DROP",
        *(entering(accepted) if flannels else []),
        *(f"-A DOCKER-USER {sources[name]}-i {name} -o docker0 {COMMENT} -j ACCEPT" for name in names),
        *(f"-A DOCKER-USER -s {outside} -o docker0 {COMMENT} -j ACCEPT" for outside in accepted),
        GUARD,
        *(f"-A DOCKER-USER -o {name} {COMMENT} -j {ENTERS}" for name in flannels),
        *(closing(sources, closed) if closed else []),
        *(own_source(name, network, address) for name in names if sources[name] and address),
    ]


def entering(accepted: t.Sequence[str]) -> list[str]:
    """What may enter the overlay here: also replies, and what a rule of the user gives another target."""
    return [
        *(f"-A {ENTERS} -i {bridge} {COMMENT} -j RETURN" for bridge in BRIDGES),
        *(f"-A {ENTERS} -s {outside} {COMMENT} -j RETURN" for outside in accepted),
        *(f"-A {ENTERS} {rule}" for rule in KNOWN),
        f"-A {ENTERS} {COMMENT} -j DROP",
    ]


def closing(sources: t.Mapping[str, str], ports: t.Sequence[int]) -> list[str]:
    """Containers of other hosts come by the overlay's devices."""
    incoming = [*(("", bridge) for bridge in BRIDGES), *((source, name) for name, source in sources.items())]
    words = f"-p tcp -m multiport --dports {','.join(map(str, ports))} {COMMENT} -j DROP"
    return [f"-A INPUT {source}-i {device} {words}" for source, device in incoming]


def own_source(device: str, network: str, address: str) -> str:
    """LOCAL leaves out what the host only forwards."""
    local = "-m addrtype --src-type LOCAL"
    return f"-A {NAT} ! -s {network} -d {network} -o {device} {local} {COMMENT} -j SNAT --to-source {address}"


def rules_of(host: DockerHost) -> list[str]:
    settings = host.settings
    accepted, closed = settings.accept_from, settings.closed_ports
    return docker_rules(settings.overlay_device, settings.overlay_network, host.address, accepted, closed)


def rules_command(settings: DockerSettings) -> list[str]:
    outside = ["-f", ",".join(settings.accept_from)] if settings.accept_from else []
    closed = ["-c", ",".join(map(str, settings.closed_ports))] if settings.closed_ports else []
    command = [SCRIPT, *outside, *closed, settings.options_file, settings.overlay_device, settings.overlay_network]
    if settings.overlay_ipv6_network:
        command += [settings.overlay_ipv6_device, settings.overlay_ipv6_network]
    return command


def rules_differ(host: DockerHost) -> bool:
    """Only for IPv4: the facts have no rules of ip6tables. False where they could not be read."""
    firewall = host.facts["firewall"]
    if firewall["forward_policy"] is None:
        return False
    rules = [
        *firewall["raw_prerouting"],
        *chain_rules(host, "filter", GUARDS),
        *chain_rules(host, "filter", ENTERS),
        *firewall["docker_user"],
        *chain_rules(host, "filter", "INPUT"),
        # Without flannel's options it is not known which are right.
        *(chain_rules(host, "nat", NAT) if host.address else []),
    ]
    return of_ours(rules) != rules_of(host)


def of_ours(rules: t.Sequence[str]) -> list[str]:
    return [rule for rule in (rule.replace('"', "") for rule in rules) if " overlay.flannel " in rule]


def left_in_iptables(host: DockerHost) -> bool:
    """Rules of the role in any chain of iptables."""
    return any(of_ours(chain["rules"]) for chain in host.facts["firewall"]["chains"])


def chain_rules(host: DockerHost, table: str, name: str) -> list[str]:
    """Of the program that docker finds first, whose chains come first."""
    chains = host.facts["firewall"]["chains"]
    return next((list(one["rules"]) for one in chains if (one["table"], one["chain"]) == (table, name)), [])
