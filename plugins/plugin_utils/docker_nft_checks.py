# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a docker with the firewall backend nftables needs to start, and to let the overlay in. No I/O."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import version_of
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_nft import ACCEPT_MARK, accepts_our_mark
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_host import DAEMON_JSON, NFT, DockerHost
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal

Refusals = t.Iterator[Refusal]
BACKEND = f"{DAEMON_JSON}: firewall-backend"
KEYS_BESIDE = f'"allow-direct-routing": true and "bridge-accept-fwmark": "{ACCEPT_MARK}"'
BACK = "take firewall-backend out of the file (docker then uses iptables)"
SWARM_STATE = "/var/lib/docker/swarm/docker-state.json"
FIRST_VERSION = (29,)


def refuse_nftables(host: DockerHost) -> Refusals:
    if host.wants_nftables:
        yield from refuse_keys(host)
        yield from refuse_version(host)
        yield from refuse_swarm(host)
        yield from refuse_without_nft(host)
        yield from refuse_without_forwarding(host)


def refuse_keys(host: DockerHost) -> Refusals:
    """docker's own rules drop the overlay without both; the file is the user's."""
    keys = {name: host.daemon_json["keys"].get(name) for name in ("allow-direct-routing", "bridge-accept-fwmark")}
    if keys["allow-direct-routing"] is not True or not accepts_our_mark(keys["bridge-accept-fwmark"]):
        yield Refusal(
            BACKEND,
            f"nftables, with {json.dumps({name: value for name, value in keys.items() if value is not None})} beside it",
            f"{KEYS_BESIDE} beside it, because docker drops packets of other hosts otherwise",
            f"let the file have these two keys as well, or {BACK}",
        )


def refuse_version(host: DockerHost) -> Refusals:
    """The version of a docker that is not there yet is known when its package is."""
    version = host.docker["version"] or host.docker.get("installed")
    if version and version_of(version) < FIRST_VERSION:
        yield Refusal(
            BACKEND,
            f"nftables, with docker {version}",
            "docker 29 or newer for this backend",
            f"install docker 29 or newer, or {BACK}",
        )


def refuse_swarm(host: DockerHost) -> Refusals:
    if host.docker.get("swarm") or (not host.docker["running"] and host.file(SWARM_STATE).get("exists")):
        yield Refusal(
            BACKEND,
            "nftables, on a node of a swarm",
            "a host without swarm, as dockerd does not start otherwise",
            f"docker swarm leave --force, or {BACK}",
        )


def refuse_without_nft(host: DockerHost) -> Refusals:
    if not host.settings.install and not host.file(NFT).get("exists"):
        yield Refusal(
            NFT,
            "missing",
            "the program nft, without which dockerd does not start with this backend",
            "install the package nftables on this host",
        )


def refuse_without_forwarding(host: DockerHost) -> Refusals:
    """dockerd sets it with the backend iptables only."""
    off = (host.facts.get("sysctls") or {}).get("net.ipv4.ip_forward") == "0"
    if off and (host.facts.get("kernel") or {}).get("forwarding_can_be_set") is False:
        yield Refusal(
            "net.ipv4.ip_forward",
            "0, and /proc/sys is read-only",
            "1, without which dockerd does not start with firewall-backend nftables",
            f"set it where this host gets its kernel settings from, or {BACK}",
        )
