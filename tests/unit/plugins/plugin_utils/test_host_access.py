# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.host_access import access_refusals


@pytest.mark.parametrize("user", [0, 1, 1000])
def test_only_root_sees_enough_for_a_plan(facts, user):
    facts["platform"]["user"] = user
    expected = [
        f"node: become = false (user {user} on the host): allowed: root, by become or as the remote user."
        " Fix: run with --become, or set ansible_become: true for this host."
    ]
    assert [refusal.to_text("node") for refusal in access_refusals(facts)] == (expected if user else [])
