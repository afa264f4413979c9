# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which containers ping which, with a stand-in for docker. The order of the names is not that of the inventory."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ADDRESSES = {"d": "10.20.4.2", "b": "10.20.2.2", "a": "10.20.1.2", "C": "10.20.3.2"}
RING = {"C": ["a", "b"], "a": ["b", "d"], "b": ["d", "C"], "d": ["C", "a"]}
# The container of a host is a file: while it is there, its name is taken.
DOCKER = """#!/bin/sh
mine=$FOLDER/container-$HERE
echo "$*" >> "$FOLDER/asked-$HERE"
case "$*" in
  "run --rm --net host busybox "*) shift 5; BY=host exec "$@" ;;
esac
case $1 in
  rm) test -e "$mine" && rm "$mine" ;;
  run) test ! -e "$mine" || { echo "Conflict. The container name is already in use" >&2; exit 125; }; touch "$mine" ;;
  inspect) cat "$FOLDER/inspect-$HERE" ;;
  exec) test "$HERE" != "$BROKEN" || { echo "no sh" >&2; exit 126; }; shift 2; exec "$@" ;;
esac
"""
PING = """#!/bin/sh
echo "$*" >> "$FOLDER/${BY:-}pings-$HERE"
for last do :; done
test "$last" != "$SILENT" && test "${BY:-} $last" != "host $CLOSED"
"""


class Run:
    def __init__(self, done, folder):
        self.done, self.folder = done, folder
        self.verdicts = json.loads((folder / "out").read_text())

    def lines(self, what, host):
        path = self.folder / f"{what}-{host}"
        return path.read_text().splitlines() if path.exists() else []

    def pinged(self, host):
        return sorted(line.split()[-1] for line in self.lines("pings", host))

    def seen(self, host):
        return [finding["seen"] for finding in self.verdicts[host].get("findings") or []]


def seen(subnet_env):
    return {"healthy": True, "docker": {"version": "28.5.2"}, "flannel": {"subnet_env": subnet_env}}


@pytest.fixture
def verify(tmp_path):
    for name, text in (("docker", DOCKER), ("ping", PING)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    for name, address in ADDRESSES.items():
        inspected = [{"NetworkSettings": {"Networks": {"bridge": {"IPAddress": address}}}}]
        (tmp_path / f"inspect-{name}").write_text(json.dumps(inspected))

    def run(without, silent, broken, closed=""):
        hosts = {name: {"overlay_verdict": seen(None if name in without else {"mtu": 1450})} for name in ADDRESSES}
        settings = {"ansible_connection": "local", "overlay_verify_image": "busybox", "overlay_verify_pings": 2}
        inventory = {"all": {"hosts": hosts, "vars": settings}}
        (tmp_path / "hosts.json").write_text(json.dumps(inventory))
        ours = {"FOLDER": str(tmp_path), "BIN": str(tmp_path), "OUT": str(tmp_path / "out")}
        playbook = str(HERE / "playbooks/containers.yml")
        done = subprocess.run(
            ["ansible-playbook", "-i", str(tmp_path / "hosts.json"), playbook],
            cwd=ROOT,
            env={**os.environ, **ours, "ANSIBLE_NOCOLOR": "1", "SILENT": silent, "BROKEN": broken, "CLOSED": closed},
            capture_output=True,
            text=True,
            check=False,
        )
        print(done.stdout, done.stderr)
        assert done.returncode == 0
        return Run(done, tmp_path)

    return run


def test_each_pings_the_next_ones_at_once_and_who_does_not_answer_is_named(verify, tmp_path):
    """Also where a run that was stopped has left its container. A host without flannel is pinged, and does not ping."""
    (tmp_path / "container-a").touch()
    run = verify(without=["b"], silent=ADDRESSES["C"], broken="C")
    peers = {**RING, "b": [], "C": []}
    assert {name: run.pinged(name) for name in peers} == {
        name: sorted(ADDRESSES[peer] for peer in those) for name, those in peers.items()
    }
    assert set(run.lines("pings", "a")) == {f"-c 1 -W 2 -s 1422 {ADDRESSES[peer]}" for peer in RING["a"]}
    for name in RING:
        pings = [] if name == "b" else ["exec", "run"]
        assert [line.split()[0] for line in run.lines("asked", name)] == ["rm", "run", "inspect", *pings, "rm"]
    assert list(tmp_path.glob("container-*")) == []
    lost = f"gets no answer from the containers {ADDRESSES['C']} (C)"
    assert {name: run.seen(name) for name in RING} == {
        "a": [],
        "b": [],
        "C": ["a container of this host cannot ping: no sh"],
        "d": [f"a container of this host {lost}", f"this host itself {lost}"],
    }
    assert {name for name in RING if not run.verdicts[name]["healthy"]} == {"C", "d"}


def test_a_host_pings_containers_of_others_itself(verify):
    """With DirectRouting containers may reach each other where hosts do not reach containers."""
    run = verify(without=[], silent="", broken="", closed=ADDRESSES["b"])
    lost = f"this host itself gets no answer from the containers {ADDRESSES['b']} (b)"
    assert {name: run.seen(name) for name in RING} == {"C": [lost], "a": [lost], "b": [], "d": []}
    for name, peers in RING.items():
        assert sorted(line.split()[-1] for line in run.lines("hostpings", name)) == sorted(
            ADDRESSES[peer] for peer in peers
        )
