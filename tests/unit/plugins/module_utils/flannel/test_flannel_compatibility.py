# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.compatibility import pair_problem


@pytest.mark.parametrize(
    ("flannel", "etcd", "v2", "works"),
    [
        ("0.28.10", "3.6.14", False, True),
        ("0.28.10", "3.4.23", False, True),
        ("0.28.10", "2.3.7", True, False),
        ("0.18.0", "3.0.0", False, True),
        ("0.17.0", "3.6.14", True, False),
        ("0.17.0", "3.5.16", False, False),
        ("0.17.0", "3.5.16", True, True),
        ("0.17.0", "3.4.23", False, False),
        ("0.7.1", "3.3.0", False, True),
        ("0.7.1", "2.3.7", False, True),
    ],
)
def test_pairs(flannel, etcd, v2, works):
    problem = pair_problem(flannel, etcd, v2)
    assert (problem is None) == works
    if problem:
        assert problem.code == "impossible_pair"
        assert problem.severity == "error"
        assert flannel in problem.seen
        assert etcd in problem.seen
