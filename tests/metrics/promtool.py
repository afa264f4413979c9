# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""promtool on the rules of docs/monitoring, and on what hosts write."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

from playbooks import ROOT

FOLDER = ROOT / "docs/monitoring"
HOURS = 4
FIRING = 'count by (alertname) (ALERTS{alertstate="firing"})'
SAMPLE = re.compile(r"^(\w+)(?:{(.*)})? (\S+)$", re.MULTILINE)
GOT = re.compile(r'alertname="(\w+)"')


def promtool(*words: str, stdin: str = "", cwd: Path = FOLDER) -> subprocess.CompletedProcess[str]:
    """Run it to its end, whatever that is."""
    command = [os.environ["OVERLAY_PROMTOOL"], *words]
    return subprocess.run(command, input=stdin, cwd=cwd, capture_output=True, text=True, check=False)


def firing(text: str, folder: Path) -> set[str]:
    """Give the alerts that fire where a host goes on with these metrics for hours. Time begins at 0 there, so none of its times is old."""
    series = [
        {
            "series": f'{name}{{{labels + "," if labels else ""}instance="a",job="node"}}',
            "values": f"{value}x{HOURS * 60}",
        }
        for name, labels, value in SAMPLE.findall(text)
    ]
    test = {"interval": "1m", "input_series": series}
    test["promql_expr_test"] = [
        {"expr": FIRING, "eval_time": f"{HOURS}h", "exp_samples": [{"labels": "{}", "value": -1}]}
    ]
    document = {"rule_files": [str(FOLDER / "rules.yml")], "evaluation_interval": "1m", "tests": [test]}
    (folder / "test.yml").write_text(json.dumps(document))
    done = promtool("test", "rules", str(folder / "test.yml"), cwd=folder)
    assert "got:" in done.stdout + done.stderr, done.stdout + done.stderr  # never what is expected here
    return set(GOT.findall((done.stdout + done.stderr).partition("got:")[2]))
