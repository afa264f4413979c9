# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which flannel to compare with, and how much: OVERLAY_SEED and OVERLAY_TEXTS change what is tried."""

from __future__ import annotations

import os
import time

import flannel
import pytest

VERSIONS = ("0.26.7", "0.28.10")
SEED = os.environ.get("OVERLAY_SEED", "1")
COUNT = int(os.environ.get("OVERLAY_TEXTS", "10000"))


@pytest.fixture(scope="session", params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture
def ask(version, tmp_path):
    """Questions to flannel's own code."""
    program = flannel.built(version)
    return lambda kind, questions: flannel.ask(program, kind, tmp_path, questions)


@pytest.fixture
def tell(capsys):
    """A line about what was compared, in any case."""
    started = time.monotonic()

    def say(text):
        with capsys.disabled():
            print(f"\n{text} ({time.monotonic() - started:.1f} s, seed {SEED})", end="")

    return say
