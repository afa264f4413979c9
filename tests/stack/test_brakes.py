# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rollouts have brakes: docker restarts on one host after the other, and what does not start stays on the first host."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest
from fleet import PATIENCE, Fleet, wait_for

from playbooks import Playbooks

HOLD, LOCK = "/run/overlay-docker.hold", "/run/overlay-site.lock"
FLANNELD, HELPER = "/usr/local/bin/flanneld", "/usr/local/bin/mk-docker-opts.sh"
ALL_AT_ONCE = {"overlay_batch": "100%", "docker_restart_serial": 1}
# Another option of docker, in the same subnet
CHANGE = {**ALL_AT_ONCE, "flannel_ip_masq": False}


@pytest.fixture(autouse=True)
def healthy(fleet: Fleet, playbooks: Playbooks):
    """Nothing is left to do afterwards."""
    yield
    run = playbooks.site()
    assert (run.rc, run.changed) == (0, dict.fromkeys(fleet, 0))


def docker_starts(fleet: Fleet) -> list[tuple[float, float]]:
    """When docker's process was started on each host, and when it was ready, in seconds of the host's clock; in the order of the starts."""
    command = "cat /proc/uptime; date +%s.%N; systemctl show --property ExecMainStartTimestampMonotonic,ActiveEnterTimestampMonotonic docker"
    found = []
    for name in fleet:
        said = fleet[name].check_output(command)
        uptime, now = float(said.split()[0]), float(said.splitlines()[1])
        start, ready = (
            now - uptime + int(re.search(f"{key}TimestampMonotonic=(\\d+)", said).group(1)) / 1e6
            for key in ("ExecMainStart", "ActiveEnter")
        )
        found.append((start, ready))
    return sorted(found)


def test_docker_restarts_in_turn(fleet: Fleet, playbooks: Playbooks) -> None:
    """flanneld's restart writes docker's options on all hosts at once, and a unit on each host watches them. A killed run holds nothing for ever."""
    before = {name: fleet.started(name)["docker.service"] for name in fleet}
    assert playbooks.site("--skip-tags", "verify", variables=CHANGE).rc == 0
    after = {name: fleet.started(name)["docker.service"] for name in fleet}
    assert all(after[name] != before[name] for name in fleet)
    starts = docker_starts(fleet)
    assert all(ready < start + 0.1 for (_, ready), (start, _) in zip(starts, starts[1:])), starts
    assert [name for name in fleet if fleet[name].file(HOLD).exists] == []

    playbooks.killed_site("docker : Plan docker", variables=ALL_AT_ONCE)
    wait_for(lambda: [refreshed(fleet, name) for name in fleet], all, 20, "the watchers have left docker alone")
    assert {name: fleet.started(name)["docker.service"] for name in fleet} == after
    for name in fleet:
        assert 600 < left(fleet, name) < 1200
        fleet[name].check_output(f"echo $(($(cut -d. -f1 /proc/uptime) + 2)) >{HOLD}")
        wait_for(functools.partial(left, fleet, name), lambda now: now <= 0, 5, f"{name}: the hold has expired")
        fleet[name].check_output("systemctl start overlay-docker-refresh.service")  # as the timer does
        fleet.wait_for_overlay(name)
        assert fleet.started(name)["docker.service"] != after[name]


def refreshed(fleet: Fleet, name: str) -> bool:
    return "docker is not restarted yet" in fleet[name].check_output("journalctl -u overlay-docker-refresh -o cat -n 3")


def left(fleet: Fleet, name: str) -> float:
    """Seconds of the hold."""
    until, uptime = fleet[name].check_output(f"cat {HOLD} /proc/uptime").splitlines()
    return int(until) - float(uptime.split()[0])


def test_a_flanneld_that_does_not_start_stays_on_the_first_host(
    fleet: Fleet, playbooks: Playbooks, tmp_path: Path
) -> None:
    """It goes back to the program that ran before, and no other host has been touched."""
    if not fleet[fleet.first].file(FLANNELD).exists:
        pytest.skip("flanneld is of a package")
    said = fleet[fleet.first].run(f"{FLANNELD} --version 2>&1").stdout.strip()
    (tmp_path / "flanneld").write_text(f"#!/bin/sh\ncase $1 in *-version) echo '{said}' >&2 ;; *) exit 1 ;; esac\n")
    (tmp_path / "mk-docker-opts.sh").write_text(fleet[fleet.first].file(HELPER).content_string)
    before = {name: state(fleet, name) for name in fleet}
    broken = {
        "flannel_install_method": "file",
        "flannel_file_dir": str(tmp_path),
        "flannel_start_timeout": int(12 * PATIENCE),
    }
    run = playbooks.site("--skip-tags", "verify", variables=broken)
    assert run.rc != 0
    assert f"{fleet.first}: the flanneld that ran before is back, and is ready" in run.output
    assert {name: run.changed[name] for name in fleet.names[1:]} == dict.fromkeys(fleet.names[1:], 0)
    after = {name: state(fleet, name) for name in fleet}
    flanneld = before[fleet.first].pop("flanneld.service")
    assert after[fleet.first].pop("flanneld.service") != flanneld
    assert after == before
    assert fleet.is_there(fleet.first)
    assert not fleet[fleet.first].file(FLANNELD + ".previous").exists


def state(fleet: Fleet, name: str) -> dict[str, str]:
    """The daemons' starts and the bytes of flanneld."""
    return {**fleet.started(name), "bytes": fleet[name].file(FLANNELD).sha256sum}


def test_verify_alone_changes_nothing(fleet: Fleet, playbooks: Playbooks) -> None:
    """Also where something would have to be changed: it says what."""
    before = {name: state(fleet, name) for name in fleet}
    run = playbooks.site("--tags", "verify", variables=CHANGE)
    assert run.rc != 0 and set(run.changed.values()) == {0}
    assert "/etc/flannel/flanneld.env is not as it should be" in " ".join(run.output.split())
    assert {name: state(fleet, name) for name in fleet} == before


def others_of(fleet: Fleet) -> list[tuple[str, dict[str, object]]]:
    """Playbooks that change hosts, and what they are told to do."""
    return [
        ("defrag", {}),
        ("remove", {"overlay_remove": list(fleet)[-1], "overlay_remove_force": True}),
        ("uninstall", {"overlay_uninstall": True, "overlay_uninstall_force": True}),
    ]


def test_a_second_run_is_refused(fleet: Fleet, playbooks: Playbooks) -> None:
    """One that changes something; not one that only looks (`healthy`). The stack's killed runs show that a lock ends with its run."""
    before = {name: state(fleet, name) for name in fleet}
    holder = "root@other [1a2b3c4d 4026531836], process 1, since 2026-11-29 19:40:00 UTC"
    fleet[fleet.first].check_output(f"{{ echo $(($(cut -d. -f1 /proc/uptime) + 600)); echo '{holder}'; }} >{LOCK}")
    try:
        runs = [playbooks.site("--skip-tags", "verify", variables=CHANGE)]
        runs += [playbooks.run(f"playbooks/{name}.yml", variables=wishes) for name, wishes in others_of(fleet)]
        assert playbooks.site("--skip-tags", "verify").rc == 0
        assert fleet[fleet.first].file(LOCK).exists
    finally:
        fleet[fleet.first].check_output(f"rm {LOCK}")
    for run in runs:
        assert run.rc != 0 and set(run.changed.values()) == {0}
        said = " ".join(run.output.split())
        assert f"{fleet.first}: another run changes this fleet: {holder}. It expires in " in said
    assert {name: state(fleet, name) for name in fleet} == before
