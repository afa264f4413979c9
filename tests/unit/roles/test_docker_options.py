# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script that lets docker start with flannel's options, or without flannel with the last known ones."""

from __future__ import annotations

import pathlib
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).parents[3] / "roles/docker/files/overlay-docker-options"
FLANNELS = 'DOCKER_OPT_MTU="--mtu=1450"\nDOCKER_OPTS=" --bip=10.20.5.1/24 --mtu=1450"\n'
ADDRESSES = """1: lo    inet 127.0.0.1/8 scope host lo
2: eth0    inet 192.0.2.11/24 brd 192.0.2.255 scope global eth0
3: docker0    inet 10.20.5.1/24 scope global docker0
4: br-0123456789ab    inet 172.18.0.1/16 scope global br-0123456789ab"""
VTEP = "5: flannel.1: <UP> mtu 1450 \\\\    vxlan id 1 local 192.0.2.11 dev eth0 srcport 0 0"
KEPT = '# host: machine-1 192.0.2.11\nDOCKER_OPTS=" --bip=10.20.5.1/24 --mtu=1450"\n'


class Host:
    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.commands = folder / "commands"
        self.commands.mkdir()
        self.options, self.kept, self.last = (folder / name for name in ("docker", "kept", "last"))
        text = SCRIPT.read_text()
        replaced = {
            "PATH=/usr": f"PATH={self.commands}:/usr",
            "=/var/lib/overlay-docker/options": f"={self.kept}",
            "=/run/overlay-docker/options": f"={self.last}",
            "=/etc/machine-id": f"={folder}/machine-id",
            "MINUTE=60": "MINUTE=1",
        }
        for old, new in replaced.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (folder / "script").write_text(text)
        (folder / "machine-id").write_text("machine-1\n")
        self.has_addresses(ADDRESSES)
        self.flannel("loaded", "activating")
        self.command("systemd-notify", f'echo "$*" >{folder}/status')

    def command(self, name: str, text: str) -> None:
        (self.commands / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.commands / name).chmod(0o755)

    def has_addresses(self, text: str, vtep: str = "") -> None:
        (self.folder / "addresses").write_text(text + "\n")
        self.command(
            "ip",
            f"""case "$*" in
*vxlan*) echo '{vtep}' ;;
*global*) grep 'scope global' {self.folder}/addresses ;;
*) cat {self.folder}/addresses ;;
esac""",
        )

    def flannel(self, load: str, active: str) -> None:
        self.command("systemctl", f"case $1 in show) echo LoadState={load} ;; *) echo {active}; exit 3 ;; esac")

    def run(self, action: str, *more: str) -> subprocess.CompletedProcess[str]:
        command = ["sh", str(self.folder / "script"), action, str(self.options), "DOCKER_OPTS", *more]
        return subprocess.run(
            command, env={"PATH": "/usr/bin"}, capture_output=True, text=True, check=False, timeout=30
        )

    def start(self, seconds: int = 1, unit: str = "flanneld.service") -> subprocess.CompletedProcess[str]:
        return self.run("start", str(seconds), *([unit] if unit else []))

    def status(self) -> str:
        file = self.folder / "status"
        return file.read_text() if file.exists() else ""


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def test_flannels_options_are_used_and_kept(host):
    host.options.write_text(FLANNELS)
    host.last.write_text("DOCKER_OPTS=--bip=10.20.9.1/24\n")
    done = host.start()
    assert (done.returncode, done.stdout, done.stderr, host.status()) == (0, "", "", "")
    assert not host.last.exists()
    assert host.kept.read_text() == KEPT
    assert host.kept.stat().st_mode & 0o777 == 0o644
    assert list(host.folder.glob("kept.*")) == []


@pytest.mark.parametrize("unit", ["flanneld.service", ""])
def test_without_flannel_the_last_known_options_are_used(host, unit):
    host.kept.write_text(KEPT)
    done = host.start(unit=unit)
    assert (done.returncode, done.stderr) == (0, "")
    assert host.last.read_text() == KEPT
    state = " (flanneld.service is activating)" if unit else ""
    assert f"started without {host.options}{state}, with the options of 2" in host.status()
    assert "docker is started without" in done.stdout and "--bip=10.20.5.1/24" in done.stdout


@pytest.mark.parametrize(
    ("kept", "seconds", "why"),
    [
        ("", 1, "No options of an earlier start are kept in"),
        (KEPT.replace("--bip=", "--bip= "), 1, "No options of an earlier start are kept in"),
        (KEPT.replace("DOCKER_OPTS", "DOCKER_NETWORK_OPTIONS"), 1, "No options of an earlier start are kept in"),
        (KEPT.replace("machine-1", "machine-2"), 1, "are those of another host or address"),
        (KEPT.replace(".11\n", ".12\n"), 1, "are those of another host or address"),
        (KEPT.replace("# host", "# of"), 1, "are those of another host or address"),
        (KEPT, 0, "docker_start_without_flannel is 0"),
    ],
)
def test_docker_does_not_start_with_options_of_others(host, kept, seconds, why):
    host.kept.write_text(kept)
    done = host.start(seconds)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{host.options} has no DOCKER_OPTS with --bip. flanneld.service writes it and is activating." in done.stderr
    assert why in done.stderr
    assert not host.last.exists() and host.status() == ""


@pytest.mark.parametrize("load", ["not-found", "masked"])
def test_nobody_waits_for_a_flanneld_that_is_not_there(host, load):
    """Here it would take longer than the test has."""
    host.flannel(load, "inactive")
    done = host.start(seconds=3600)
    assert done.returncode == 1
    assert f"flanneld.service writes it and is {load}." in done.stderr
    host.kept.write_text(KEPT)
    assert host.start(seconds=3600).returncode == 0


def test_flannel_may_come_meanwhile(host):
    host.kept.write_text(KEPT)
    host.command("sleep", f"printf 'DOCKER_OPTS=--bip=10.20.7.1/24\\n' >{host.options}")
    assert host.start(seconds=3600).returncode == 0
    assert host.kept.read_text().endswith("DOCKER_OPTS=--bip=10.20.7.1/24\n")
    assert not host.last.exists()


def test_the_address_of_a_vtep_is_flannels_own(host):
    """Other addresses may be floating ones, which another host has at times."""
    two = ADDRESSES.replace("2: eth0", "2: eth0    inet 192.0.2.100/32 scope global eth0\n2: eth0")
    host.has_addresses(two, VTEP)
    host.options.write_text(FLANNELS)
    host.start()
    assert host.kept.read_text() == KEPT
    host.has_addresses(two)
    host.start()
    assert host.kept.read_text().startswith("# host: machine-1 192.0.2.100 192.0.2.11\n")


def test_keep(host):
    """The refresh service keeps them under a running docker, and writes only what is new."""
    assert host.run("keep").returncode == 0 and not host.kept.exists()
    host.options.write_text("DOCKER_OPTS=--mtu=1450\n")
    assert host.run("keep").returncode == 0 and not host.kept.exists()
    host.options.write_text(FLANNELS)
    assert host.run("keep").returncode == 0 and host.kept.read_text() == KEPT
    before = host.kept.stat().st_ino
    assert host.run("keep").returncode == 0 and host.kept.stat().st_ino == before
