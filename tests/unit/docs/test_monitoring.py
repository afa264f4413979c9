# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/monitoring: the list of metrics is the catalogue, rules and dashboard name metrics and labels that exist."""

from __future__ import annotations

import json
import pathlib
import re

import pytest
import yaml

from ansible_collections.overlay.flannel.plugins.module_utils.metrics.catalogue import CATALOGUE

FOLDER = pathlib.Path(__file__).parents[3] / "docs/monitoring"
RULES = [rule for group in yaml.safe_load((FOLDER / "rules.yml").read_text())["groups"] for rule in group["rules"]]
METRIC = re.compile(r"\boverlay_\w+")
LABELS_OF_PROMETHEUS = {"instance", "job", "alertname", "alertstate"}


def panels():
    return json.loads((FOLDER / "dashboard.json").read_text())["panels"]


def expressions():
    yield from ((rule["alert"], rule["expr"]) for rule in RULES)
    yield from ((panel["title"], target["expr"]) for panel in panels() for target in panel["targets"])


def test_the_list_of_metrics_is_the_catalogue():
    rows = re.findall(r"^\| `(overlay_\w+)` \| (.*?) \| (.*) \|$", (FOLDER / "README.md").read_text(), re.MULTILINE)
    wanted = [
        (name, ", ".join(f"`{label}`" for label in family.labels), family.text) for name, family in CATALOGUE.items()
    ]
    assert [(name, labels.strip(), text) for name, labels, text in rows] == wanted


@pytest.mark.parametrize("name", list(CATALOGUE))
def test_conventions_of_prometheus(name):
    """Base units at the end, no counter's suffix on a gauge."""
    assert re.fullmatch(r"overlay_[a-z_]+", name) and not name.endswith(
        ("_total", "_count", "_sum", "_bucket", "_days", "_ms")
    )
    words = {
        "duration": "_seconds",
        "ttl": "_seconds",
        "timestamp": "_timestamp_seconds",
        "database": "_bytes",
        "cpu": "_seconds",
    }
    assert [unit for word, unit in words.items() if word in name and not name.endswith(unit)] == []
    assert CATALOGUE[name].text.endswith(".")
    assert all(
        re.fullmatch(r"[a-z_]+", label) and label not in LABELS_OF_PROMETHEUS for label in CATALOGUE[name].labels
    )


@pytest.mark.parametrize("title, expression", list(expressions()))
def test_expressions_name_what_there_is(title, expression):
    names = METRIC.findall(expression)
    assert names and set(names) <= set(CATALOGUE)
    allowed = LABELS_OF_PROMETHEUS | {label for name in names for label in CATALOGUE[name].labels}
    matched = {label for part in re.findall(r"{(.*?)}", expression) for label in re.findall(r"(\w+)=", part)}
    grouped = {label.strip() for part in re.findall(r"\bby \((.*?)\)", expression) for label in part.split(",")}
    assert matched | grouped <= allowed


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_alert_waits_and_names_the_fix(rule):
    assert rule["alert"].startswith("Overlay") and re.fullmatch(r"\d+[mh]", rule["for"])
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert "Fix: " in rule["annotations"]["description"] and rule["annotations"]["summary"]
    texts = " ".join(rule["annotations"].values())
    lost = re.search(r"\b(sum|max|min|count) by \((.*?)\)", rule["expr"])
    kept = (
        {label.strip() for label in lost.group(2).split(",")}
        if lost
        else LABELS_OF_PROMETHEUS | set(CATALOGUE[METRIC.findall(rule["expr"])[0]].labels)
    )
    assert set(re.findall(r"\$labels\.(\w+)", texts)) <= kept


def test_every_alert_is_tested():
    tests = yaml.safe_load((FOLDER / "rules_test.yml").read_text())["tests"]
    named = json.dumps(tests)
    assert [rule["alert"] for rule in RULES if rule["alert"] not in named] == []


def test_every_metric_is_shown_or_warned_of():
    """Nothing is measured for nobody."""
    used = {name for _title, expression in expressions() for name in METRIC.findall(expression)}
    assert set(CATALOGUE) - used <= {"overlay_peers", "overlay_etcd_members"}


def test_panels_do_not_overlap():
    taken = [
        (panel["gridPos"]["x"] + column, panel["gridPos"]["y"] + row)
        for panel in panels()
        for column in range(panel["gridPos"]["w"])
        for row in range(panel["gridPos"]["h"])
    ]
    assert len(taken) == len(set(taken)) and max(column for column, _row in taken) < 24
    assert len({panel["id"] for panel in panels()}) == len(panels())
