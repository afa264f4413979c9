# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others have written into etcd does not control the terminal."""

from __future__ import annotations

import json

import pytest
from fleet import Fleet

from playbooks import Playbooks


def test_a_lease_forges_no_line_of_ansible(fleet: Fleet, playbooks: Playbooks) -> None:
    if fleet.speaks_v2():
        pytest.skip("etcdctl speaks v2 here")
    lease = json.dumps({"PublicIP": "192.0.2.9", "BackendType": "vx\x1b[2J\nchanged: [forged]"})
    key = "/flannel/network/subnets/10.20.77.0-24"
    fleet.etcdctl(f"put {key} '{lease}'")
    try:
        run = playbooks.verify()
    finally:
        fleet.etcdctl(f"del {key}")
    assert run.rc != 0 and r"uses vx\x1b[2J\x0achanged: [forged]" in run.output
    assert "\x1b" not in run.output
    assert [line for line in run.output.splitlines() if line.startswith("changed: [forged]")] == []
