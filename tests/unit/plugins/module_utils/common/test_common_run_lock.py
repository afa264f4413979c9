# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.run_lock import Lock, in_the_way, is_held, parsed

A, LATER_A, B = "a, process 7, since Monday", "a, process 7, since Tuesday", "b, process 7, since Monday"
HELD = Lock(100, A)


@pytest.mark.parametrize("text", ["", "100\n", "nonsense", "1x0\nsomebody\n", "100\n \n"])
def test_what_is_no_lock(text):
    assert parsed(text) is None


def test_what_is_written_is_read():
    assert parsed(HELD.text) == HELD


@pytest.mark.parametrize(
    ("found", "holder", "replaces", "uptime", "other"),
    [
        (None, B, "", 10, None),
        (HELD, B, "", 10, HELD),
        (HELD, B, "", 99, HELD),
        (HELD, B, "", 100, None),
        (HELD, B, A, 10, None),
        (HELD, B, "c", 10, HELD),
        (HELD, LATER_A, "", 10, None),
    ],
)
def test_the_lock_of_another_run_is_in_the_way(found, holder, replaces, uptime, other):
    assert in_the_way(found, holder, replaces, uptime) == other


def test_whose_lock_it_is():
    assert is_held(HELD, LATER_A) and not is_held(HELD, B) and not is_held(None, A)
