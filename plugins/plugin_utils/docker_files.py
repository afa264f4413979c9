# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the docker role owns on a host: files, units and kernel settings. No I/O."""

from __future__ import annotations

import os

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.devices import accepts_anybody
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_host import (
    DROP_IN,
    FIREWALLD,
    FIREWALLD_LISTENER,
    NFTABLES,
    PEERS_SERVICE,
    REFRESH_PATH,
    REFRESH_SERVICE,
    REFRESH_TIMER,
    DockerHost,
    DockerSettings,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_rules import SCRIPT as RULES
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_rules import rules_command
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import FileItem, Renderer

REFRESH = "/usr/local/sbin/overlay-docker-refresh"
OPTIONS = "/usr/local/sbin/overlay-docker-options"
PEERS = "/usr/local/sbin/overlay-docker-peers"
# What OPTIONS gives docker where flannel has not written its file; the refresh service starts when the other one is there.
LAST_OPTIONS = "/run/overlay-docker/options"
LOST_FILE = "/run/overlay-docker-rules.lost"
SYSCTL_FILE = "/etc/sysctl.d/60-overlay-docker.conf"
UNITS = "/etc/systemd/system/"
FIREWALL_DROP_INS = tuple(f"{UNITS}{name}.d/50-overlay-flannel.conf" for name in (NFTABLES, FIREWALLD))
OWN_FILES = (
    RULES,
    REFRESH,
    OPTIONS,
    PEERS,
    SYSCTL_FILE,
    DROP_IN,
    UNITS + REFRESH_SERVICE,
    UNITS + REFRESH_PATH,
    UNITS + REFRESH_TIMER,
    UNITS + FIREWALLD_LISTENER,
    UNITS + PEERS_SERVICE,
    *FIREWALL_DROP_INS,
)
PROGRAMS = (RULES, REFRESH, OPTIONS, PEERS)
# The script that sets the rules has a minute to wait for another one.
MINUTE = 60


def sysctls(settings: DockerSettings) -> dict[str, int]:
    """Forwarding: docker sets the policy of FORWARD to DROP when it is docker that switches forwarding on."""
    return {"net.ipv4.ip_forward": 1, **({"net.ipv6.conf.all.forwarding": 1} if settings.overlay_ipv6_network else {})}


def directories() -> list[FileItem]:
    paths = [os.path.dirname(path) for path in (DROP_IN, *FIREWALL_DROP_INS)]
    return [FileItem(path=path, state="directory", mode="0755", owner="root", group="root") for path in paths]


def files(host: DockerHost, render: Renderer) -> list[FileItem]:
    """Scripts come before the units that start them."""
    texts = [
        render("overlay-docker-rules"),
        render("overlay-docker-refresh"),
        render("overlay-docker-options"),
        render("overlay-docker-peers"),
        render("sysctl.conf.j2", sysctls=sysctls(host.settings)),
        drop_in(host, render),
        refresh_service(host, render),
        render(REFRESH_PATH + ".j2", options_file=host.settings.options_file, lost_file=LOST_FILE),
        render(REFRESH_TIMER + ".j2"),
        render(FIREWALLD_LISTENER + ".j2", lost_file=LOST_FILE),
        peers_service(host, render),
        *(
            render("firewall.conf.j2", lost_file=LOST_FILE, path_unit=REFRESH_PATH, listener=listener)
            for listener in ("", FIREWALLD_LISTENER)
        ),
    ]
    return [
        FileItem(path=path, content=text, mode="0755" if path in PROGRAMS else "0644", owner="root", group="root")
        for path, text in zip(OWN_FILES, texts)
    ]


def drop_in(host: DockerHost, render: Renderer) -> str:
    settings = host.settings
    return render(
        "docker.conf.j2",
        flannel_unit=settings.flannel_unit,
        systemd_version=host.platform["systemd_version"],
        options_file=settings.options_file,
        last_options=LAST_OPTIONS,
        options_command=" ".join(options_command(settings)),
        rules_command=" ".join(rules_command(settings)),
        exec_start="" if host.command_takes_key else f"{host.vendor_command} ${settings.options_key}",
    )


def options_command(settings: DockerSettings) -> list[str]:
    found = [OPTIONS, "start", settings.options_file, settings.options_key, str(settings.start_without_flannel)]
    return [*found, settings.flannel_unit] if settings.flannel_unit else found


def refresh_service(host: DockerHost, render: Renderer) -> str:
    settings = host.settings
    return render(
        REFRESH_SERVICE + ".j2",
        path_unit=REFRESH_PATH,
        systemd_version=host.platform["systemd_version"],
        options_file=settings.options_file,
        options_key=settings.options_key,
        flannel_unit=settings.flannel_unit,
        timeout=settings.restart_timeout,
        start_timeout=settings.restart_timeout + MINUTE,
        lost_file=LOST_FILE,
        keep_command=f"{OPTIONS} keep {settings.options_file} {settings.options_key}",
        rules_command=" ".join(rules_command(settings)),
        peers_command=peers_command(settings, "set"),
        script=REFRESH,
    )


def peers_service(host: DockerHost, render: Renderer) -> str:
    """Where nobody is to be kept out it only takes the rules away."""
    return render(
        PEERS_SERVICE + ".j2",
        systemd_version=host.platform["systemd_version"],
        follow_command=peers_command(host.settings, "follow"),
        open_command=f"{PEERS} open",
    )


def peers_command(settings: DockerSettings, action: str) -> str:
    """Empty where no device takes packets from anybody, or all of them shall."""
    devices = f"{settings.overlay_device},{settings.overlay_ipv6_device}".split(",")
    if not settings.peers_only or not any(map(accepts_anybody, devices)):
        return ""
    return " ".join(filter(None, (PEERS, action, settings.overlay_network, settings.overlay_ipv6_network)))
