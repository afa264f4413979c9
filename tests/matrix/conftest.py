# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab for the cells, their steps as they go on, and the table of the results at the end."""

from __future__ import annotations

import contextlib
import time
from typing import Any, Callable, Iterator

import pytest
from cells import REFUSED, WORKS, Refused, Works
from labs import Lab, legacy
from overlay_lab import tools
from overlay_lab.settings import LabError
from report import Result, table

from playbooks import ROOT

REPORT = ROOT / ".build/matrix.md"
RESULTS = pytest.StashKey[list]()


def pytest_configure(config: pytest.Config) -> None:
    """A folder without the old programs ends the run before it begins."""
    config.stash[RESULTS] = []
    try:
        legacy()
    except (LabError, AssertionError) as error:
        raise pytest.UsageError(str(error)) from None


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("runs"))
    yield lab
    lab("down")


@pytest.fixture(autouse=True)
def result(request: pytest.FixtureRequest, cell: Works | Refused) -> Result:
    """What becomes of the cell; it is not run without the programs that it needs."""
    result = Result(cell)
    request.config.stash[RESULTS].append(result)
    if cell.needs_legacy and legacy() is None:
        result.outcome = f"not run: {tools.LEGACY} is not set"
        pytest.skip(result.outcome)
    return result


@pytest.fixture
def step(request: pytest.FixtureRequest, result: Result) -> Callable[[str], Any]:
    """Tell what is done now, and keep its name for the case that it fails."""
    manager = request.config.pluginmanager
    terminal, capture = manager.getplugin("terminalreporter"), manager.getplugin("capturemanager")

    def say(text: str) -> None:
        with capture.global_and_fixture_disabled():
            terminal.write_line(text)

    @contextlib.contextmanager
    def step(name: str) -> Iterator[None]:
        result.step, started = name, time.monotonic()
        yield
        say(f"    {name}: {time.monotonic() - started:.0f} s")

    say(f"\n{result.cell}")
    return step


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Note the outcome, and add what the hosts tell to a failure."""
    report = (yield).get_result()
    found: dict[str, Any] = getattr(item, "funcargs", {})
    result = found.get("result")
    if result is None or report.when == "teardown":
        return
    if report.failed:
        result.outcome = f"**FAILED**: {result.step or report.when}"
        if result.fleet is not None:
            report.sections.extend(result.fleet.evidence())
    elif report.when == "call":
        result.outcome, result.seconds = "ok", report.duration


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if not config.stash[RESULTS]:
        return
    text = table(config.stash[RESULTS])
    terminalreporter.write_line("")
    terminalreporter.write(text)
    if len(config.stash[RESULTS]) == len(WORKS + REFUSED):  # a part of it is no proof
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(text)
        terminalreporter.write_line(f"written to {REPORT.relative_to(ROOT)}")
