"""Packages that one host has fetched are there for the next: apt finds them in its own cache."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from .settings import Host, Lab, cache

ARCHIVES = "var/cache/apt/archives"
DAYS = 30


def kept(suite: str) -> Path:
    return cache() / "debs" / suite


def seed(suite: str, tree: Path) -> None:
    for deb in kept(suite).glob("*.deb"):
        shutil.copy2(deb, tree / ARCHIVES / deb.name)


def harvest(lab: Lab) -> int:
    """Keep what the hosts have fetched, forget what is old."""
    for deb in (cache() / "debs").glob("*/*.deb"):
        if time.time() - deb.stat().st_mtime > DAYS * 86400:
            deb.unlink(missing_ok=True)
    return sum(_harvest_host(lab, host) for host in lab.hosts)


def _harvest_host(lab: Lab, host: Host) -> int:
    target = kept(host.suite)
    target.mkdir(parents=True, exist_ok=True)
    new = [deb for deb in (lab.tree(host) / ARCHIVES).glob("*.deb") if not (target / deb.name).exists()]
    for deb in new:
        part = target / f".{deb.name}.{os.getpid()}"
        shutil.copyfile(deb, part)
        part.rename(target / deb.name)
    return len(new)
