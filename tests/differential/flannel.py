# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""flannel's own answers, by the program of tests/tools/verdict."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

TOOLS = Path(__file__).parent.parent / "tools"


def built(version: str) -> Path:
    """The program around this flannel, from the cache or built now."""
    command = [str(TOOLS / "build"), f"verdict-{version}"]
    return Path(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()) / "verdict"


def ask(program: Path, kind: str, cell: Path, questions: Iterable[tuple[str, ...]]) -> list[dict[str, Any]]:
    """One answer to each question, which is a configuration, or a key and a value."""
    lines = "".join(" ".join(map(encoded, texts)) + "\n" for texts in questions)
    cell.chmod(0o755)
    done = subprocess.run([program, kind, cell], input=lines, check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()


def readable(text: str) -> str:
    """As JSON from Go has it: bytes that are no UTF-8 are gone."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)
