# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The iptables rules of the docker role: peers' packets are let in, everything else stays out of docker0. No I/O.

files/overlay-docker-rules of the role sets them, in shell, as it runs without Python; a unit test compares both.
"""

from __future__ import annotations

from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_host import DockerHost, DockerSettings

SCRIPT = "/usr/local/sbin/overlay-docker-rules"
COMMENT = "-m comment --comment overlay.flannel"
GUARD = f"-A DOCKER-USER ! -i docker0 -o docker0 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT {COMMENT} -j DROP"


def docker_rules(devices: str, network: str) -> list[str]:
    """As `iptables -S` prints them. Flannel's devices carry nothing but the overlay; on others the sender has to be of it too."""
    names = devices.split(",")
    sources = {name: "" if name.startswith("flannel") else f"-s {network} " for name in names}
    return [
        *(f"-A PREROUTING {sources[name]}-d {network} -i {name} {COMMENT} -j ACCEPT" for name in names),
        *(f"-A DOCKER-USER {sources[name]}-i {name} -o docker0 {COMMENT} -j ACCEPT" for name in names),
        GUARD,
    ]


def rules_command(settings: DockerSettings) -> list[str]:
    command = [SCRIPT, settings.overlay_device, settings.overlay_network]
    if settings.overlay_ipv6_network:
        command += [settings.overlay_ipv6_device, settings.overlay_ipv6_network]
    return command


def rules_differ(host: DockerHost) -> bool:
    """Only for IPv4: the facts have no rules of ip6tables. False where they could not be read."""
    firewall = host.facts["firewall"]
    if firewall["forward_policy"] is None:
        return False
    rules = [rule.replace('"', "") for rule in firewall["raw_prerouting"] + firewall["docker_user"]]
    found = [rule for rule in rules if " overlay.flannel " in rule]
    return found != docker_rules(host.settings.overlay_device, host.settings.overlay_network)
