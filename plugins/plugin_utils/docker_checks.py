# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the docker role refuses of its variables and its packages, before anything is changed. No I/O.

docker_host_checks.py has the checks of what is on the host already.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_host import (
    IPTABLES,
    UNIT,
    DockerHost,
    DockerSettings,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_packages import (
    not_a_name,
    version_in,
    wanted_packages,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_platforms import OTHER_SOURCE
from ansible_collections.overlay.flannel.plugins.plugin_utils.download_urls import ON_THE_HOST, has_user, user_in_url
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal

Refusals = t.Iterator[Refusal]
VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
DEVICES = re.compile(r"[^\s,/]+(,[^\s,/]+)*\Z")
SHORTEST_TIMEOUT = 30
LONGEST_WAIT = 3600
MOST_PORTS = 15  # in one rule of iptables


def refuse_variables(host: DockerHost) -> Refusals:
    yield from refuse_init_system(host)
    yield from refuse_options_key(host.settings)
    yield from refuse_overlay(host.settings)
    yield from refuse_restart(host.settings)
    yield from refuse_users_in_urls(host.settings)


def refuse_installation(host: DockerHost) -> Refusals:
    yield from refuse_without_docker(host)
    yield from refuse_packages(host)


def refuse_init_system(host: DockerHost) -> Refusals:
    init = host.platform["init"]
    if init != "systemd":
        yield Refusal("init system", init, "systemd", "use a systemd host")


def refuse_users_in_urls(settings: DockerSettings) -> Refusals:
    """They are part of a file that everybody reads."""
    for name, url in (("docker_ce_url", settings.ce_url), ("docker_ce_key_url", settings.ce_key_url)):
        if has_user(url):
            yield user_in_url(name, url, ON_THE_HOST)


def refuse_options_key(settings: DockerSettings) -> Refusals:
    if not VARIABLE_NAME.match(settings.options_key):
        yield Refusal(
            "docker_options_key",
            settings.options_key,
            "a name for an environment variable",
            "leave it out (DOCKER_OPTS) or use DOCKER_NETWORK_OPTIONS",
        )


def is_network(text: str) -> bool:
    """An IPv4 network as iptables prints it."""
    try:
        return str(ipaddress.IPv4Network(text)) == text
    except ValueError:
        return False


def refuse_overlay(settings: DockerSettings) -> Refusals:
    if not is_network(settings.overlay_network):
        yield Refusal(
            "docker_overlay_network",
            settings.overlay_network,
            "an IPv4 network such as 10.20.0.0/16, without host bits",
            "set it to flannel's Network",
        )
    wrong = [text for text in settings.accept_from if not is_network(text)]
    if wrong:
        yield Refusal(
            "docker_accept_from",
            ", ".join(wrong),
            "IPv4 networks such as 192.0.2.0/24 or 192.0.2.9/32, without host bits",
            "write each of them with its length, or leave it out",
        )
    ports = settings.closed_ports
    if len(ports) > MOST_PORTS or not all(0 < port < 65536 for port in ports):
        yield Refusal(
            "docker_closed_ports",
            ", ".join(map(str, ports)),
            f"at most {MOST_PORTS} ports from 1 to 65535",
            "list only ports of daemons that containers must not reach (overlay_closed_ports in the inventory)",
        )
    if not DEVICES.match(settings.overlay_device):
        yield Refusal(
            "docker_overlay_device",
            settings.overlay_device,
            "names of devices, separated by commas",
            "set it to flannel's device (flannel.1), to the uplink for host-gw, or to both with DirectRouting (flannel.1,eth1)",
        )
    if settings.overlay_ipv6_network and not DEVICES.match(settings.overlay_ipv6_device):
        yield Refusal(
            "docker_overlay_ipv6_device",
            settings.overlay_ipv6_device,
            "with docker_overlay_ipv6_network, names of devices, separated by commas",
            "set it to flannel's device for IPv6 (flannel-v6.1), to the uplink for host-gw, or to both with DirectRouting (flannel-v6.1,eth1)",
        )


def refuse_restart(settings: DockerSettings) -> Refusals:
    if settings.restart_serial < 0:
        yield Refusal(
            "docker_restart_serial",
            settings.restart_serial,
            "0 (all hosts at once) or a number of hosts",
            "set it to 1 for one host at a time",
        )
    if not 0 <= settings.start_without_flannel <= LONGEST_WAIT:
        yield Refusal(
            "docker_start_without_flannel",
            settings.start_without_flannel,
            f"0 (never) to {LONGEST_WAIT} seconds",
            "leave it out (60)",
        )
    if settings.restart_timeout < SHORTEST_TIMEOUT:
        yield Refusal("docker_restart_timeout", settings.restart_timeout, "30 or more seconds", "leave it out (180)")


def refuse_without_docker(host: DockerHost) -> Refusals:
    install, state = host.settings.install, host.unit.get("load_state") or ""
    if not install and not host.unit_exists:
        yield Refusal(
            "docker_install",
            install,
            f"false only where docker.service exists (it is {state or 'not-found'} here)",
            "install docker on this host, or leave docker_install out",
        )
    if state == "masked":
        yield Refusal(UNIT, "masked", "a unit that can be started", "systemctl unmask docker.service")
    if not install and not host.file(IPTABLES).get("exists"):
        yield Refusal(
            IPTABLES,
            "missing",
            "the program iptables, which docker needs",
            "install the package iptables on this host",
        )


def refuse_packages(host: DockerHost) -> Refusals:
    if not host.settings.install:
        return
    yield from refuse_unknown_distribution(host)
    yield from refuse_other_source(host)
    yield from refuse_versions_in_names(host.settings)


def refuse_unknown_distribution(host: DockerHost) -> Refusals:
    if not wanted_packages(host):
        yield Refusal(
            "docker_package_source",
            f"{host.settings.package_source} (on {host.platform['id']} {host.platform['version']})",
            "a source with packages that the role knows for this distribution",
            "docker_package_source: docker-ce, or name the packages in docker_packages, or install docker yourself and set docker_install: false",
        )


def refuse_other_source(host: DockerHost) -> Refusals:
    source = host.settings.package_source
    package, other = OTHER_SOURCE[source]
    if not host.settings.packages and host.package(package) is not None:
        yield Refusal(
            "docker_package_source",
            source,
            f"the source of the installed docker ({package})",
            f"docker_package_source: {other}, or docker_install: false",
        )


def refuse_versions_in_names(settings: DockerSettings) -> Refusals:
    """Such an entry is never found among the installed packages: every run would install it."""
    odd = [entry for entry in settings.packages if not_a_name(entry)]
    if odd:
        version = version_in(odd)
        yield Refusal(
            "docker_packages",
            ", ".join(odd),
            "names of packages, without version, release or architecture",
            f"list only names, and set the version in docker_version{': ' + version if version else ''}",
        )
