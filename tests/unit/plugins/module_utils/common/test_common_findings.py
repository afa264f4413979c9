# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import (
    ERROR,
    WARNING,
    Finding,
    healthy,
    listed,
    to_dicts,
)


def finding(severity=ERROR, host=""):
    return Finding(code="c", seen="s", expected="e", fix="f", host=host, severity=severity)


def test_dictionaries():
    assert to_dicts([finding(host="h")]) == [
        {"code": "c", "severity": "error", "host": "h", "seen": "s", "expected": "e", "fix": "f"}
    ]


@pytest.mark.parametrize(("host", "text"), [("", "s; expected e. Fix: f [c]"), ("h", "h: s; expected e. Fix: f [c]")])
def test_texts(host, text):
    assert finding(host=host).to_text() == text


@pytest.mark.parametrize(("severities", "well"), [([], True), ([WARNING], True), ([WARNING, ERROR], False)])
def test_health(severities, well):
    assert healthy(finding(severity) for severity in severities) == well


def test_long_lists_are_cut():
    assert listed(range(7)) == "0, 1, 2, 3, 4 and 2 more"
    assert listed("ab") == "a, b"
