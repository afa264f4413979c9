# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the daemons as they stand in argument lists and environment files. No I/O."""

from __future__ import annotations

import shlex
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.systemd_syntax import parse_environment_file
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import SubnetEnv

SWITCHES = (
    "ip-masq ipv6 iptables ip6tables ip-forward ip-forward-no-drop live-restore allow-direct-routing userland-proxy icc"
).split()
VALUES = (
    "bip bip6 mtu bridge fixed-cidr fixed-cidr-v6 default-gateway data-root config-file host firewall-backend"
    " default-address-pool bridge-accept-fwmark"
).split()
SHORT = {"b": "bridge", "H": "host", "g": "data-root"}


def docker_options(argv: t.Sequence[str]) -> dict[str, str]:
    """The options of dockerd that matter to a network, by name with `_`; the last one wins."""
    found: dict[str, str] = {}
    for position, argument in enumerate(argv):
        if not argument.startswith("-"):
            continue
        name, sign, value = argument.lstrip("-").partition("=")
        name = SHORT.get(name, name)
        following = argv[position + 1] if position + 1 < len(argv) else ""
        if name in SWITCHES:
            found[name.replace("-", "_")] = value if sign else "true"
        elif name in VALUES:
            found[name.replace("-", "_")] = value if sign else following
    return found


def options_in(variables: t.Mapping[str, str]) -> dict[str, str]:
    """The options that a file of mk-docker-opts.sh gives to docker: those of its combined variable, else the single ones."""
    found: dict[str, str] = {}
    for value in variables.values():
        found.update(docker_options(words(value)))
    return found


def wanted_options(text: str | None, key: str) -> list[str]:
    """The options in the variable `key` of the file that flannel writes for docker; none where there is no such file yet."""
    return words(parse_environment_file(text or "").get(key, ""))


def as_words(options: t.Mapping[str, str]) -> list[str]:
    """The opposite of docker_options(): one argument for each option."""
    return [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]


def words(value: str) -> list[str]:
    try:
        return shlex.split(value)
    except ValueError:
        return value.split()


def subnet_env(variables: t.Mapping[str, str]) -> SubnetEnv | None:
    """What flanneld has written; None when it is not such a file."""
    if "FLANNEL_SUBNET" not in variables and "FLANNEL_NETWORK" not in variables:
        return None
    mtu = variables.get("FLANNEL_MTU", "")
    return SubnetEnv(
        network=variables.get("FLANNEL_NETWORK", ""),
        subnet=variables.get("FLANNEL_SUBNET", ""),
        ipv6_network=variables.get("FLANNEL_IPV6_NETWORK", ""),
        ipv6_subnet=variables.get("FLANNEL_IPV6_SUBNET", ""),
        mtu=int(mtu) if mtu.lstrip("-").isdigit() else 0,
        ipmasq=variables.get("FLANNEL_IPMASQ", "") == "true",
    )
