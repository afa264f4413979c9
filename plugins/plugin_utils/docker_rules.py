# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The iptables rules of the docker role: peers' packets are let in, everything else stays out of docker0. No I/O.

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
GUARD = f"-A DOCKER-USER ! -i docker0 -o docker0 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT {COMMENT} -j DROP"


def docker_rules(devices: str, network: str, address: str = "", accepted: t.Sequence[str] = ()) -> list[str]:
    """As `iptables -S` prints them. Flannel's devices carry nothing but the overlay; on others the sender has to be of it too.

    `address` is this host's in the overlay, empty as long as it is not known; `accepted` are networks outside of the overlay that may
    reach containers by their addresses.
    """
    names = devices.split(",")
    sources = {name: "" if name.startswith("flannel") else f"-s {network} " for name in names}
    return [
        *(f"-A PREROUTING {sources[name]}-d {network} -i {name} {COMMENT} -j ACCEPT" for name in names),
        *(f"-A PREROUTING -s {outside} -d {network} {COMMENT} -j ACCEPT" for outside in accepted),
        *(f"-A DOCKER-USER {sources[name]}-i {name} -o docker0 {COMMENT} -j ACCEPT" for name in names),
        *(f"-A DOCKER-USER -s {outside} -o docker0 {COMMENT} -j ACCEPT" for outside in accepted),
        GUARD,
        *(own_source(name, network, address) for name in names if sources[name] and address),
    ]


def own_source(device: str, network: str, address: str) -> str:
    """LOCAL leaves out what the host only forwards."""
    local = "-m addrtype --src-type LOCAL"
    return f"-A {NAT} ! -s {network} -d {network} -o {device} {local} {COMMENT} -j SNAT --to-source {address}"


def rules_of(host: DockerHost) -> list[str]:
    settings = host.settings
    return docker_rules(settings.overlay_device, settings.overlay_network, host.address, settings.accept_from)


def rules_command(settings: DockerSettings) -> list[str]:
    outside = ["-f", ",".join(settings.accept_from)] if settings.accept_from else []
    command = [SCRIPT, *outside, settings.options_file, settings.overlay_device, settings.overlay_network]
    if settings.overlay_ipv6_network:
        command += [settings.overlay_ipv6_device, settings.overlay_ipv6_network]
    return command


def rules_differ(host: DockerHost) -> bool:
    """Only for IPv4: the facts have no rules of ip6tables. False where they could not be read."""
    firewall = host.facts["firewall"]
    if firewall["forward_policy"] is None:
        return False
    rules = [
        rule.replace('"', "") for rule in [*firewall["raw_prerouting"], *firewall["docker_user"], *nat_rules(host)]
    ]
    found = [rule for rule in rules if " overlay.flannel " in rule]
    return found != rules_of(host)


def nat_rules(host: DockerHost) -> list[str]:
    """Of the program that docker finds first, whose chains come first. Without flannel's options it is not known which are right."""
    if not host.address:
        return []
    chains = (chain for chain in host.facts["firewall"]["chains"] if (chain["table"], chain["chain"]) == ("nat", NAT))
    return next((list(chain["rules"]) for chain in chains), [])
