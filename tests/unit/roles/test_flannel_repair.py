# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script that restarts flanneld when its routes or its device are gone, with stand-ins for ip, systemctl, ping and bash."""

from __future__ import annotations

import pathlib
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).parents[3] / "roles/flannel/files/overlay-flannel-repair"
LINKS = "1: lo: <UP>\n3: flannel.1: <UP> mtu 1450\n"
ADDRESSES = "2: eth1    inet 192.0.2.1/24 scope global eth1\n3: flannel.1    inet 10.20.1.0/32 scope global flannel.1\n"
BY_DEVICE = "10.20.2.0/24 via 10.20.2.0 dev flannel.1 onlink\n"
DIRECT = "10.20.3.0/24 via 192.0.2.3 dev eth1\n"
NEIGHBOURS = "10.20.2.0 lladdr 02:00:00:00:00:02 PERMANENT\n"
IP = """#!/bin/sh
case "$*" in
  *link*) cat FOLDER/links ;;
  *address*) cat FOLDER/addresses ;;
  *neigh*) cat FOLDER/neighbours ;;
  *) cat FOLDER/routes ;;
esac
"""
SYSTEMCTL = """#!/bin/sh
case "$1" in
  is-active) [ -e FOLDER/active ] ;;
  show) echo "MainPID=$(cat FOLDER/pid)" ;;
  restart) echo "$*" >>FOLDER/restarts ;;
esac
"""


class Host:
    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.write(links=LINKS, addresses=ADDRESSES, routes=BY_DEVICE + DIRECT, neighbours=NEIGHBOURS)
        self.write(active="", pid="7", alive="", etcd="", restarts="")
        (folder / "flannel").mkdir()
        (folder / "flannel/subnet.env").write_text("FLANNEL_NETWORK=10.20.0.0/16\n")
        programs = {
            "ip": IP,
            "systemctl": SYSTEMCTL,
            "ping": "#!/bin/sh\n[ -e FOLDER/alive ]\n",
            "bash": "#!/bin/sh\n[ -e FOLDER/etcd ]\n",
        }
        (folder / "bin").mkdir()
        for name, text in programs.items():
            (folder / "bin" / name).write_text(text.replace("FOLDER", str(folder)))
            (folder / "bin" / name).chmod(0o755)
        text = SCRIPT.read_text()
        assert text.count("PATH=/usr") == 1
        (folder / "script").write_text(text.replace("PATH=/usr", f"PATH={folder}/bin:/usr"))

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.folder / name).write_text(text)

    def run(self) -> str:
        variables = {
            "PATH": "/usr/bin:/bin",
            "UNIT": "flanneld.service",
            "ENDPOINTS": "https://192.0.2.9:2379",
            "SETTLE": "0",
        }
        done = subprocess.run(
            ["sh", self.folder / "script"],
            env={**variables, "RUN": str(self.folder)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == ""
        return done.stdout

    @property
    def restarts(self) -> int:
        return len((self.folder / "restarts").read_text().splitlines())


@pytest.fixture
def host(tmp_path: pathlib.Path) -> Host:
    """One look has found everything in its place."""
    host = Host(tmp_path)
    assert host.run() == ""
    return host


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"links": LINKS.replace("3:", "9:")}, "flannel.1 is not the device"),
        (
            {"links": "1: lo: <UP>\n", "addresses": "", "routes": DIRECT, "neighbours": ""},
            "flannel.1 is not the device",
        ),
        ({"addresses": ""}, "flannel.1 has lost its address 10.20.1.0/32"),
        ({"routes": DIRECT}, "the route to 10.20.2.0/24 via 10.20.2.0 dev flannel.1 is gone"),
        ({"routes": BY_DEVICE}, "the route to 10.20.3.0/24 via 192.0.2.3 dev eth1 is gone"),
    ],
)
def test_a_loss_is_one_restart(host: Host, change: dict[str, str], reason: str) -> None:
    host.write(**change)
    said = host.run()
    assert said.startswith("restarting flanneld: ") and reason in said and host.restarts == 1


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"routes": DIRECT, "neighbours": ""},  # flanneld has removed a peer with all of its entries
        {"routes": BY_DEVICE + "10.20.8.0/24 via 192.0.2.3 dev eth1\n"},  # that host has another subnet
        {"routes": "", "pid": "8"},  # another flanneld
        {"routes": BY_DEVICE + DIRECT + "10.20.4.0/24 via 192.0.2.4 dev eth1\n"},
    ],
)
def test_what_flanneld_does_itself_is_left_alone(host: Host, change: dict[str, str]) -> None:
    host.write(**change)
    assert (host.run(), host.run(), host.restarts) == ("", "", 0)


def test_a_gateway_that_does_not_answer_tells_nothing(host: Host) -> None:
    """As soon as it does, the route is missed."""
    (host.folder / "alive").unlink()
    host.write(routes=BY_DEVICE)
    assert (host.run(), host.run(), host.restarts) == ("", "", 0)
    host.write(alive="")
    assert "192.0.2.3" in host.run() and host.restarts == 1


def test_the_same_loss_is_not_fought(host: Host) -> None:
    host.write(addresses="")
    host.run()
    host.write(pid="8", addresses=ADDRESSES)
    assert host.run() == ""
    host.write(addresses="")
    assert "not restarted a second time within an hour" in host.run()
    assert (host.run(), host.restarts) == ("", 1)


def test_nothing_while_etcd_is_away(host: Host) -> None:
    (host.folder / "etcd").unlink()
    host.write(addresses="")
    assert "none of https://192.0.2.9:2379 answers" in host.run()
    assert (host.run(), host.restarts) == ("", 0)
    host.write(etcd="")
    assert "restarting" in host.run() and host.restarts == 1


@pytest.mark.parametrize("gone", ["active", "flannel/subnet.env"])
def test_nothing_without_a_flanneld_at_work(host: Host, gone: str) -> None:
    (host.folder / gone).unlink()
    host.write(addresses="", routes="")
    assert (host.run(), host.restarts) == ("", 0)
