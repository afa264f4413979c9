# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The changelog of 0.1.0, which is not published yet, names what is in the tree, as antsibull-changelog would write it."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[3]
RELEASE: dict[str, t.Any] = yaml.safe_load((ROOT / "changelogs/changelog.yaml").read_text())["releases"]["0.1.0"]


def _plain(text: str) -> str:
    return " ".join(text.replace("\\", "").split())


def _summary(documentation: str) -> str:
    return str(yaml.safe_load(documentation)["short_description"])


def _filters() -> dict[str, str]:
    files = (ROOT / "plugins/filter").glob("*.yml")
    return {f.stem: str(yaml.safe_load(f.read_text())["DOCUMENTATION"]["short_description"]) for f in files}


def _modules() -> dict[str, str]:
    files = (ROOT / "plugins/modules").glob("*.py")
    return {f.stem: _summary(f.read_text().split('DOCUMENTATION = r"""')[1].split('"""')[0]) for f in files}


def _roles() -> dict[str, str]:
    specs = {f.parts[-3]: yaml.safe_load(f.read_text()) for f in (ROOT / "roles").glob("*/meta/argument_specs.yml")}
    return {role: str(spec["argument_specs"]["main"]["short_description"]) for role, spec in specs.items()}


@pytest.mark.parametrize(
    ("listed", "present"),
    [
        pytest.param(RELEASE["plugins"]["filter"], _filters(), id="filters"),
        pytest.param(RELEASE["modules"], _modules(), id="modules"),
        pytest.param(RELEASE["objects"]["role"], _roles(), id="roles"),
    ],
)
def test_the_changelog_lists_what_there_is(listed: list[dict[str, str]], present: dict[str, str]) -> None:
    assert {entry["name"]: _plain(entry["description"]) for entry in listed} == present
    rst = _plain((ROOT / "CHANGELOG.rst").read_text())
    missing = [name for name, text in present.items() if f"- overlay.flannel.{name} - {text}" not in rst]
    assert not missing
