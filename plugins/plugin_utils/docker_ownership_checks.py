# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of somebody else's is in the way of docker: another dockerd, packages that apt would remove, a repository with another key. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_host import DROP_IN, UNIT, DockerHost
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_packages import (
    COMPONENT,
    is_apt,
    pending_packages,
    repositories_there,
    wanted_packages,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_platforms import REPLACED
from ansible_collections.overlay.flannel.plugins.plugin_utils.ownership import has_mark, others, process_text
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal

Refusals = t.Iterator[Refusal]
ROLE = "docker"
SNAP = "snap.docker."
Daemon = t.Mapping[str, t.Any]


def refuse_what_is_not_ours(host: DockerHost) -> Refusals:
    yield from refuse_other_dockerd(host)
    yield from refuse_removals(host)
    yield from refuse_other_key(host)


def refuse_other_dockerd(host: DockerHost) -> Refusals:
    """A rootless one has a network of its own. Beside a docker of the role it is left alone: any user may start one at any time."""
    for daemon in others(host.facts, UNIT, "dockerd"):
        if daemon["in_container"]:
            continue
        if daemon["on_host_network"] or not has_mark(host.facts, DROP_IN, ROLE):
            yield Refusal(
                "dockerd",
                process_text(daemon),
                f"no other dockerd than that of {UNIT}, because both would use the same socket, bridge and rules",
                f"{way_out(daemon)}, then run again; its containers and images do not move to {UNIT} by themselves;"
                " or leave this host out of the group docker",
            )


def way_out(daemon: Daemon) -> str:
    unit = daemon["unit"]
    if unit.startswith(SNAP):
        return "snap stop --disable docker (or snap remove docker)"
    if not daemon["on_host_network"]:
        return "as the user who runs it, without root: dockerd-rootless-setuptool.sh uninstall"
    return f"systemctl disable --now {unit}" if unit.endswith(".service") else f"kill {daemon['pid']}"


def refuse_removals(host: DockerHost) -> Refusals:
    """The package manager would remove them for the wanted ones, and with them what runs on them, such as Kubernetes."""
    pending = {name.split("=")[0] for name in pending_packages(host)} & set(wanted_packages(host))
    for wanted, removed in REPLACED.items():
        there = [name for name in removed if host.package(name) is not None and name not in wanted_packages(host)]
        if wanted in pending and there:
            found = ", ".join(f"{name} {host.package(name)}" for name in there)
            other = "distribution" if host.settings.package_source == "docker-ce" else "docker-ce"
            yield Refusal(
                "docker_packages" if host.settings.packages else "docker_package_source",
                f"{', '.join(host.settings.packages) or host.settings.package_source}, whose {wanted} replaces {found}",
                "packages that remove none of this host",
                f"docker_package_source: {other}, whose packages leave them there; or, if nothing on this host needs them"
                f" (Kubernetes does), remove them yourself ({', '.join(there)})",
            )
            return


def refuse_other_key(host: DockerHost) -> Refusals:
    """apt reads nothing any more where two entries of one repository have different keys. One with the component is used as it is."""
    there = repositories_there(host)
    if there and is_apt(host) and not any(COMPONENT in entry["components"] for entry in there):
        entry = there[0]
        yield Refusal(
            "docker_package_source",
            f"docker-ce, and {entry['file']} has this repository ({entry['uri']} {entry['suite']})"
            f" with Signed-By {entry['signed_by'] or 'not set'}, but without {COMPONENT}",
            "one entry for the repository of Docker Inc., because apt takes no second one with another key",
            f"add the component {COMPONENT} in {entry['file']}, or remove that file",
        )
