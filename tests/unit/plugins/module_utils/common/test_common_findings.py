# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import (
    ERROR,
    WARNING,
    Finding,
    escaped,
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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("Zürich 東京 \U0001f600 a\\b", "Zürich 東京 \U0001f600 a\\b"),
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("a\nok: [h]\r\tb\0\x7f", r"a\x0aok: [h]\x0d\x09b\x00\x7f"),
        ("a\x9b2J\x85b\xa0", "a\\x9b2J\\x85b\xa0"),
        ("a\u2028b\u2029c\u202ed\u2066e", r"a\u2028b\u2029c\u202ed\u2066e"),
        ("a\udcff", r"a\udcff"),
    ],
)
def test_control_characters_are_shown(text, shown):
    assert escaped(text) == shown
    assert escaped(shown) == shown


def test_findings_never_hold_control_characters():
    one = Finding(code="c", seen="key \x1b[2J", expected="e\nf", fix="\x9b", host="h\u2028")
    assert one.to_text() == r"h\u2028: key \x1b[2J; expected e\x0af. Fix: \x9b [c]"
    assert to_dicts([one])[0]["seen"] == r"key \x1b[2J"
    assert Finding(**one.to_dict()).to_text() == one.to_text()
