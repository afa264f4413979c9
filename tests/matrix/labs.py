# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fresh hosts for a cell, the variables that make the roles run its versions, and an etcd beside the hosts."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import urllib.request
from pathlib import Path
from typing import Any, Iterator, Mapping

import pytest
from cells import ETCDS, LEGACY_ETCD, LEGACY_FLANNEL, TOOLS, Refused, Works
from fleet import Fleet, wait_for
from overlay_lab import inventory, settings, tools

from playbooks import ROOT, Playbooks

LAB = ROOT / "tests/lab/lab"
WITH_US = ("setpriv", "--pdeathsig", "KILL")  # ends also when this session is killed
DIRECT = {"Network": "10.20.0.0/16", "SubnetLen": 24, "Backend": {"Type": "vxlan", "DirectRouting": True}}
# What a user writes into docker's file for its nftables backend (docs/firewall.md)
NFTABLES = {
    "firewall-backend": "nftables",
    "allow-direct-routing": True,
    "bridge-accept-fwmark": "0x10000000/0x10000000",
}
# What any host writes by itself, and what Ansible needs to look
RESTLESS = "/proc /sys /dev /run /tmp /var/tmp /var/log /root/.ansible /var/lib/systemd".split()


class Lab:
    """Hosts of the given suites, made anew each time."""

    def __init__(self, folder: Path) -> None:
        self.name = os.environ["OVERLAY_LAB_NAME"]
        self.net = os.environ["OVERLAY_LAB_NET"]
        self.folder = folder

    def __call__(self, *words: str) -> None:
        """Run a command of the lab; the cells name old programs themselves."""
        environment = {name: value for name, value in os.environ.items() if name != tools.LEGACY}
        done = subprocess.run([LAB, *words], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"lab {' '.join(words)}:\n{done.stdout}{done.stderr}"

    def up(self, suites: list[str]) -> tuple[Fleet, Playbooks]:
        """End the hosts that are there and make others."""
        self("down")
        self("up", "--net", self.net, *(f"flannel-{number}={suite}" for number, suite in enumerate(suites, 1)))
        lab = settings.load(self.name)
        assert lab is not None
        path = inventory.path(lab)
        return Fleet(path), Playbooks(path, self.folder)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Fresh hosts for each module of tests that imports this into its conftest.py."""
    lab = Lab(tmp_path_factory.mktemp("runs"))
    yield lab
    lab("down")


def legacy() -> Path | None:
    """The folder with the programs that nobody can build any more, if somebody has brought them."""
    folder = os.environ.get(tools.LEGACY)
    if not folder:
        return None
    found = tools.legacy_variables(Path(folder))
    versions = found["flannel_version"], found["etcd_version"]
    assert versions == (LEGACY_FLANNEL, LEGACY_ETCD), (
        f"{tools.LEGACY}={folder}: flannel {versions[0]}, etcd {versions[1]}"
    )
    return Path(folder).resolve()


def flannel_variables(version: str) -> dict[str, Any]:
    """For a refusal any program will do: it is refused by what the variables say."""
    folder = settings.cache() / "tools" / TOOLS.get(version, tools.FLANNEL)
    if version == LEGACY_FLANNEL:
        folder = legacy() or folder
    return {"flannel_install_method": "file", "flannel_file_dir": str(folder), "flannel_version": version}


def etcd_variables(cell: Works | Refused) -> dict[str, Any]:
    """A release in full is that of local programs, else it is the package of the first host."""
    source = ETCDS.get(cell.etcd, tools.ETCD)
    if source == "legacy":
        return {"etcd_install_method": "file", "etcd_file_dir": str(legacy()), "etcd_version": LEGACY_ETCD}
    if source.startswith("etcd-"):
        version = source.partition("-")[2] if isinstance(cell, Works) else cell.etcd
        return {
            "etcd_install_method": "file",
            "etcd_file_dir": str(settings.cache() / "tools" / source),
            "etcd_version": version,
        }
    return {"etcd_install_method": "package"}


def variables_of(cell: Works | Refused) -> dict[str, Any]:
    """What a user would write into the inventory for these versions."""
    direct = {"overlay_network": DIRECT} if isinstance(cell, Works) and cell.direct else {}
    plain = {"overlay_etcd_tls": False} if isinstance(cell, Works) and not cell.has_tls else {}
    return {**flannel_variables(cell.flannel), **etcd_variables(cell), **direct, **plain}


def configure_docker(host: Any, keys: Mapping[str, Any]) -> None:
    """Write docker's file, as the user does."""
    host.check_output(f"mkdir -p /etc/docker && cat >/etc/docker/daemon.json <<'END'\n{json.dumps(keys)}\nEND")


@contextlib.contextmanager
def foreign_etcd(kind: str, net: str, data: Path) -> Iterator[str]:
    """Give the URL of an etcd that runs beside the hosts, with nothing switched on."""
    folder = legacy() if kind == "legacy" else settings.cache() / "tools" / f"etcd-debian-{tools.DEBIAN_ETCD[kind]}"
    url = f"http://{net}.1:2379"
    words = [f"--data-dir={data}", f"--listen-client-urls={url}", f"--advertise-client-urls={url}"]
    with data.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen([*WITH_US, f"{folder}/etcd", *words], stdout=log, stderr=log)
    try:
        try:
            wait_for(lambda: answers(f"{url}/health"), bool, 30, f"etcd at {url} answers")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{data.with_suffix('.log').read_text()}") from None
        yield url
    finally:
        process.terminate()
        process.wait(20)


def answers(url: str) -> bool:
    """Whether somebody serves it."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


def mark(fleet: Fleet) -> None:
    """Remember the time on every host. Ansible's own folder there is not of interest."""
    for name in fleet:
        fleet[name].check_output("mkdir -p /root/.ansible && touch /run/matrix-mark")


def touched(fleet: Fleet) -> dict[str, list[str]]:
    """Files of each host that are new or other ones since the mark."""
    pruned = " -o ".join(f"-path {path}" for path in RESTLESS)
    find = f"find / -xdev \\( {pruned} -o -name __pycache__ \\) -prune -o -cnewer /run/matrix-mark -print"
    return {name: found for name in fleet if (found := fleet[name].check_output(find).split("\n")) != [""]}
