# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/versions.md promises what the matrix runs, and what the rules say, and nothing else."""

from __future__ import annotations

import pathlib
import re
import runpy
import types

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.compatibility import pair_problem

ROOT = pathlib.Path(__file__).parents[3]
CELLS = types.SimpleNamespace(**runpy.run_path(str(ROOT / "tests/matrix/cells.py"), run_name="cells"))
COLUMNS = {  # a release of each, and whether its v2 API is on
    "2.3": ("2.3.7", True),
    "3.0 to 3.3": ("3.3.27", True),
    "3.4 by v2": ("3.4.23", True),
    "3.4 by v3": ("3.4.23", False),
    "3.5": ("3.5.16", True),
    "3.6": ("3.6.14", False),
    "3.7": ("3.7.3", False),
}


def rows(heading):
    """The cells of the first table below a heading, by the first one of their line."""
    text = (ROOT / "docs/versions.md").read_text().split(f"## {heading}\n")[1]
    lines = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in text.splitlines() if line[:1] == "|"]
    head = lines[0]
    number = next((i for i, line in enumerate(lines) if i and line[0] == "pair"), len(lines))
    return {line[0]: dict(zip(head[1:], line[1:])) for line in lines[2:number]}


TABLE = {
    (family, column.replace("etcd ", "")): cell
    for family, cells in rows("flannel and etcd").items()
    for column, cell in cells.items()
}


def column_of(cell):
    if cell in CELLS.WORKS:
        return cell.column
    full = cell.etcd.rpartition(".")[0]
    return cell.column or ("3.0 to 3.3" if full == "3.3" else full)


def in_brackets(word):
    """Of all cells that begin with the word."""
    found = {place: re.fullmatch(rf"{word}(?: \((.*)\))?", cell) for place, cell in TABLE.items()}
    return {place: set(match[1].split(", ")) for place, match in found.items() if match and match[1]}


def listed(cells):
    found = {}
    for cell in cells:
        found.setdefault((CELLS.family_of(cell.flannel), column_of(cell)), set()).add(cell.flannel)
    return found


def test_table_has_all_families_and_columns():
    assert set(TABLE) == {(family, column) for family in CELLS.FAMILIES for column in COLUMNS}


@pytest.mark.parametrize(("word", "cells"), [("works", CELLS.WORKS), ("refused", CELLS.REFUSED)])
def test_what_is_in_brackets_is_what_is_run(word, cells):
    assert in_brackets(word) == listed(cells)


@pytest.mark.parametrize("place", sorted(TABLE), ids=" and ".join)
def test_cells_say_what_the_rules_say(place):
    family, column = place
    flannel = ".".join(str(part) for part in (*CELLS.FAMILIES[family], 0, 0)[:3])
    etcd, v2 = COLUMNS[column]
    by_rule = pair_problem(flannel, etcd, v2) is not None
    by_role = column == "3.0 to 3.3" or family == "0.6 and older"
    word = TABLE[place].partition(" (")[0]
    assert word in ("works", "refused", "not run", "not read")
    assert (word == "refused") == (by_rule or by_role)
    assert (word == "not read") == (column == "3.4 by v2" and CELLS.FAMILIES[family] >= (0, 18))


def test_dockers_are_those_of_the_fleet():
    cells = [cell["state"] for cell in rows("docker").values() if "state" in cell]
    assert sorted(cell[7:-1] for cell in cells if cell.startswith("works")) == sorted(CELLS.DOCKERS)
