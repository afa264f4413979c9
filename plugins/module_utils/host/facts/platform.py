# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what kind of machine this is."""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import socket

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import ADMIN_PATH, HostRunner
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.files import read_text
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Platform

FAMILIES = {
    "debian": "debian",
    "ubuntu": "debian",
    "rhel": "redhat",
    "fedora": "redhat",
    "centos": "redhat",
    "suse": "suse",
    "opensuse": "suse",
    "sles": "suse",
    "arch": "arch",
    "alpine": "alpine",
}
ARCHITECTURES = {
    "x86_64": "amd64",
    "i386": "386",
    "i686": "386",
    "aarch64": "arm64",
    "armv6l": "arm",
    "armv7l": "arm",
    "armv8l": "arm",
    "loongarch64": "loong64",
}
MANAGERS = (
    ("apt", "apt-get"),
    ("dnf", "dnf"),
    ("yum", "yum"),
    ("zypper", "zypper"),
    ("pacman", "pacman"),
    ("apk", "apk"),
)


def parse_os_release(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for line in text.splitlines():
        name, sign, value = line.strip().partition("=")
        if sign and not name.startswith("#"):
            values[name] = "".join(shlex.split(value)[:1])
    return values


def family_of(release: dict[str, str]) -> str:
    """The distribution's own name decides, then the names that it says it is like."""
    own = release.get("ID", "")
    names = [own, *release.get("ID_LIKE", "").split()]
    return next((FAMILIES[name] for name in names if name in FAMILIES), own)


def systemd_version(output: str) -> int:
    """0 where there is none."""
    found = re.match(r"systemd (\d+)", output)
    return int(found.group(1)) if found else 0


def package_manager() -> str:
    return next((name for name, program in MANAGERS if shutil.which(program, path=ADMIN_PATH)), "")


def init_system() -> str:
    """The same test as sd_booted(3)."""
    if os.path.isdir("/run/systemd/system"):
        return "systemd"
    return (read_text("/proc/1/comm") or "").strip()


def read_platform(run: HostRunner) -> Platform:
    release = parse_os_release(read_text("/etc/os-release") or read_text("/usr/lib/os-release") or "")
    machine = os.uname().machine
    return Platform(
        id=release.get("ID", ""),
        version=release.get("VERSION_ID", ""),
        codename=release.get("VERSION_CODENAME", ""),
        family=family_of(release),
        architecture=ARCHITECTURES.get(machine, machine),
        kernel=os.uname().release,
        init=init_system(),
        systemd_version=systemd_version(run(["systemctl", "--version"]).out),
        package_manager=package_manager(),
        hostname=socket.gethostname(),
        python=platform.python_version(),
        user=os.geteuid(),
    )
