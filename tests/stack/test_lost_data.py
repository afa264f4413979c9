# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only member of etcd loses its data: it does not found a cluster by itself, and if a person wants that, each host keeps its subnet."""

from __future__ import annotations

import pytest
from fleet import Fleet, wait_for

from playbooks import Playbooks

MEMBER, MARK = "/var/lib/etcd/overlay/member", "/etc/etcd/overlay-member"


@pytest.fixture
def only_member(fleet: Fleet) -> str:
    if len(fleet.members) != 1:
        pytest.skip("several members")
    return fleet.members[0]


def test_a_member_without_its_data(fleet: Fleet, playbooks: Playbooks, only_member: str) -> None:
    host = fleet[only_member]
    host.check_output(f"systemctl stop etcd && mv {MEMBER} /root/member")
    assert host.run("systemctl start etcd").rc != 0
    said = host.check_output("journalctl --unit etcd --lines 20 --no-pager")
    assert "/var/lib/etcd/overlay holds no data, but this member has been part of its cluster" in said
    assert not host.file(MEMBER).exists
    verdict = playbooks.run("playbooks/verify.yml", variables={"overlay_verify_timeout": 1})
    assert verdict.rc != 0 and "[etcd_not_active]" in verdict.output
    run = playbooks.site()
    assert run.rc != 0
    assert f"{only_member}: etcd_data_dir = /var/lib/etcd/overlay (holds no data)" in " ".join(run.output.split())
    host.check_output(f"mv /root/member {MEMBER}")
    # systemd tries every five seconds
    wait_for(lambda: host.run("systemctl is-active etcd").rc, lambda rc: rc == 0, 30, "etcd")


def test_a_new_cluster_gives_each_host_its_subnet_back(fleet: Fleet, playbooks: Playbooks, only_member: str) -> None:
    subnets = {name: fleet.subnet(name) for name in fleet}
    docker = {name: fleet.started(name)["docker.service"] for name in fleet}
    fleet[only_member].check_output(f"systemctl stop etcd && rm -r {MEMBER} {MARK}")
    run = playbooks.site()
    assert run.rc == 0
    output = " ".join(run.output.split())
    assert output.count("etcd has no lease of this host, and the running flanneld has not noticed") == len(subnets)
    assert {name: fleet.subnet(name) for name in fleet} == {name: fleet.lease(name) for name in fleet} == subnets
    assert {name: fleet.started(name)["docker.service"] for name in fleet} == docker
    assert fleet[only_member].file(MARK).exists
