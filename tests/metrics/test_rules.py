# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""promtool accepts the rules, and their tests hold. Each rule is broken once: then a test fails."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from promtool import FOLDER, promtool

RULES = yaml.safe_load((FOLDER / "rules.yml").read_text())["groups"][0]["rules"]


def test_promtool_accepts_the_rules() -> None:
    done = promtool("check", "rules", "rules.yml")
    assert done.returncode == 0 and f"SUCCESS: {len(RULES)} rules found" in done.stdout, done.stdout + done.stderr


def test_alerts_fire_and_do_not_fire() -> None:
    done = promtool("test", "rules", "rules_test.yml")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("rule", range(len(RULES)), ids=[rule["alert"] for rule in RULES])
def test_a_rule_that_never_fires_is_noticed(rule: int, tmp_path: Path) -> None:
    document = yaml.safe_load((FOLDER / "rules.yml").read_text())
    broken = document["groups"][0]["rules"][rule]
    broken["expr"] = f"({broken['expr']}) and vector(1) == 2"
    (tmp_path / "rules.yml").write_text(json.dumps(document))
    shutil.copy(FOLDER / "rules_test.yml", tmp_path)
    done = promtool("test", "rules", "rules_test.yml", cwd=tmp_path)
    assert done.returncode != 0 and broken["alert"] in done.stdout + done.stderr


def test_expressions_of_the_dashboard_are_accepted(tmp_path: Path) -> None:
    """As recording rules, with the variable of the dashboard filled in."""
    panels = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
    expressions = [target["expr"].replace("$instance", ".*") for panel in panels for target in panel["targets"]]
    rules = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(expressions)]
    (tmp_path / "panels.yml").write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    done = promtool("check", "rules", "panels.yml", cwd=tmp_path)
    assert re.search(rf"SUCCESS: {len(rules)} rules found", done.stdout), done.stdout + done.stderr
