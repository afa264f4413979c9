# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between distributions for the role flannel. No I/O."""

from __future__ import annotations

import dataclasses
import typing as t


@dataclasses.dataclass(frozen=True)
class FlannelPackage:
    """A package of flannel whose programs the role runs.

    Its own unit is replaced by the role's, which starts the same programs: enabled, the package's lets docker stop with flanneld,
    and it leaves a flanneld alone that ended with status 0. `leftovers` is what that unit has put there.
    """

    name: str
    version: str
    command: str
    mk_docker_opts: str
    settings: str
    leftovers: t.Sequence[str] = ()
    # Makes flags of these variables, which win over FLANNELD_*. Older packages use the second of each pair.
    endpoint_variables: t.Sequence[str] = ()
    prefix_variables: t.Sequence[str] = ()


@dataclasses.dataclass(frozen=True)
class FlannelPlatform:
    """Names of packages. In nft mode flanneld still needs iptables and ip6tables to clear the rules of the other mode."""

    iptables: t.Sequence[str] = ("iptables",)
    nftables: t.Sequence[str] = ("nftables",)
    # Of br_netfilter, with {kernel}: the package without a version may bring another kernel than the one that runs.
    kernel_modules: t.Sequence[str] = ()
    package: t.Optional[FlannelPackage] = None


EL7_PACKAGE = FlannelPackage(
    name="flannel",
    version="0.7.1",
    command="/usr/bin/flanneld-start $FLANNEL_OPTIONS",
    mk_docker_opts="/usr/libexec/flannel/mk-docker-opts.sh",
    settings="/etc/sysconfig/flanneld",
    leftovers=("/etc/systemd/system/docker.service.requires/flanneld.service",),
    endpoint_variables=("FLANNEL_ETCD_ENDPOINTS", "FLANNEL_ETCD"),
    prefix_variables=("FLANNEL_ETCD_PREFIX", "FLANNEL_ETCD_KEY"),
)

PLATFORMS: t.Mapping[str, FlannelPlatform] = {
    "redhat-7": FlannelPlatform(package=EL7_PACKAGE),
    "redhat-8": FlannelPlatform(),
    "redhat-10": FlannelPlatform(iptables=("iptables-nft",), kernel_modules=("kernel-modules-extra-{kernel}",)),
    "redhat": FlannelPlatform(iptables=("iptables-nft",)),
    "default": FlannelPlatform(),
}


def platform_of(facts: t.Mapping[str, t.Any]) -> FlannelPlatform:
    """`facts` is the section platform of host_info. The first of these that the table has: id-version, family-major, id, family."""
    major = facts["version"].partition(".")[0]
    names = (f"{facts['id']}-{facts['version']}", f"{facts['family']}-{major}", facts["id"], facts["family"], "default")
    return next(PLATFORMS[name] for name in names if name in PLATFORMS)


def every_package() -> list[str]:
    """Those of all platforms: the query is made before the platform is known."""
    found = dict.fromkeys(
        name
        for platform in PLATFORMS.values()
        for name in (*platform.iptables, *platform.nftables, *([platform.package.name] if platform.package else []))
    )
    return list(found)
