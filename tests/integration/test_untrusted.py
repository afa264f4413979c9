# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host or etcd says is shown as it is: no release of ansible-core takes it for a template."""

from __future__ import annotations

import json

import pytest
import yaml
from modules import run_ansible
from test_versions import core

SAYS = "{{ 6 * 7 }}"
FINDING = {"code": "x", "severity": "error", "host": "a", "seen": SAYS, "expected": SAYS, "fix": SAYS}
VERSIONS = {"flannel": {"version": SAYS}, "docker": {"version": SAYS}}
VERDICT = {"healthy": False, "findings": [FINDING], "interfaces": {"lo": {"addresses": [{"family": 4}]}}, **VERSIONS}
KEPT = {
    "report": "{{ ['localhost'] | overlay.flannel.host_verdicts(hostvars, ['localhost']) | overlay.flannel.verify_report }}",
    "lines": "{{ hostvars.localhost.overlay_verdict.findings | overlay.flannel.finding_lines }}",
}
TASKS = [
    {"ansible.builtin.command": {"argv": ["cat", "{{ said }}"]}, "register": "read", "changed_when": False},
    {"ansible.builtin.set_fact": {"overlay_verdict": "{{ read.stdout | from_json }}"}},
    {
        "ansible.builtin.set_fact": {
            "overlay_verdict": "{{ overlay_verdict | overlay.flannel.with_container_pings({'b': '192.0.2.2'}, read) }}"
        }
    },
    {"ansible.builtin.set_fact": KEPT},
    {"ansible.builtin.debug": {"msg": "{{ report.lines }} {{ lines | join(' ') }}"}},
]
PLAY = [{"hosts": "localhost", "gather_facts": False, "tasks": TASKS}]


@pytest.mark.parametrize("release", ["2.16", "newest"])
def test_a_text_with_braces(release, tmp_path):
    (tmp_path / "said.json").write_text(json.dumps(VERDICT))
    (tmp_path / "play.yml").write_text(yaml.safe_dump(PLAY))
    program = f"{core(release)}/bin/ansible-playbook"
    done = run_ansible(program, str(tmp_path / "play.yml"), variables={"said": str(tmp_path / "said.json")})
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(SAYS) >= 4 and "42" not in done.stdout
