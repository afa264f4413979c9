# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue of finding codes is what the checks report and what the documentation says."""

from __future__ import annotations

import ast
import fnmatch
import importlib
import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.overlay.flannel.plugins.module_utils.common import finding_codes
from ansible_collections.overlay.flannel.plugins.module_utils.common.finding_codes import CODES, ERROR, WARNING
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding

ROOT = Path(__file__).parents[5]
CATALOGUE = ROOT / "plugins/module_utils/common/finding_codes.py"
TREES = {path: ast.parse(path.read_text()) for path in (ROOT / "plugins").rglob("*.py") if path != CATALOGUE}
DOCUMENTED = {  # module: its group, and the module to which its documentation refers for more
    "etcd_info": (finding_codes.ETCD, ""),
    "host_info": (finding_codes.HOST, ""),
    "lease_info": (finding_codes.LEASES, "network"),
    "migrate": (finding_codes.MIGRATION, "lease_info"),
    "network": (finding_codes.CONFIG, ""),
}


def texts_in(node):
    """The strings that an expression can be; `*` for what is not known here."""
    if isinstance(node, ast.Constant):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return texts_in(node.body) + texts_in(node.orelse)
    if isinstance(node, ast.JoinedStr):
        return ["".join(part.value if isinstance(part, ast.Constant) else "*" for part in node.values)]
    return []


def places_of_codes(tree):
    """Functions of the file that take a code, with its place."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    arguments = {function.name: [one.arg for one in function.args.args] for function in functions}
    return {"Finding": 0, **{name: names.index("code") for name, names in arguments.items() if "code" in names}}


def calls_with_codes(tree):
    """Codes as they are given to Finding and to helpers, with the call."""
    places = places_of_codes(tree)
    for node in ast.walk(tree):
        name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
        if name in places:
            given = [one.value for one in node.keywords if one.arg == "code"] + node.args[
                places[name] : places[name] + 1
            ]
            for code in texts_in(given[0]) if given else []:
                yield code, node


USED = {code for tree in TREES.values() for code, _call in calls_with_codes(tree)}
TEXTS = {node.value for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.Constant)}


def test_every_code_that_is_used_is_in_the_catalogue():
    assert len(USED) > 90
    assert [code for code in sorted(USED) if code not in CODES and not finding_codes.find(code)] == []


def test_every_code_of_the_catalogue_is_used():
    patterns = [code for code in USED if "*" in code]
    made = [code for code in CODES if any(fnmatch.fnmatchcase(code, pattern) for pattern in patterns)]
    assert [code for code in CODES if code not in {*USED, *TEXTS, *made}] == []


def test_a_code_is_in_one_group():
    groups = [
        finding_codes.ETCD, finding_codes.CONFIG, finding_codes.LEASES, finding_codes.MIGRATION, finding_codes.HOST,
        finding_codes.CONTROLLER,
    ]  # fmt: skip
    assert sum(map(len, groups)) == len(CODES)


def test_a_check_overrides_the_severity_only_where_the_catalogue_says_so():
    wrong = []
    for tree in TREES.values():
        for code, call in calls_with_codes(tree):
            given = [node.value for node in call.keywords if node.arg == "severity"]
            names = {node.id.lower() for node in ast.walk(given[0]) if isinstance(node, ast.Name)} if given else set()
            entry = finding_codes.find(code)
            if names & {ERROR, WARNING} - {entry.severity} and not entry.otherwise:
                wrong.append(code)
    assert wrong == []


def line(code):
    entry = CODES[code]
    return f"C({code}) ({entry.severity}{', ' + entry.otherwise if entry.otherwise else ''}) - {entry.text}"


@pytest.mark.parametrize("module", DOCUMENTED)
def test_documentation_of_modules(module):
    group, more = DOCUMENTED[module]
    returned = yaml.safe_load(
        importlib.import_module(f"ansible_collections.overlay.flannel.plugins.modules.{module}").RETURN
    )
    findings = returned["config_warnings" if module == "network" else "findings"]
    _first, *lines = findings["contains"]["code"]["description"]
    assert lines[: len(group)] == [line(code) for code in group]
    assert [re.findall(r"M\(overlay\.flannel\.(\w+)\)", one) for one in lines[len(group) :]] == (
        [[more]] if more else []
    )


def test_documentation_of_all():
    rows = [one for one in (ROOT / "docs/findings.md").read_text().splitlines() if one.startswith("| `")]
    assert sorted(rows) == sorted(
        f"| `{code}` | {one.severity}{', ' + one.otherwise if one.otherwise else ''} | {one.text} |"
        for code, one in CODES.items()
    )


@pytest.mark.parametrize(
    ("code", "severity"),
    [("device_down", ERROR), ("learner", WARNING), ("bad_network", ERROR), ("vni_out_of_range", ERROR), ("new", ERROR)],
)
def test_severity_comes_from_the_catalogue(code, severity):
    assert Finding(code, "s", "e", "f").severity == severity
    assert Finding(code, "s", "e", "f", severity=WARNING).severity == WARNING
