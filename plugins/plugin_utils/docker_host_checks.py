# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the docker role refuses of a host: settings of docker that contradict flannel's, and containers that a restart would lose. No I/O."""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker_state import LOST_RULES
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_host import (
    DAEMON_JSON,
    DROP_IN,
    USER_FILES,
    DockerHost,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_nft_checks import refuse_nftables
from ansible_collections.overlay.flannel.plugins.plugin_utils.network_overlaps import network_conflicts
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal

Refusals = t.Iterator[Refusal]
# Keys of daemon.json that flannel's options decide; host_info returns these keys and no others.
BRIDGE_KEYS = ("bip", "mtu", "ip-masq", "bridge", "fixed-cidr", "default-gateway")
IPV6_KEYS = ("bip6", "ipv6", "fixed-cidr-v6", "default-gateway-v6")
HOSTS_KEY = "hosts"
IPTABLES_KEY = "iptables"
HOST_FLAG = re.compile(r"(^|\s)(-H|--host)")
BRIDGE_FLAGS = re.compile(
    r"(?:--(?:bip|mtu|ip-masq|bridge|fixed-cidr|default-gateway)|(?<=\s)-b)(?=[\s=])[=\s]*[^\s\"']*"
    r"|--iptables=false|--firewall-backend[=\s]nftables"
)
KEYS = ("DOCKER_OPTS", "DOCKER_NETWORK_OPTIONS")


def refuse_host(host: DockerHost) -> Refusals:
    yield from refuse_daemon_json(host)
    yield from refuse_firewall(host)
    yield from refuse_user_files(host)
    yield from refuse_foreign_command(host)
    yield from refuse_network_of_docker(host)
    yield from refuse_live_restore(host)


def clashing_names(host: DockerHost) -> list[str]:
    names = [*BRIDGE_KEYS, *(IPV6_KEYS if host.settings.overlay_ipv6_network else ())]
    return names + ([HOSTS_KEY] if HOST_FLAG.search(host.command or "-H") else [])


def refuse_daemon_json(host: DockerHost) -> Refusals:
    if host.daemon_json["error"] is not None:
        yield Refusal(
            DAEMON_JSON,
            host.daemon_json["error"],
            "a JSON object",
            "correct the file (dockerd does not start with it either)",
        )
    names = clashing_names(host)
    clashing = {name: value for name, value in host.daemon_json["keys"].items() if name in names}
    if clashing:
        yield Refusal(
            DAEMON_JSON,
            json.dumps(clashing),
            "none of " + ", ".join(names),
            "remove these keys; flannel sets these options, and docker does not start with an option that is set twice",
        )


def refuse_firewall(host: DockerHost) -> Refusals:
    iptables = host.daemon_json["keys"].get(IPTABLES_KEY, True)
    if not iptables:
        yield Refusal(
            f"{DAEMON_JSON}: {IPTABLES_KEY}",
            iptables,
            "true",
            "remove the key; without docker's rules published ports and masquerading do not work",
        )
    yield from refuse_nftables(host)


def user_lines(host: DockerHost) -> list[str]:
    """Lines of docker's own files that are no comments."""
    lines = [line.strip() for path in USER_FILES for line in host.content(path).splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def refuse_user_files(host: DockerHost) -> Refusals:
    key = host.settings.options_key
    with_key = [line for line in user_lines(host) if re.match(re.escape(key) + r"=\s*[\"']?[^\"'\s]", line)]
    if with_key:
        yield Refusal(
            ", ".join(USER_FILES),
            "; ".join(with_key),
            f"no {key}, which flannel's options would replace",
            "overlay_docker_options_key (docker_options_key and flannel_docker_options_key without the collection's playbooks): "
            f"{' or '.join(other for other in KEYS if other != key)}. Docker then gets both",
        )
    flags = BRIDGE_FLAGS.findall("\n".join([*user_lines(host), host.command]))
    if flags:
        yield Refusal(
            "ExecStart of docker.service, " + ", ".join(USER_FILES),
            " ".join(flags),
            "no options of the bridge, which flannel sets",
            "remove these options",
        )


def refuse_foreign_command(host: DockerHost) -> Refusals:
    key = host.settings.options_key
    if host.command != host.vendor_command and not host.command_takes_key:
        drop_ins = [path for path in host.unit.get("drop_in_paths") or [] if path != DROP_IN]
        yield Refusal(
            "ExecStart of docker.service",
            host.command,
            f"the vendor's command, or one that ends with ${key}",
            f"add ${key} to ExecStart in {', '.join(drop_ins)}",
        )


def refuse_network_of_docker(host: DockerHost) -> Refusals:
    found = network_conflicts(host.facts, {"Network": host.settings.overlay_network})
    conflicts = [conflict for conflict in found if conflict.code.startswith("network_overlaps_docker")]
    if conflicts:
        yield Refusal(
            "docker_overlay_network",
            "; ".join(re.sub("^Network = ", "", conflict.seen) for conflict in conflicts),
            "a network that docker does not use otherwise",
            "; ".join(dict.fromkeys(conflict.fix for conflict in conflicts)),
        )


def refuse_live_restore(host: DockerHost) -> Refusals:
    """Docker keeps its bridge as long as containers run. Its chains come back with it all the same."""
    docker, reasons = host.docker, [reason for reason in host.restart_reasons if reason not in LOST_RULES]
    if not docker["running"] or not reasons:
        return
    if docker["error"] and host.active:
        yield Refusal(
            "live-restore",
            docker["error"],
            f"an answer of docker, which has to restart ({'; '.join(reasons)}): live-restore would keep containers on the old bridge",
            "find out why docker does not answer (journalctl -u docker), or systemctl restart docker, then run again",
        )
    elif docker["live_restore"] and (docker["containers_running"] or 0) > 0:
        yield Refusal(
            "live-restore",
            f"true, with {docker['containers_running']} running containers",
            f"no running containers when docker has to restart with a new subnet ({'; '.join(reasons)})",
            "stop the containers (docker stop $(docker ps -q)) or disable live-restore (systemctl reload docker), then run again",
        )
