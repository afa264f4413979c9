# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twelve steps through ansible-playbook: create, again, change, again, delete, delete again; predicted and done."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import run_ansible

PLAYBOOKS = Path(__file__).parent / "playbooks"


def test_twelve_steps(either):
    done = run_ansible("ansible-playbook", str(PLAYBOOKS / "twelve_steps.yml"), variables={"etcd": either.connection()})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed=0" in done.stdout
    assert either.config is None


def test_twelve_steps_of_lease(either):
    playbook = str(PLAYBOOKS / "lease_twelve_steps.yml")
    done = run_ansible("ansible-playbook", playbook, variables={"etcd": either.connection()})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed=0" in done.stdout
    assert either.keys.get(f"{either.prefix}/subnets/10.5.9.0-24") is None


def test_check_and_diff_by_command_line(newest):
    arguments = {**newest.connection(), "config": {"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}}}
    words = ["all", "--module-name=overlay.flannel.network", f"--args={json.dumps(arguments)}", "--check", "--diff"]
    done = run_ansible("ansible", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "CHANGED" in done.stdout
    assert '+  "Network": "10.5.0.0/16"' in done.stdout
    assert newest.config is None


def test_lease_info_by_command_line(newest):
    newest.configure({"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}})
    newest.lease()
    words = ["all", "--module-name=overlay.flannel.lease_info", f"--args={json.dumps(newest.connection())}"]
    done = run_ansible("ansible", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"subnet": "10.5.1.0/24"' in done.stdout
    assert '"healthy": true' in done.stdout


def test_filters_by_playbook():
    done = run_ansible("ansible-playbook", str(PLAYBOOKS / "filters.yml"))
    assert done.returncode == 0, done.stdout + done.stderr
