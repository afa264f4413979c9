# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The five places that name the subnet of a host: in etcd, of flannel, and of docker. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.addresses import network_of

FIVE = ("lease", "subnet.env", "docker env", "docker0", "dockerd")
Facts = t.Mapping[str, t.Any]


class Subnet(t.TypedDict):
    """One of the five places. `agrees` is None where it says nothing."""

    place: str
    value: str
    agrees: t.Optional[bool]


def part(facts: Facts, name: str) -> Facts:
    found: Facts = facts.get(name) or {}
    return found


def five(verdict: Facts) -> list[Subnet]:
    """What the five places say, each compared with the first that says something. `verdict` is facts of a host, with its `lease`."""
    flannel, docker = part(verdict, "flannel"), part(verdict, "docker")
    running = part(docker, "options").get("bip") or part(part(docker, "daemon_json"), "keys").get("bip")
    values = (
        part(verdict, "lease").get("subnet"),
        part(flannel, "subnet_env").get("subnet"),
        part(flannel, "docker_options").get("bip"),
        docker.get("docker0"),
        running,
    )
    texts = [str(value or "") for value in values]
    networks = [network_of(value) for value in texts]
    first = next((network for network in networks if network), "")
    return [
        Subnet(place=place, value=value, agrees=network == first if network else None)
        for place, value, network in zip(FIVE, texts, networks)
    ]
