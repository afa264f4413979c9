# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker on a host whose flanneld waits for etcd, or is not there at all."""

from __future__ import annotations

from typing import Iterator

import pytest
from fleet import Fleet

DROP_IN = "/etc/systemd/system/docker.service.d/50-overlay-flannel.conf"
WAITS = "/run/systemd/system/flanneld.service.d/99-waits.conf"
OPTIONS = "/run/flannel/docker"


@pytest.fixture
def host(fleet: Fleet) -> Iterator[str]:
    """A host whose flanneld starts without end, as it does while etcd is away. docker waits for it for three seconds."""
    name = fleet.names[-1]
    fleet[name].check_output(
        f"mkdir -p {WAITS.rpartition('/')[0]} && printf '[Service]\\nExecStart=\\nExecStart=/bin/sleep 1000\\n' >{WAITS} && "
        f"cp {DROP_IN} /run/drop-in && sed -i 's/ 60 flanneld/ 3 flanneld/' {DROP_IN} && "
        "systemctl daemon-reload && systemctl restart --no-block flanneld && sleep 1 && systemctl show -P ActiveState flanneld"
    )
    yield name
    fleet[name].check_output(
        f"rm {WAITS}; cp /run/drop-in {DROP_IN}; systemctl daemon-reload; systemctl restart flanneld; "
        "systemctl start overlay-docker-refresh.service"
    )
    fleet.wait_for_overlay(name)


def restart(fleet: Fleet, name: str) -> str:
    """Restart docker within 30 seconds, and give the unit's status."""
    fleet[name].check_output("timeout 30 systemctl restart docker")
    return fleet[name].check_output("systemctl show --property StatusText --value docker")


def process(fleet: Fleet, name: str) -> str:
    return fleet[name].check_output("systemctl show --property MainPID --value docker")


def test_a_restart_of_docker_does_not_wait_behind_flanneld(fleet: Fleet, host: str) -> None:
    assert "started without" not in restart(fleet, host)


def test_docker_starts_with_its_last_options_and_keeps_them_when_flannel_comes(fleet: Fleet, host: str) -> None:
    bip = fleet.subnet(host)
    fleet[host].check_output(f"mv {OPTIONS} {OPTIONS}.away")
    status = restart(fleet, host)
    assert f"started without {OPTIONS} (flanneld.service is activating), with the options of" in status
    assert fleet.subnet(host) == bip
    before = process(fleet, host)
    fleet[host].check_output(
        f"mv {OPTIONS}.away {OPTIONS} && rm {WAITS} && systemctl daemon-reload && systemctl restart flanneld"
    )
    fleet[host].check_output(f"systemctl start overlay-docker-refresh.service; touch {WAITS}")
    assert process(fleet, host) == before


def test_a_docker_without_flannel_says_what_it_lacks(fleet: Fleet, host: str) -> None:
    """Options of another machine are not this host's."""
    kept = "/var/lib/overlay-docker/options"
    fleet[host].check_output(f"cp {kept} /run/kept && sed -i 's/^# host: ./# host: x/' {kept} && rm {OPTIONS}")
    try:
        assert fleet[host].run("timeout 30 systemctl restart docker").rc != 0
        said = fleet[host].check_output("journalctl -u docker -o cat -n 20")
    finally:
        fleet[host].check_output(f"cp /run/kept {kept}")
    assert f"docker does not start: {OPTIONS} has no DOCKER_OPTS with --bip. flanneld.service writes it" in said
