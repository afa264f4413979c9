# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError


def test_input_errors_name_everything():
    error = InputError("timeout", 0, "1 or more", "leave it out")
    assert str(error) == "timeout = 0: allowed: 1 or more. Fix: leave it out"
    assert error.finding.to_dict() == {
        "code": "bad_value",
        "severity": "error",
        "host": "",
        "seen": "timeout = 0",
        "expected": "1 or more",
        "fix": "leave it out",
    }
