"""The newest dockerd, built from pinned sources, in place of that of Debian: package, unit and names stay Debian's."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from . import tools
from .host import ssh
from .run import run, say
from .settings import Host, Lab, LabError, cache

PROGRAMS = ("dockerd", "docker-proxy")
# With 101 no package starts its daemon, so docker's first start is that of the role. docker.io does not bring nft.
INSTALL = r"""
set -eu
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if ! dpkg-query -W docker.io nftables >/dev/null 2>&1; then
  printf '#!/bin/sh\nexit 101\n' >$policy && chmod 0755 $policy
  apt-get -qq update
  apt-get -qq install -y docker.io docker-cli nftables >/dev/null
  rm $policy
fi
for program in dockerd docker-proxy; do
  dpkg-divert --quiet --divert /usr/sbin/$program.debian --rename /usr/sbin/$program
done
"""


def build() -> Path:
    """The folder with the programs."""
    if not tools.wanted():
        raise LabError("go 1.21 or newer is needed: the newest docker is built here")
    return Path(run(str(tools.TESTS / "tools/build"), tools.DOCKER).split()[-1])


def install(lab: Lab, host: Host) -> None:
    """A docker that runs already goes on with the old program until it restarts."""
    done = subprocess.run([*ssh(lab, host), "bash", "-s"], input=INSTALL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"{host.name}: docker.io was not installed:\n{done.stdout}{done.stderr}")
    for program in PROGRAMS:
        target = lab.tree(host) / "usr/sbin" / program
        shutil.copy2(cache() / "tools" / tools.DOCKER / program, target.with_suffix(".new"))
        target.with_suffix(".new").rename(target)
    say(f"{host.name}: docker is {tools.DOCKER.partition('-')[2]}")
