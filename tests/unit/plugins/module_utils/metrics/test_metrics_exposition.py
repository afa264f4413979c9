# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text for Prometheus: escapes, numbers, order."""

from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.metrics.exposition import (
    Family,
    Sample,
    label_value,
    number,
    to_text,
)

CATALOGUE = {
    "a_info": Family("Text with \\ and\nline.", ("x", "y")),
    "b_bytes": Family("B."),
    "c": Family("C.", ("x",)),
}


def test_text_in_the_order_of_the_catalogue():
    samples = [Sample("b_bytes", 3), Sample("a_info", 1, ("u", "v")), Sample("a_info", 0.5, ("u", "w"))]
    assert to_text(CATALOGUE, samples) == (
        '# HELP a_info Text with \\\\ and\\nline.\n# TYPE a_info gauge\na_info{x="u",y="v"} 1\na_info{x="u",y="w"} 0.5\n'
        "# HELP b_bytes B.\n# TYPE b_bytes gauge\nb_bytes 3\n"
    )
    assert to_text(CATALOGUE, []) == ""


@pytest.mark.parametrize(
    "sample", [Sample("d", 1), Sample("c", 1), Sample("c", 1, ("u", "v")), Sample("b_bytes", 1, ("u",))]
)
def test_what_is_not_in_the_catalogue(sample):
    with pytest.raises(KeyError):
        to_text(CATALOGUE, [sample])


@pytest.mark.parametrize(
    "value, shown",
    [
        ("plain", "plain"),
        ('say "x"', r"say \"x\""),
        ("back\\slash", r"back\\slash"),
        ("two\nlines", r"two\\x0alines"),
        ("\x1b[31m", r"\\x1b[31m"),
        ("ü", "ü"),
        ("\ud800", r"\\ud800"),
    ],
)
def test_values_of_labels(value, shown):
    assert label_value(value) == shown
    label_value(value).encode("utf-8")


@pytest.mark.parametrize(
    "value, shown",
    [
        (0, "0"),
        (True, "1"),
        (False, "0"),
        (2147483648, "2147483648"),
        (1796048418.16279, "1796048418.16279"),
        (0.1 + 0.2, "0.3"),
        (-1.5, "-1.5"),
        (3.0, "3"),
        (1e-9, "0.0"),
    ],
)
def test_numbers(value, shown):
    assert number(value) == shown
