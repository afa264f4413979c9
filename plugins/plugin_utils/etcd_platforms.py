# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What distributions do differently with etcd. No I/O."""

from __future__ import annotations

import typing as t


class EtcdPlatform(t.NamedTuple):
    """The distribution's packages of etcd and what they bring.

    `packages` are empty where there are none that the role knows. `server` is the package whose version is etcd's, `version` what it
    has as long as it is not installed (empty: unknown). `fixed_version` is the only release that the packages may have (empty: any).
    `environment` and `data` are the file with the package's settings and the folder with its data.
    """

    packages: t.Tuple[str, ...]
    server: str
    version: str
    fixed_version: str
    environment: str
    data: str


_DEBIAN = EtcdPlatform(
    packages=("etcd-server", "etcd-client"),
    server="etcd-server",
    version="",
    fixed_version="",
    environment="/etc/default/etcd",
    data="/var/lib/etcd/default",
)
_REDHAT = EtcdPlatform(
    packages=(),
    server="etcd",
    version="",
    fixed_version="",
    environment="/etc/etcd/etcd.conf",
    data="/var/lib/etcd/default.etcd",
)
# CentOS 7 and RHEL 7. Their unit repeats three settings as flags, out of the same environment: etcd 2.3 accepts that.
_REDHAT_7 = _REDHAT._replace(packages=("etcd",), version="2.3.7", fixed_version="2.3.7")

PLATFORMS: t.Mapping[str, EtcdPlatform] = {
    "debian-12": _DEBIAN._replace(version="3.4"),
    "debian-13": _DEBIAN._replace(version="3.5"),
    "ubuntu-22.04": _DEBIAN._replace(version="3.3"),
    "ubuntu-24.04": _DEBIAN._replace(version="3.4"),
    "redhat-7": _REDHAT_7,
    "debian": _DEBIAN,
    "redhat": _REDHAT,
    "default": _DEBIAN,
}
# host_info answers for all platforms at once: it is called before the platform is known.
PACKAGES = ("etcd-server", "etcd-client", "etcd", "python3-apt")
ENVIRONMENTS = ("/etc/default/etcd", "/etc/etcd/etcd.conf")
DATA = ("/var/lib/etcd/default", "/var/lib/etcd/default.etcd")


def etcd_platform(platform: t.Mapping[str, t.Any]) -> EtcdPlatform:
    """The most exact entry: distribution and version, family and major version, distribution, family, default."""
    name, family, version = platform["id"], platform["family"], platform["version"]
    major = version.split(".")[0]
    names = (f"{name}-{version}", f"{family}-{major}", name, family, "default")
    return next(PLATFORMS[entry] for entry in names if entry in PLATFORMS)
