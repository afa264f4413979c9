"""The image tree of a Debian suite: a bare host with systemd, ssh and python, and nothing that the roles install."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from pathlib import Path

from .run import locked, run, say
from .settings import cache

PACKAGES = (
    "ca-certificates dbus iproute2 iptables iputils-ping kmod openssh-server procps python3 systemd systemd-sysv"
).split()
DAYS = 14  # an older image would not find its packages in a suite that moves

CONFIGURE = r"""
set -eu
cd "$1"
rm -f etc/hostname etc/resolv.conf var/lib/dbus/machine-id
: >etc/machine-id
chroot . systemctl -q enable systemd-networkd ssh
install -d -m 0700 root/.ssh
"""


def tree(suite: str) -> Path:
    return folder(suite) / key()


def folder(suite: str) -> Path:
    return cache() / "images" / suite


def key() -> str:
    text = repr((PACKAGES, CONFIGURE, apt_options()))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def build(suite: str) -> None:
    """Once, and again when it is too old."""
    with locked(folder(suite)):
        done = tree(suite)
        if done.is_dir() and time.time() - done.stat().st_ctime < DAYS * 86400:
            return
        say(f"image of Debian {suite}: building, half a minute")
        started = time.monotonic()
        for old in folder(suite).iterdir():
            shutil.rmtree(old)
        new = folder(suite) / f"new-{os.getpid()}"
        run("nice", "mmdebstrap", *arguments(), suite, new, *sources(suite))
        new.rename(done)
        say(f"image of Debian {suite}: built in {time.monotonic() - started:.0f} s")


def arguments() -> list[str]:
    return [
        "--quiet",
        "--mode=root",
        "--format=directory",
        "--variant=minbase",
        f"--include={','.join(PACKAGES)}",
        # The hosts live for minutes: what a crash of this machine would leave of them does not matter.
        "--dpkgopt=force-unsafe-io",
        *[f"--aptopt={option}" for option in apt_options()],
        f"--customize-hook={CONFIGURE}",
        "--customize-hook=copy-in /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/",
    ]


def apt_options() -> list[str]:
    """This machine's way to its mirrors: proxies, certificates, lenient dates."""
    kept = ("Acquire::http", "Acquire::https", "Acquire::Check-", "Acquire::Retries")
    lines = run("apt-config", "dump").splitlines()
    return [line for line in lines if line.startswith(kept) and not line.endswith('"";')]


def sources(suite: str) -> list[str]:
    """From this machine's own mirrors; without any (no Debian outside), mmdebstrap knows the public ones."""
    known = mirrors()
    archive, security = known.get("Debian"), known.get("Debian-Security")
    if not archive:
        return []
    lines = [f"deb {archive} {suite} main"]
    if suite != "sid":
        lines.append(f"deb {archive} {suite}-updates main")
    if suite != "sid" and security:
        lines.append(f"deb {security} {suite}-security main")
    return lines


def mirrors() -> dict[str, str]:
    listed = run("apt-get", "indextargets", "--format", "$(LABEL) $(REPO_URI)", "Created-By: Packages")
    pairs = [line.split() for line in listed.splitlines()]
    return {pair[0]: pair[1] for pair in reversed(pairs) if len(pair) == 2}
