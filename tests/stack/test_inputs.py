# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that are unusual, and right: nothing changes there. And hosts whose next start would fail: they are refused, by name."""

from __future__ import annotations

from typing import Iterator

import pytest
from fleet import Fleet

from playbooks import Playbooks

# A connection that is open already would not see the file.
NEW_CONNECTIONS = "--ssh-extra-args=-o ControlPath=none"
DROP_IN = "/etc/systemd/system/docker.service.d/zz.conf"


@pytest.fixture
def floating_address(fleet: Fleet) -> Iterator[None]:
    """An address that the second host lists before its own: the kernel puts a smaller scope first."""
    name = fleet.names[1]
    address = f"{fleet.address(name).rsplit('.', 1)[0]}.100/25 dev {fleet.device(name)}"
    fleet[name].check_output(f"ip address add {address} scope link noprefixroute")
    listed = fleet[name].check_output(f"ip -4 -o address show dev {fleet.device(name)}").splitlines()
    assert ".100/25" in listed[0]
    yield
    fleet[name].check_output(f"ip address delete {address}")


@pytest.fixture
def dead_proxy(fleet: Fleet) -> Iterator[None]:
    """A proxy for everything that nobody answers, as root of the first host gets it when it logs in."""
    host = fleet[fleet.first]
    proxy = f"http://{fleet.address(fleet.first).rsplit('.', 1)[0]}.250:3128"
    names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    host.check_output("touch /etc/environment && cp /etc/environment /root/environment")
    for name in names:
        host.check_output(f"echo {name}={proxy} >>/etc/environment")
    yield
    host.check_output("mv /root/environment /etc/environment")


def test_a_floating_address_and_a_proxy_change_nothing(
    fleet: Fleet, playbooks: Playbooks, floating_address: None, dead_proxy: None
) -> None:
    run = playbooks.site(NEW_CONNECTIONS)
    assert (run.rc, set(run.changed.values())) == (0, {0})


def test_a_drop_in_that_takes_flannels_options_back(fleet: Fleet, playbooks: Playbooks) -> None:
    """docker runs on with its old options, and would not start again."""
    host = fleet[fleet.first]
    text = "[Service]\\nEnvironmentFile=\\nEnvironmentFile=/run/own.env\\nExecStartPre=\\n"
    host.check_output(f"printf '{text}' >{DROP_IN} && systemctl daemon-reload")
    try:
        run = playbooks.site("--limit", fleet.first)
    finally:
        host.check_output(f"rm {DROP_IN} && systemctl daemon-reload")
    said = " ".join(run.output.split())
    assert run.rc != 0
    assert f"{fleet.first}: EnvironmentFile of docker.service = /run/own.env: allowed" in said
    assert f"{fleet.first}: {DROP_IN} = EnvironmentFile= (empty)" in said
    assert f"{fleet.first}: {DROP_IN} = ExecStartPre= (empty)" in said
